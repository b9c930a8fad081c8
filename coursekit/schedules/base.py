"""What every schedule is: a pure function from an integer step to a multiplier of the base rate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import ConfigurationError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Schedule(ABC):
    """A learning-rate schedule: ``rate(step) = base_rate * schedule(step)``.

    A step is the number of epochs or of updates that are already done: 0 for the first one. A schedule
    remembers nothing, so that a resumed run needs only the step. :class:`coursekit.schedules.Plateau` is
    the one that cannot be written so.

    Attributes:
        name: the name under which :func:`coursekit.schedules.get` knows the schedule.
    """

    name: ClassVar[str]

    @abstractmethod
    def _values(self, steps: Floats) -> Floats:
        """Return the multipliers at ``steps``, which are whole numbers, 0 or above."""

    def __call__(self, step: int) -> float:
        """Return the multiplier at one step.

        Raises:
            ConfigurationError: ``step`` is negative or no integer.
        """
        return float(self.values([step])[0])

    def values(self, steps: ArrayLike) -> Floats:
        """Return the multipliers at an array of integer steps, in its shape, as float64.

        Raises:
            ConfigurationError: a step is negative or no integer.
        """
        given = np.asarray(steps)
        if (given.size and given.dtype.kind not in "iu") or (given < 0).any():
            raise ConfigurationError(
                f"steps {steps!r}",
                expected="integers, 0 or above",
                mend="count the epochs or updates that are done",
            )
        return self._values(given.astype(np.float64))


def require_count(argument: str, value: Any, least: int = 1) -> None:
    """Raise ConfigurationError unless ``value`` is an integer of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ConfigurationError(
            f"{argument}={value!r}",
            expected=f"an integer, {least} or above",
            mend=f"count {argument} in the unit the schedule is stepped in: epochs or updates",
        )


def require_range(argument: str, value: float, low: float, high: float) -> None:
    """Raise ConfigurationError unless ``low <= value <= high``."""
    if not low <= value <= high:
        raise ConfigurationError(
            f"{argument}={value!r}",
            expected=f"a number from {low:g} to {high:g}",
            mend=f"{argument} is a factor or share, not a rate: the base rate is multiplied by the schedule",
        )


def require_rising(argument: str, values: Sequence[int]) -> None:
    """Raise ConfigurationError unless ``values`` are strictly rising positive integers."""
    for value in values:
        require_count(argument, value)
    if not values or any(a >= b for a, b in pairwise(values)):
        raise ConfigurationError(
            f"{argument}={tuple(values)!r}",
            expected="at least one step, each later than the one before",
            mend="sort them and drop repeats",
        )
