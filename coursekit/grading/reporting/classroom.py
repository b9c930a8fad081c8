"""The results of a class, by student and by exercise."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from coursekit.grading.gradebook.marks import Adjustment, effective_points
from coursekit.grading.results import Key, Result


@dataclass(frozen=True, order=True)
class Item:
    """One exercise of one assignment: a column of the class.

    Args:
        assignment: where it was asked.
        notebook: that holds it.
        exercise_id: ``"14.1"``.
        title: of the exercise.
        max_points: to be had.
    """

    assignment: str
    notebook: str
    exercise_id: str
    title: str
    max_points: int

    @property
    def place(self) -> tuple[str, str, str]:
        """Its key among the results of one student."""
        return self.assignment, self.notebook, self.exercise_id


class Classroom:
    """The results of a class, in an order that depends on them alone and not on that in which they came.

    Args:
        results: of any students, assignments and exercises. Of two for the same place the later one counts.
        adjustments: an instructor's points, by the result's key; they count.
    """

    def __init__(self, results: Sequence[Result], adjustments: Mapping[Key, Adjustment] | None = None) -> None:
        self._adjustments = adjustments or {}
        self._by_key = {result.key: result for result in results}
        found: dict[tuple[str, str, str], Item] = {}
        for key in sorted(self._by_key):
            report = self._by_key[key].report
            found.setdefault(key[1:], Item(*key[1:], title=report.title, max_points=report.max_points))
        self.students: tuple[str, ...] = tuple(
            sorted({key[0] for key in self._by_key}, key=lambda name: (_folded(name), name))
        )
        self.items: tuple[Item, ...] = tuple(sorted(found.values(), key=_in_order))

    def __iter__(self) -> Iterator[Result]:
        """Every result, student by student."""
        for student in self.students:
            yield from self.by(student)

    def result(self, student: str, item: Item) -> Result | None:
        """The result of a student for an exercise; None where nothing was handed in."""
        return self._by_key.get((student, *item.place))

    def by(self, student: str) -> list[Result]:
        """The results of a student, in the order of the exercises."""
        return [found for item in self.items if (found := self.result(student, item)) is not None]

    def of(self, item: Item) -> list[Result]:
        """The results for an exercise, in the order of the students."""
        return [found for student in self.students if (found := self.result(student, item)) is not None]

    def adjustment(self, result: Result) -> Adjustment | None:
        """What an instructor gave in the place of the grader's points; None where nothing."""
        return self._adjustments.get(result.key)

    def points(self, result: Result) -> float:
        """The points that count."""
        return effective_points(result, self._adjustments)

    def known(self, result: Result) -> bool:
        """Whether the points are known: the grader judged it, or an instructor did."""
        return result.report.status != "not judged" or result.key in self._adjustments

    def total(self, student: str) -> float:
        """Total points of a student; what was not handed in counts 0."""
        return sum((self.points(result) for result in self.by(student)), 0.0)

    @cached_property
    def totals(self) -> tuple[float, ...]:
        """Total points of every student."""
        return tuple(self.total(student) for student in self.students)

    @property
    def max_points(self) -> int:
        """Of all exercises together."""
        return sum(item.max_points for item in self.items)

    @property
    def graded_at(self) -> str:
        """When the latest result was graded; empty where that is not known."""
        return max((result.graded_at for result in self._by_key.values()), default="")


def _folded(name: str) -> str:
    # As a reader looks names up: without case and accents.
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))


def _in_order(item: Item) -> tuple[tuple[tuple[int, str], ...], ...]:
    # "week-10" after "week-9", and 14.10 after 14.9.
    return tuple(_natural(part) for part in item.place)


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    parts = re.split(r"([0-9]{1,18})", text)
    return (*((int(one), "") if number % 2 else (-1, one) for number, one in enumerate(parts)), (-2, text))
