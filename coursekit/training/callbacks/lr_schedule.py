"""LRSchedule: let a schedule move the learning rate, per epoch or per step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from coursekit import schedules
from coursekit.errors import ConfigurationError
from coursekit.training.callback import Callback
from coursekit.training.state import TrainState

Function = Callable[[int], float]

# Schedules that are stretched over a number of steps: the whole run, where nothing else is said.
OVER_THE_RUN = tuple(kind.name for kind in (schedules.Linear, schedules.Cosine, schedules.OneCycle))


class LRSchedule(Callback):
    """Multiply the learning rate by a schedule's factor.

    A schedule is a pure function of the step or epoch, so that it remembers nothing and a resumed run is where it
    was. Beside ReduceLROnPlateau or another LRSchedule the factors multiply.

    Where a schedule given by name has a ``total`` that is not told, it is the length of the run: ``epochs``, or
    ``epochs`` times the steps of an epoch. A run that is resumed with more epochs then follows the longer schedule.

    Args:
        schedule: an object of ``coursekit.schedules``, a name of it, or a function ``step -> factor``.
        per: "epoch": the step is the number of epochs done, 0 in the first; "step": the optimizer steps done.
        options: the named schedule's arguments: ``LRSchedule("cosine", minimum=0.01)``.

    Raises:
        ConfigurationError: an unknown name, option or ``per``; when the run begins, a total that is neither told nor
            known, or ReduceLROnPlateau's schedule, which listens to a figure; a factor that is negative or no number.
    """

    def __init__(
        self, schedule: str | schedules.Schedule | Function, per: Literal["epoch", "step"] = "epoch", **options: Any
    ) -> None:
        if per not in ("epoch", "step"):
            raise ConfigurationError(
                f"per={per!r}", expected='"epoch" or "step"', mend='"step" for warm-up and one-cycle, else "epoch"'
            )
        if isinstance(schedule, schedules.Plateau) or schedule == "plateau":
            raise ConfigurationError(
                "the plateau schedule in LRSchedule",
                expected="a schedule that depends on the step alone",
                mend="use the callback ReduceLROnPlateau",
            )
        self._fills_in_total = False
        if isinstance(schedule, str):
            self._fills_in_total = schedule in OVER_THE_RUN and "total" not in options
            # Built here only so that a mistake in the name or the options is told now.
            schedules.get(schedule, **options, **({"total": 1_000_000} if self._fills_in_total else {}))
        elif isinstance(schedule, schedules.Schedule) or not callable(schedule):
            schedule = schedules.get(schedule, **options)
        elif options:
            raise ConfigurationError(
                f"options {sorted(options)} beside a function",
                expected="options only with a name",
                mend="let the function know them itself",
            )
        self.schedule, self.per, self.options = schedule, per, options
        self._function: Function | None = None
        self._first, self._factors = 0, [1.0]

    def on_train_begin(self, state: TrainState) -> None:
        """Join the run's rate."""
        self._function = self._built(state)
        self._prepare(state)
        state.rate_factors[f"schedule.{len(state.rate_factors)}"] = self._factor

    def on_epoch_begin(self, state: TrainState) -> None:
        """Compute the factors of the epoch's steps, all at once."""
        self._prepare(state)

    def _prepare(self, state: TrainState) -> None:
        if self.per == "epoch":
            self._factors = self._values(max(state.epoch - 1, 0), 1)
            return
        self._first = state.step - state.epoch_step
        self._factors = self._values(self._first, state.steps_per_epoch or 0)

    def _factor(self, state: TrainState, step: int) -> float:
        del state
        if self.per == "epoch":
            return self._factors[0]
        position = step - self._first
        return self._factors[position] if 0 <= position < len(self._factors) else self._values(step, 1)[0]

    def _values(self, first: int, count: int) -> list[float]:
        if isinstance(self._function, schedules.Schedule):
            values: list[float] = self._function.values(range(first, first + count)).tolist() if count else []
            return values
        assert self._function is not None  # set when the run began
        values = [float(self._function(step)) for step in range(first, first + count)]
        for step, value in enumerate(values, first):
            if not (math.isfinite(value) and value >= 0):
                raise ConfigurationError(
                    f"a schedule function that gave {value!r} for {self.per} {step}",
                    expected="a factor of the base rate, 0 or above",
                    mend="return 1.0 for the base rate itself, 0.1 for a tenth of it",
                )
        return values

    def _built(self, state: TrainState) -> Function:
        if not isinstance(self.schedule, str):
            return self.schedule
        if not self._fills_in_total:
            return schedules.get(self.schedule, **self.options)
        if self.per == "epoch":
            return schedules.get(self.schedule, **self.options, total=state.epochs)
        if state.steps_per_epoch is None:
            raise ConfigurationError(
                f"schedule {self.schedule!r} per step, with data whose length nobody knows",
                expected="the number of steps of the whole run",
                mend=f'write LRSchedule({self.schedule!r}, per="step", total=...)',
            )
        return schedules.get(self.schedule, **self.options, total=state.epochs * state.steps_per_epoch)
