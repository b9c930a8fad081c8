"""What an instructor adds to the grades, and their sums. Plain data: exports need no database for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coursekit.grading.results import Key, Result


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """Points that an instructor gives in the place of the grader's. They outlast every regrading.

    Args:
        key: (student, assignment, notebook, exercise id).
        points: what counts, between 0 and the exercise's points.
        reason: one sentence; the student may see it.
        by: who decided.
        made_at: UTC, ISO 8601, whole seconds.
    """

    key: Key
    points: float
    reason: str
    by: str
    made_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Total:
    """The sum of one student's points for one assignment.

    Args:
        student: the student.
        assignment: what was handed in.
        points: got, adjustments included.
        max_points: to be had.
        exercises: how many.
        adjusted: how many of them an instructor adjusted.
        not_judged: how many the grader could not judge and nobody has adjusted: the total is not final before there
            are none.
    """

    student: str
    assignment: str
    points: float
    max_points: int
    exercises: int
    adjusted: int
    not_judged: int


def effective_points(result: Result, adjustments: Mapping[Key, Adjustment]) -> float:
    """The points that count: an instructor's where there are any, else the grader's."""
    adjustment = adjustments.get(result.key)
    return float(result.report.points if adjustment is None else adjustment.points)


def totals(results: Iterable[Result], adjustments: Mapping[Key, Adjustment]) -> list[Total]:
    """Sum up, one total for each student and assignment, in the order of their names."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.student, result.assignment), []).append(result)
    return [
        Total(
            student=student,
            assignment=assignment,
            points=sum(effective_points(one, adjustments) for one in group),
            max_points=sum(one.report.max_points for one in group),
            exercises=len(group),
            adjusted=sum(one.key in adjustments for one in group),
            not_judged=sum(one.report.status == "not judged" and one.key not in adjustments for one in group),
        )
        for (student, assignment), group in sorted(groups.items(), key=lambda item: natural(*item[0]))
    ]


def natural(*names: str) -> tuple[tuple[tuple[int, str], ...], ...]:
    """A sort key that puts exercise 14.10 after 14.2; names that differ have keys that differ."""
    pieces = ((re.findall(r"\d+|\D+", name), name) for name in names)
    return tuple(
        (
            *((int(piece[:18]), piece) if piece.isascii() and piece.isdigit() else (-1, piece) for piece in split),
            (-2, name),
        )
        for split, name in pieces
    )
