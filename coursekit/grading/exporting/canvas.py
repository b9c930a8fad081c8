"""The CSV that Canvas imports: Student, ID, SIS User ID, SIS Login ID, Section, and a column an assignment.

Canvas knows a student by ID, then SIS User ID, SIS Login ID, and last by name; and an assignment by the number in
brackets behind its title, then by its title. So a folder's name that Canvas could take for something else is left out,
and said.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from coursekit.grading.gradebook.marks import Adjustment, Total, natural, totals
from coursekit.grading.results import Key, Result

from .cells import cell, number
from .files import as_csv, write_whole
from .roster import POINTS_POSSIBLE, Roster, read_roster

PEOPLE: Final = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
"""The first columns, in this order, as Canvas requires them."""

# A number in brackets is another assignment's; the others are columns that Canvas reckons itself and does not read.
_NO_TITLE: Final = re.compile(
    r"\(\d+\)\s*\Z|(Current|Final|Override) (Score|Points|Grade|Status)|\A(Student|LastName|FirstName|ID|SIS User ID"
    r"|SIS Login ID|Section|Integration ID|Root Account|Notes)\Z"
)


@dataclass(frozen=True)
class LeftOut:
    """A total that is not in the file, and why."""

    student: str
    assignment: str
    reason: str


@dataclass(frozen=True)
class Counts:
    """How many students a written file brings to Canvas, and how many have something that it does not bring."""

    written: int
    left_out: int


def counts(paths: Sequence[Path]) -> Counts:
    """Count what ``write`` wrote.

    Args:
        paths: as it gave them.
    """
    tables = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            tables.append(list(csv.reader(file)))
    # Above the students there are the header and the points possible.
    return Counts(max(0, len(tables[0]) - 2), len({row[0] for table in tables[1:] for row in table[1:]}))


def write(
    results: Sequence[Result],
    target: Path,
    *,
    adjustments: Mapping[Key, Adjustment],
    roster: Path | None = None,
) -> list[Path]:
    """Write a CSV to import, and beside it, where there are any, ``*_left_out.csv``: who is not in it, and why.

    Left out: students who are not on the roster, or could be several of it, or share a row of it; totals of which an
    exercise was not judged; without a roster, names that Canvas or a spreadsheet could take for something else. Without
    a roster the folder's name is given as Student and as SIS Login ID.

    Args:
        results: one a key.
        target: the file to import, ``*.csv``; a folder gets ``canvas.csv``.
        adjustments: they count.
        roster: the gradebook CSV that Canvas exports. It brings the ids and the columns of assignments that are there,
            and the points of students who have handed in nothing stay as they are in it.
    """
    path = target if target.suffix.lower() == ".csv" else target / "canvas.csv"
    people = None if roster is None else read_roster(Path(roster))
    rows, left_out = _rows(totals(results, adjustments), people)
    written = [write_whole(path, as_csv(rows))]
    beside = path.with_name(f"{path.stem}_left_out.csv")
    beside.unlink(missing_ok=True)
    if left_out:
        lines = ((cell(one.student), cell(one.assignment), cell(one.reason)) for one in left_out)
        written.append(write_whole(beside, as_csv([("student", "assignment", "reason"), *lines])))
    return written


def _rows(sums: Sequence[Total], roster: Roster | None) -> tuple[list[Sequence[str]], list[LeftOut]]:
    left_out = [LeftOut(one.student, one.assignment, why) for one in sums if (why := _unfit(one, roster))]
    names = {(one.student, one.assignment) for one in left_out}
    sums = [one for one in sums if (one.student, one.assignment) not in names]
    whose = {one.student: None if roster is None else roster.find(one.student) for one in sums}
    shared = {place for place in whose.values() if place is not None and [*whose.values()].count(place) > 1}
    for one in [one for one in sums if whose[one.student] in shared]:
        left_out.append(LeftOut(one.student, one.assignment, "another folder means the same student of the roster"))
    sums = [one for one in sums if whose[one.student] not in shared]

    titles = sorted({one.assignment for one in sums}, key=natural)
    columns = {title: (roster.column(title) if roster else None) or cell(title) for title in titles}
    most = {title: max(one.max_points for one in sums if one.assignment == title) for title in titles}
    points = {(one.student, one.assignment): number(one.points) for one in sums}
    rows: list[Sequence[str]] = [
        (*PEOPLE, *columns.values()),
        ("    Points Possible", *[""] * (len(PEOPLE) - 1), *(number(most[title]) for title in titles)),
    ]
    for student in sorted({one.student for one in sums}, key=lambda name: (whose[name] or 0, natural(name))):
        place = whose[student]
        person = {"Student": student, "SIS Login ID": student} if roster is None else roster.people[place or 0]
        # An empty cell would clear what Canvas has: what the roster shows stays.
        cells = (points.get((student, title)) or person.get(columns[title], "") for title in titles)
        rows.append((*(cell(person.get(name, "")) for name in PEOPLE), *cells))
    return rows, left_out


def _unfit(total: Total, roster: Roster | None) -> str:
    """Why a total cannot be imported; empty where it can."""
    return next(_reasons(total, roster), "")


def _reasons(total: Total, roster: Roster | None) -> Iterator[str]:
    title, student = total.assignment, total.student
    if not (roster and roster.column(title)) and (_NO_TITLE.search(title) or not title.strip() or cell(title) != title):
        yield "Canvas would take the assignment's name for another column"
    if roster is None and (cell(student) != student or student.strip() != student or not student):
        yield "a name that cannot be given as it is; give a roster"
    if POINTS_POSSIBLE in student.casefold():
        yield "Canvas would take the row for the points possible"
    if roster is not None and len(found := roster.candidates(student)) != 1:
        logins = ", ".join(roster.people[place].get("SIS Login ID") or roster.people[place]["ID"] for place in found)
        yield f"ambiguous: {len(found)} of the roster are called so ({logins})" if found else "not found on the roster"
    if total.not_judged:
        yield f"{total.not_judged} of {total.exercises} exercises not judged: look at them, then adjust or grade again"
