"""CSV, for spreadsheets and pandas: one row a student, or one row an exercise of a student."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from coursekit.errors import unknown_name
from coursekit.grading.gradebook.marks import Adjustment, effective_points, natural, totals
from coursekit.grading.results import Key, Result

from .cells import cell, number
from .files import as_csv, write_whole

LONG: Final = (
    "student",
    "assignment",
    "notebook",
    "exercise",
    "title",
    "points",
    "max_points",
    "graded_points",
    "status",
    "outcome",
    "misconceptions",
    "flags",
    "adjusted_by",
    "reason",
    "seconds",
    "graded_at",
    "source_sha256",
)
"""Columns of the long layout. ``points`` is what counts, ``graded_points`` what the grader gave."""


def write(
    results: Sequence[Result],
    target: Path,
    *,
    adjustments: Mapping[Key, Adjustment],
    layout: Literal["wide", "long"] | None = None,
    encoding: str = "utf-8",
) -> list[Path]:
    """Write a file ``*.csv``, or both layouts into a folder, as ``grades.csv`` and ``grades_long.csv``.

    Wide: a row a student; a column for each exercise (empty: not handed in), the total of each assignment, the total,
    the maximum (of all exercises in the table, handed in or not), and how many exercises nobody has judged yet. Long: a
    row for each exercise of each student, columns ``LONG``.

    Args:
        results: one a key, in any order; the file's order is that of the names.
        target: a file whose name ends in ``.csv``, or a folder.
        adjustments: they count.
        layout: of a single file; by default long where its name ends in ``_long.csv``, else wide.
        encoding: ``"utf-8-sig"`` for Excel, which otherwise takes UTF-8 for something else.
    """
    layouts = {"wide": _wide, "long": _long}
    if layout is not None and layout not in layouts:
        raise unknown_name("layout", layout, layouts)
    ordered = sorted(results, key=lambda one: natural(*one.key))
    if target.suffix.lower() == ".csv" and not target.is_dir():
        layout = layout or ("long" if target.stem.lower().endswith("_long") else "wide")
        return [write_whole(target, as_csv(layouts[layout](ordered, adjustments)), encoding=encoding)]
    return [
        write_whole(target / name, as_csv(rows(ordered, adjustments)), encoding=encoding)
        for name, rows in (("grades.csv", _wide), ("grades_long.csv", _long))
    ]


def _long(results: Sequence[Result], adjustments: Mapping[Key, Adjustment]) -> Iterator[Sequence[str]]:
    yield LONG
    for one in results:
        report, adjustment = one.report, adjustments.get(one.key)
        yield (
            *(cell(name) for name in one.key),
            cell(report.title),
            number(effective_points(one, adjustments)),
            number(report.max_points),
            number(report.points),
            report.status,
            cell(one.outcome),
            cell(";".join(finding.name for finding in report.misconceptions)),
            cell(";".join(sorted({flag.kind for flag in one.flags}))),
            cell(adjustment.by if adjustment else ""),
            cell(adjustment.reason if adjustment else ""),
            f"{one.seconds:.3f}",
            cell(one.graded_at),
            cell(one.source_sha256),
        )


def _wide(results: Sequence[Result], adjustments: Mapping[Key, Adjustment]) -> Iterator[Sequence[str]]:
    columns = sorted({one.key[1:] for one in results}, key=lambda names: natural(*names))
    assignments = sorted({one.assignment for one in results}, key=natural)
    most: dict[tuple[str, ...], int] = {}
    for one in results:
        most[one.key[1:]] = max(one.report.max_points, most.get(one.key[1:], 0))
    points = {one.key: effective_points(one, adjustments) for one in results}
    sums = {(one.student, one.assignment): one for one in totals(results, adjustments)}
    yield (
        "student",
        *(cell(_header(*names)) for names in columns),
        *(cell(f"{name} total") for name in assignments),
        "total",
        "maximum",
        "not judged",
    )
    for student in sorted({one.student for one in results}, key=natural):
        of_student = [sums.get((student, name)) for name in assignments]
        yield (
            cell(student),
            *(number(points[student, *names]) if (student, *names) in points else "" for names in columns),
            *("" if one is None else number(one.points) for one in of_student),
            number(sum(one.points for one in of_student if one)),
            number(sum(most.values())),
            number(sum(one.not_judged for one in of_student if one)),
        )


def _header(assignment: str, notebook: str, exercise: str) -> str:
    # A flat folder of notebooks has no assignments of their own.
    return f"{assignment}/{exercise}" if assignment == notebook else f"{assignment}/{notebook}/{exercise}"
