"""What the class believes, what nobody has named yet, and what somebody should look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from coursekit.grading.report import Finding, Report, Verdict
from coursekit.grading.results import Flag, Result

from .classroom import Classroom, Item


@dataclass(frozen=True)
class Belief:
    """A misconception that some of the class hold.

    Args:
        item: the exercise that showed it.
        finding: title, explanation, hint and reading, as one of the students got them.
        students: in the order of the class.
        attempted: students who attempted the exercise and were judged.
    """

    item: Item
    finding: Finding
    students: tuple[str, ...]
    attempted: int

    @property
    def share(self) -> float:
        """Of those who attempted the exercise, from 0 to 1."""
        return len(self.students) / self.attempted


@dataclass(frozen=True)
class Deviation:
    """Code that failed in the same way for some of the class, and that no known misconception explains.

    Args:
        item: the exercise.
        failed: the checks that failed, with what was expected and seen of the first student; empty where there is an
            error.
        error: that ended the run or some of it, or its time limit; the first student's. Empty where there was none.
        students: in the order of the class.
    """

    item: Item
    failed: tuple[Verdict, ...]
    error: str
    students: tuple[str, ...]

    @property
    def example(self) -> str:
        """The student whose numbers are shown."""
        return self.students[0]


@dataclass(frozen=True)
class Flagged:
    """One flag of one notebook, with the exercises that carry it."""

    student: str
    assignment: str
    notebook: str
    flag: Flag
    exercises: tuple[str, ...]


def beliefs(classroom: Classroom) -> tuple[Belief, ...]:
    """The misconceptions that the class holds, the most common first."""
    found = []
    for item in classroom.items:
        results = classroom.of(item)
        attempted = sum(result.report.status in ("passed", "failed") for result in results)
        holders: dict[str, tuple[Finding, list[str]]] = {}
        for result in results:
            for finding in result.report.misconceptions:
                holders.setdefault(finding.name, (finding, []))[1].append(result.student)
        # At least its holders attempted it, whatever a result says of itself.
        found += [
            Belief(item, finding, tuple(students), max(attempted, len(students)))
            for finding, students in holders.values()
        ]
    order = {item: number for number, item in enumerate(classroom.items)}
    return tuple(sorted(found, key=lambda one: (-len(one.students), order[one.item], one.finding.name)))


def shown_first(found: Sequence[Belief], class_size: int) -> int:
    """How many beliefs are shown at once; the others are folded.

    Ten, and all that are as common as the rarest of those that a tenth of the class holds; of these only what several
    students hold, if anything is: what one student believes is for that student's page.

    Args:
        found: the most common first.
        class_size: students.
    """
    common = max(10, sum(len(one.students) >= class_size / 10 for one in found))
    shared = sum(len(one.students) > 1 for one in found)
    return min(common, shared) if shared else 10


def deviations(classroom: Classroom) -> tuple[Deviation, ...]:
    """Failures without a named misconception, those that fail alike together, the most common first."""
    found = []
    for item in classroom.items:
        alike: dict[tuple[str, ...], list[Result]] = {}
        for result in classroom.of(item):
            if result.report.status == "failed" and not result.report.misconceptions:
                alike.setdefault(_pattern(result.report), []).append(result)
        for results in alike.values():
            report, error = results[0].report, _error(results[0].report)
            failed = () if error else tuple(one for one in report.checks if one.passed is False)
            found.append(Deviation(item, failed, error, tuple(result.student for result in results)))
    order = {item: number for number, item in enumerate(classroom.items)}
    return tuple(sorted(found, key=lambda one: (-len(one.students), order[one.item], one.error, one.students)))


def _error(report: Report) -> str:
    return report.message or next(iter(report.traceback.splitlines()[-1:]), "")


def _pattern(report: Report) -> tuple[str, ...]:
    # Errors by their type: "NameError: name 'x' ..." differs from student to student.
    kind = re.match(r"[A-Za-z_][\w.]*(?=: )", _error(report))
    failed = (one.name for one in report.checks if not one.passed)
    return (kind[0] if kind else _error(report), *failed)


def flagged(classroom: Classroom) -> tuple[Flagged, ...]:
    """Every flag once for each notebook, student by student."""
    return tuple(_flagged(classroom))


def _flagged(classroom: Classroom) -> Iterator[Flagged]:
    for student in classroom.students:
        seen: dict[tuple[str, str, Flag], list[str]] = {}
        for result in classroom.by(student):
            for flag in result.flags:
                if flag.kind == result.report.status.replace(" ", "-"):
                    continue  # "not-judged": those have a list of their own
                exercises = seen.setdefault((result.assignment, result.notebook, flag), [])
                if result.exercise_id not in exercises:
                    exercises.append(result.exercise_id)
        for (assignment, notebook, flag), exercises in seen.items():
            yield Flagged(student, assignment, notebook, flag, tuple(exercises))


def with_status(results: Iterable[Result], status: str) -> tuple[Result, ...]:
    """The results whose report has a status."""
    return tuple(result for result in results if result.report.status == status)
