"""Schedules that rise first: linear warm-up before any other, and one-cycle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from coursekit.errors import ConfigurationError
from coursekit.schedules.base import Floats, Schedule, require_count, require_range
from coursekit.schedules.decay import Constant


@dataclass(frozen=True)
class Warmup(Schedule):
    """A straight line from ``start`` up to where ``then`` begins, and then ``then`` from its step 0.

    As torch's SequentialLR of LinearLR and another scheduler. With ``start=0`` the very first step has rate
    0.

    Args:
        steps: the step at which the warm-up is over.
        then: the schedule that follows; constant by default.
        start: the first multiplier, as a share of the first value of ``then``, in [0, 1].
    """

    name: ClassVar[str] = "warmup"

    steps: int
    then: Schedule = field(default_factory=Constant)
    start: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        require_count("steps", self.steps)
        require_range("start", self.start, 0, 1)
        if not isinstance(self.then, Schedule):
            raise ConfigurationError(
                f"then={self.then!r}",
                expected="a schedule",
                mend="give one as built: Warmup(5, then=Cosine(total=95))",
            )

    def _values(self, steps: Floats) -> Floats:
        rising = self.then(0) * (self.start + (1 - self.start) * steps / self.steps)
        after: Floats = self.then._values(np.maximum(steps - self.steps, 0))
        return np.where(steps < self.steps, rising, after)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up to ``peak`` and down to nearly nothing, both along a cosine, as torch's OneCycleLR.

    Smith and Topin 2018, "Super-convergence".

    The multiplier goes from ``peak / start_div`` to ``peak`` and on to ``peak / start_div / final_div``,
    which is reached at the step ``total - 1`` and kept from there. It is meant to be stepped per update.
    With ``peak=1`` the base rate is torch's ``max_lr``.

    Args:
        total: number of steps of the whole cycle.
        peak: the highest multiplier.
        start_div: peak over first multiplier.
        final_div: first over last multiplier.
        pct_start: share of the steps that rise, in (0, 1).
    """

    name: ClassVar[str] = "one_cycle"

    total: int
    peak: float = 1.0
    start_div: float = 25.0
    final_div: float = 1e4
    pct_start: float = 0.3

    def __post_init__(self) -> None:
        """Check the arguments."""
        require_count("total", self.total, 2)
        for argument in ("peak", "start_div", "final_div"):
            value = getattr(self, argument)
            if not (np.isfinite(value) and value > 0):
                raise ConfigurationError(
                    f"{argument}={value!r}",
                    expected="a finite number above 0",
                    mend=f"leave {argument} at its default",
                )
        require_range("pct_start", self.pct_start, 0, 1)
        if not 1 < self.pct_start * self.total < self.total:
            raise ConfigurationError(
                f"pct_start={self.pct_start!r} of total={self.total} steps",
                expected="more than one rising step, and a falling part",
                mend="step it per update and not per epoch, with total = epochs * updates per epoch",
            )

    def _values(self, steps: Floats) -> Floats:
        top, last = self.pct_start * self.total - 1, self.total - 1
        low, end = self.peak / self.start_div, self.peak / self.start_div / self.final_div
        up, down = steps / top, np.minimum((steps - top) / (last - top), 1)
        rising = self.peak + (low - self.peak) * (1 + np.cos(np.pi * up)) / 2
        falling = end + (self.peak - end) * (1 + np.cos(np.pi * down)) / 2
        return np.where(steps <= top, rising, falling)
