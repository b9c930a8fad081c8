"""Learning-rate schedules: pure functions from a step to a multiplier of the base rate, and one that listens.

The unit of a step, epochs or updates, is chosen by who steps the schedule.
"""

from __future__ import annotations

from typing import Any

from coursekit.errors import ConfigurationError, unknown_name
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
_BY_NAME: dict[str, type[Schedule]] = {kind.name: kind for kind in _KINDS}

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
    if isinstance(schedule, Schedule):
        if options:
            raise ConfigurationError(
                f"options {sorted(options)} beside {schedule!r}",
                expected="options only with a name",
                mend="give them to the schedule itself",
            )
        return schedule
    if not isinstance(schedule, str) or schedule not in _BY_NAME:
        raise unknown_name("schedule", schedule, NAMES)
    kind = _BY_NAME[schedule]
    known = tuple(kind.__dataclass_fields__)
    for option in options:
        if option not in known:
            raise unknown_name(f"option of {schedule}", option, known)
    try:
        return kind(**options)
    except TypeError as error:
        raise ConfigurationError(
            f"schedule {schedule!r} with the options {sorted(options)}",
            expected=f"the arguments {', '.join(known)}, those without a default at least",
            mend=f"give them by name: get({schedule!r}, {known[0]}=...)",
        ) from error
