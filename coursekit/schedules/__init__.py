"""Learning-rate schedules: pure functions from a step to a multiplier of the base rate, and one that listens.

The unit of a step, epochs or updates, is chosen by who steps the schedule.
"""

from __future__ import annotations

from typing import Any

from coursekit._named import by_name
from coursekit.schedules.base import Schedule
from coursekit.schedules.decay import (
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    Linear,
    MultiStep,
    Step,
)
from coursekit.schedules.plateau import Plateau
from coursekit.schedules.warmup import OneCycle, Warmup

__all__ = [
    "NAMES",
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Exponential",
    "Linear",
    "MultiStep",
    "OneCycle",
    "Plateau",
    "Schedule",
    "Step",
    "Warmup",
    "get",
]

_KINDS: tuple[type[Schedule], ...] = (
    Constant,
    Step,
    MultiStep,
    Exponential,
    Linear,
    Cosine,
    CosineRestarts,
    Warmup,
    OneCycle,
)
_BY_NAME: dict[str, tuple[type[Schedule], dict[str, Any]]] = {kind.name: (kind, {}) for kind in _KINDS}

NAMES: tuple[str, ...] = tuple(_BY_NAME)


def get(schedule: str | Schedule, **options: Any) -> Schedule:
    """Return the schedule of that name, built with ``options``; a schedule is returned as it is.

    Args:
        schedule: one of :data:`NAMES`, or a :class:`Schedule`. :class:`Plateau` is none of them: it has a
            memory.
        options: its arguments: ``get("cosine", total=100)``.

    Raises:
        ConfigurationError: an unknown name or option, a missing option, options beside a schedule that is
            built.
    """
    return by_name("schedule", schedule, Schedule, _BY_NAME, options)
