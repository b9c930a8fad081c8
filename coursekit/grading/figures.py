"""Numbers worth a small drawing: what is right, what the code gave, and what code with the misconception gives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from .exercise import Check
from .observation import Observation
from .values import Plain, agree, is_number, pick

MOST: Final = 32
"""Values of a series that are kept."""
VISIBLE: Final = 0.05
"""Differences of less than this share of the drawing's height are no picture."""
PLAIN: Final = 0.15
"""Differences of this share cannot be overlooked."""
Floats: TypeAlias = npt.NDArray[np.float64]
Series: TypeAlias = tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Three series of at most 32 numbers; None stands for what is not finite.

    Args:
        label: what the numbers are, in words.
        start: place of the first one among all of them, counted from 0.
        size: how many there are in all.
        expected: of the solution.
        seen: of the code.
        misconception: of code with the misconception.
    """

    label: str
    start: int
    size: int
    expected: Series
    seen: Series
    misconception: Series

    def to_dict(self) -> dict[str, Any]:
        """As plain data that JSON can hold."""
        series = {name: list(getattr(self, name)) for name in ("expected", "seen", "misconception")}
        return {"label": self.label, "start": self.start, "size": self.size, **series}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Figure:
        """Read what ``to_dict`` gave."""
        return cls(**{**data, **{name: tuple(data[name]) for name in ("expected", "seen", "misconception")}})


def figure(
    checks: Iterable[Check], solution: Observation, student: Observation, misconception: Observation
) -> Figure | None:
    """The first series of numbers that differs plainly, else the plainest; None where nobody would see a difference.

    Args:
        checks: of the exercise; their fields are looked at in order.
        solution: observed.
        student: observed; as many rounds as the solution.
        misconception: the code that the student's equals.
    """
    best, plainest = None, VISIBLE
    for check in checks:
        for path, label in check.fields.items():
            for rounds in zip(solution.rounds, student.rounds, misconception.rounds, strict=True):
                for right, seen, wrong in _series(*(pick(one, path) for one in rounds)):
                    found = _figure(check, label, right, seen, wrong)
                    plainness = _plainness(found) if found is not None else 0.0
                    if plainness >= PLAIN:
                        return found
                    if plainness > plainest:
                        best, plainest = found, plainness
    return best


def _series(one: Plain, two: Plain, three: Plain) -> Iterator[tuple[Floats, Floats, Floats]]:
    # Leaves of the same shape in all three, walked side by side.
    found = tuple(_numbers(value) for value in (one, two, three))
    if all(numbers is not None for numbers in found):
        if len({numbers.shape for numbers in found if numbers is not None}) == 1:
            yield found  # type: ignore[misc]  # none of them is None, as was just asked
    elif all(isinstance(value, dict) for value in (one, two, three)):
        for key in one:
            if key in two and key in three:
                yield from _series(one[key], two[key], three[key])
    elif all(isinstance(value, list) for value in (one, two, three)):
        for parts in zip(one, two, three, strict=False):
            yield from _series(*parts)


def _numbers(value: Plain) -> Floats | None:
    if isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
        return value.astype(np.float64)
    if isinstance(value, list) and value and all(is_number(one) for one in value):
        return np.array(value, dtype=np.float64)
    return None


def _figure(check: Check, label: str, right: Floats, seen: Floats, wrong: Floats) -> Figure | None:
    if right.size < 2 or agree(right, seen, rtol=check.rtol, atol=check.atol):
        return None
    right, seen, wrong = right.ravel(), seen.ravel(), wrong.ravel()
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(right - seen)
    gap[~np.isfinite(gap)] = -1.0
    start = min(max(int(np.argmax(gap)) - MOST // 2, 0), max(right.size - MOST, 0))
    shown = slice(start, start + MOST)
    return Figure(
        label=label,
        start=start,
        size=right.size,
        expected=_finite(right[shown]),
        seen=_finite(seen[shown]),
        misconception=_finite(wrong[shown]),
    )


def _plainness(figure: Figure) -> float:
    # Root mean square of the differences, as a share of the range that the drawing must show.
    pairs = [
        (one, two) for one, two in zip(figure.expected, figure.seen, strict=True) if one is not None and two is not None
    ]
    values = [value for pair in pairs for value in pair]
    height = max(values) - min(values) if values else 0.0
    if height == 0.0 or not math.isfinite(height):
        return 0.0
    return math.sqrt(sum(((one - two) / height) ** 2 for one, two in pairs) / len(pairs))


def _finite(values: Floats) -> Series:
    # Seven digits are more than can be seen, and make reports shorter.
    return tuple(float(f"{value:.7g}") if math.isfinite(value) else None for value in values.tolist())
