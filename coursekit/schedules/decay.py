"""Schedules that fall: constant, in steps, exponential, linear, cosine, cosine with restarts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from coursekit.schedules.base import Floats, Schedule, require_count, require_range, require_rising


@dataclass(frozen=True)
class Constant(Schedule):
    """The base rate, always."""

    name: ClassVar[str] = "constant"

    def _values(self, steps: Floats) -> Floats:
        return np.ones_like(steps)


@dataclass(frozen=True)
class Step(Schedule):
    """``gamma ** (step // step_size)``, as torch's StepLR.

    Args:
        step_size: steps between two falls.
        gamma: factor of each fall, in [0, 1].
    """

    name: ClassVar[str] = "step"

    step_size: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        """Check the arguments."""
        require_count("step_size", self.step_size)
        require_range("gamma", self.gamma, 0, 1)

    def _values(self, steps: Floats) -> Floats:
        return np.power(float(self.gamma), steps // self.step_size)


@dataclass(frozen=True)
class MultiStep(Schedule):
    """``gamma`` to the number of milestones reached, as torch's MultiStepLR.

    Args:
        milestones: steps at which the rate falls, rising.
        gamma: factor of each fall, in [0, 1].
    """

    name: ClassVar[str] = "multi_step"

    milestones: tuple[int, ...]
    gamma: float = 0.1

    def __post_init__(self) -> None:
        """Check the arguments; any iterable of milestones becomes a tuple."""
        milestones = self.milestones
        object.__setattr__(self, "milestones", tuple(milestones) if isinstance(milestones, Iterable) else (milestones,))
        require_rising("milestones", self.milestones)
        require_range("gamma", self.gamma, 0, 1)

    def _values(self, steps: Floats) -> Floats:
        return np.power(float(self.gamma), np.searchsorted(self.milestones, steps, side="right"))


@dataclass(frozen=True)
class Exponential(Schedule):
    """``gamma ** step``, as torch's ExponentialLR.

    Args:
        gamma: factor of every step, in [0, 1].
    """

    name: ClassVar[str] = "exponential"

    gamma: float

    def __post_init__(self) -> None:
        """Check the argument."""
        require_range("gamma", self.gamma, 0, 1)

    def _values(self, steps: Floats) -> Floats:
        return np.power(float(self.gamma), steps)


@dataclass(frozen=True)
class Linear(Schedule):
    """From 1 to ``minimum`` in a straight line over ``total`` steps, then constant, as torch's LinearLR.

    Args:
        total: the step at which the minimum is reached.
        minimum: the last multiplier, in [0, 1].
    """

    name: ClassVar[str] = "linear"

    total: int
    minimum: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        require_count("total", self.total)
        require_range("minimum", self.minimum, 0, 1)

    def _values(self, steps: Floats) -> Floats:
        return 1 - (1 - self.minimum) * np.minimum(steps / self.total, 1)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from 1 to ``minimum`` over ``total`` steps, then constant (Loshchilov and Hutter 2017)::

        minimum + (1 - minimum) * (1 + cos(pi * step / total)) / 2

    torch's CosineAnnealingLR is equal up to ``total`` and rises again after it.

    Args:
        total: the step at which the minimum is reached.
        minimum: the last multiplier, in [0, 1]: torch's ``eta_min`` over the base rate.
    """

    name: ClassVar[str] = "cosine"

    total: int
    minimum: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        require_count("total", self.total)
        require_range("minimum", self.minimum, 0, 1)

    def _values(self, steps: Floats) -> Floats:
        return _half_cosine(np.minimum(steps / self.total, 1), 1.0, self.minimum)


@dataclass(frozen=True)
class CosineRestarts(Schedule):
    """Cosine decays one after another, as torch's CosineAnnealingWarmRestarts.

    SGDR, Loshchilov and Hutter 2017.

    Args:
        period: steps of the first decay.
        growth: each period is this many times as long as the one before; an integer.
        minimum: the multiplier that each decay goes to, in [0, 1].
    """

    name: ClassVar[str] = "cosine_restarts"

    period: int
    growth: int = 1
    minimum: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        require_count("period", self.period)
        require_count("growth", self.growth)
        require_range("minimum", self.minimum, 0, 1)

    def _values(self, steps: Floats) -> Floats:
        if self.growth == 1:
            return _half_cosine(steps % self.period / self.period, 1.0, self.minimum)
        # Integer sums instead of a logarithm, which is off by one at some restarts.
        starts, lengths = [0], [self.period]
        while starts[-1] + lengths[-1] <= steps.max(initial=0):
            starts.append(starts[-1] + lengths[-1])
            lengths.append(lengths[-1] * self.growth)
        current = np.searchsorted(starts, steps, side="right") - 1
        share = (steps - np.asarray(starts)[current]) / np.asarray(lengths)[current]
        return _half_cosine(share, 1.0, self.minimum)


def _half_cosine(share: Floats, start: float, end: float) -> Floats:
    """Return the cosine path from ``start`` at share 0 to ``end`` at share 1."""
    result: Floats = end + (start - end) * (1 + np.cos(np.pi * share)) / 2
    return result
