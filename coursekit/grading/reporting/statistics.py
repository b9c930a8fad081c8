"""Statistics of a class: pure functions of its results, in NumPy.

A student's points for an exercise are known where it was judged or an instructor gave them; an exercise that was handed
in untouched has 0 points, as is usual for items that were left out. What was never handed in, and what could not be
judged (which is no student's fault), is left out of an exercise's figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from coursekit.grading.results import Result

from .classroom import Classroom, Item

Floats: TypeAlias = npt.NDArray[np.float64]

FEWEST: Final = 3
"""Students that a correlation needs: through two points there is always a line."""


@dataclass(frozen=True)
class Discrimination:
    """How well an exercise tells strong students from weak ones.

    Args:
        value: a correlation from -1 to 1; None where it is undefined.
        students: how many it was taken over.
        reason: why it is undefined; empty otherwise.
    """

    value: float | None
    students: int
    reason: str = ""


@dataclass(frozen=True)
class CheckRate:
    """How often one check of an exercise was passed, of those judged."""

    title: str
    passed: int
    judged: int

    @property
    def share(self) -> float:
        """From 0 to 1; 0 where none was judged."""
        return self.passed / self.judged if self.judged else 0.0


@dataclass(frozen=True)
class ItemStatistics:
    """Figures of one exercise.

    Args:
        item: the exercise.
        judged: students whose points are known; those that did not attempt it are among them.
        attempted: students who handed in more than the stub.
        mean: points; None where none was judged.
        median: points.
        difficulty: mean share of the points, from 0 (nobody got any) to 1 (everybody got all): the difficulty index
            of item analysis, high for what is easy.
        discrimination: corrected item-total correlation.
        checks: in the exercise's order.
    """

    item: Item
    judged: int
    attempted: int
    mean: float | None
    median: float | None
    difficulty: float | None
    discrimination: Discrimination
    checks: tuple[CheckRate, ...]


@dataclass(frozen=True)
class Totals:
    """The distribution of the students' total points.

    Args:
        values: one a student, in the order of the class; what was not handed in counts 0.
        max_points: of all exercises.
        mean: None for an empty class, as are the others.
        deviation: standard deviation of the sample (divisor n - 1); None for fewer than two.
        quartiles: first, median, third; linear between the ranks (definition 7 of Hyndman and Fan, Sample quantiles in
            statistical packages, The American Statistician 50(4), 1996).
    """

    values: tuple[float, ...]
    max_points: int
    mean: float | None
    deviation: float | None
    quartiles: tuple[float, float, float] | None


def totals(classroom: Classroom) -> Totals:
    """The distribution of total points."""
    values = np.array(classroom.totals, dtype=np.float64)
    lower, middle, upper = np.quantile(values, [0.25, 0.5, 0.75]).tolist() if values.size else (0.0, 0.0, 0.0)
    return Totals(
        values=classroom.totals,
        max_points=classroom.max_points,
        mean=float(values.mean()) if values.size else None,
        deviation=float(values.std(ddof=1)) if values.size > 1 else None,
        quartiles=(lower, middle, upper) if values.size else None,
    )


def item_statistics(classroom: Classroom) -> tuple[ItemStatistics, ...]:
    """The figures of every exercise, in the order of the class."""
    points = points_matrix(classroom)
    found = []
    for column, item in enumerate(classroom.items):
        results = [result for result in classroom.of(item) if result.report.status != "not judged"]
        known = points[:, column][~np.isnan(points[:, column])]
        test = [other for other, one in enumerate(classroom.items) if one.assignment == item.assignment]
        found.append(
            ItemStatistics(
                item=item,
                judged=known.size,
                attempted=sum(result.report.status != "not attempted" for result in results),
                mean=float(known.mean()) if known.size else None,
                median=float(np.median(known)) if known.size else None,
                difficulty=float(known.mean()) / item.max_points if known.size and item.max_points else None,
                discrimination=discrimination(points[:, test], test.index(column)),
                checks=_check_rates(results),
            )
        )
    return tuple(found)


def points_matrix(classroom: Classroom) -> Floats:
    """Points (students, exercises), float64; NaN where they are not known."""
    matrix = np.full((len(classroom.students), len(classroom.items)), np.nan)
    for row, student in enumerate(classroom.students):
        for column, item in enumerate(classroom.items):
            result = classroom.result(student, item)
            if result is not None and classroom.known(result):
                matrix[row, column] = classroom.points(result)
    return matrix


def discrimination(points: Floats, column: int) -> Discrimination:
    """The corrected item-total correlation of one exercise of an assignment.

    With x the points of the exercise and r the sum of the points of all *other* exercises (the rest score),

        r_ir = cov(x, r) / (s_x s_r),

    Pearson's correlation; for an exercise of all points or none it is the point-biserial one. With x in the total, too,
    an exercise would correlate with itself, and the more so the fewer there are: Henrysson, Correction of item-total
    correlations in item analysis, Psychometrika 28(2), 211-218, 1963. The same number follows from the plain
    correlation r_it with the total t: (r_it s_t - s_x) / sqrt(s_t^2 + s_x^2 - 2 r_it s_t s_x).

    Students of whom any exercise's points are unknown are left out.

    Args:
        points: (students, exercises of the assignment), NaN where unknown.
        column: of the exercise.
    """
    complete = points[~np.isnan(points).any(axis=1)]
    students = len(complete)
    own, rest = complete[:, column], np.delete(complete, column, axis=1).sum(axis=1)
    reason = ""
    if points.shape[1] < 2:
        reason = "it is the only exercise of its assignment"
    elif students < FEWEST:
        reason = f"fewer than {FEWEST} students have points for every exercise of the assignment"
    elif np.ptp(own) == 0:
        reason = "all students have the same points for it"
    elif np.ptp(rest) == 0:
        reason = "all students have the same points for the other exercises"
    if reason:
        return Discrimination(None, students, reason)
    x, y = own - own.mean(), rest - rest.mean()
    value = float((x @ y) / np.sqrt((x @ x) * (y @ y)))
    return Discrimination(min(1.0, max(-1.0, value)), students)


def _check_rates(results: Sequence[Result]) -> tuple[CheckRate, ...]:
    # The exercise's own order: that of the first report that has all of its checks.
    titles: dict[str, str] = {}
    for result in results:
        for verdict in result.report.checks:
            titles.setdefault(verdict.name, verdict.title)
    counts: Mapping[str, Any] = {name: [0, 0] for name in titles}
    for result in results:
        for verdict in result.report.checks:
            if verdict.passed is not None:
                counts[verdict.name][0] += verdict.passed
                counts[verdict.name][1] += 1
    return tuple(CheckRate(title, *counts[name]) for name, title in titles.items())
