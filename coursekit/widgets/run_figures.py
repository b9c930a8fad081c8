"""What a run shows of itself while it goes on: an immutable record, taken by a callback a few times a second."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from coursekit.training import Callback, TrainState
from coursekit.training.callbacks import GradientMonitor

Floats = NDArray[np.float64]

POINTS: Final = 120
"""A curve has at most this many points; where there are more steps, each point is the mean of some."""

EVERY_SECONDS: Final = 0.25
SHARE: Final = 0.05
"""Of the run's time that its record and its picture may take."""


def _none() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True)
class RunFigures:
    """A run at one moment.

    Attributes:
        epochs: planned.
        epoch: the current one, from 1; 0 before the first.
        step: optimizer steps taken.
        steps: that the planned epochs will have; None where the data cannot tell.
        loss_at: (n,) step numbers, the middle of each point's steps.
        loss: (n,) mean training loss of these steps.
        rate_at: (n,) step numbers.
        rate: (n,) learning rate of these steps.
        norm_at: (n,) step numbers.
        norm: (n,) Euclidean norm of the whole gradient there, before clipping.
        ends: step numbers at which epochs ended.
        figures: name -> one figure per epoch that has ended, ``val_`` for validation.
        running: name -> training figure of the epoch under way, so far; empty between epochs.
        stop_reason: why the run ended early.
    """

    epochs: int
    epoch: int = 0
    step: int = 0
    steps: int | None = None
    loss_at: Floats = field(default_factory=_none)
    loss: Floats = field(default_factory=_none)
    rate_at: Floats = field(default_factory=_none)
    rate: Floats = field(default_factory=_none)
    norm_at: Floats = field(default_factory=_none)
    norm: Floats = field(default_factory=_none)
    ends: tuple[int, ...] = ()
    figures: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    running: Mapping[str, float] = field(default_factory=dict)
    stop_reason: str | None = None


class RunRecord(Callback):
    """Take the record of a run.

    Gradients are looked at as often as the record is taken, at the last step of a block, and change nothing; losses are
    fetched from the device only then.

    Args:
        changed: called in the run's thread when there is a new record.
        epochs: planned.
        beside: the other callbacks of the run: a GradientMonitor among them decides itself when to look no longer.
        every_seconds: the shortest time between two records; they come less often where they are slow to make.

    Attributes:
        figures: the newest record.
    """

    order: ClassVar[int] = 94

    def __init__(
        self,
        changed: Callable[[], None],
        epochs: int,
        beside: Sequence[Callback] = (),
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self.figures = RunFigures(epochs)
        self._changed, self.every_seconds = changed, every_seconds
        self._alone = not any(isinstance(callback, GradientMonitor) for callback in beside)
        self._finished = np.zeros(0)
        self._ends: list[int] = []
        self._norms: list[tuple[int, float]] = []
        self._report: Any = None
        self._looked = self._due = -math.inf

    def on_train_begin(self, state: TrainState) -> None:
        """Look at the first step's gradient."""
        self._report = state.backend.gradient_report()
        state.backend.observe_gradients(True)
        self._take(state)
        self._due = -math.inf  # after the first step it is shown at once that there was one

    def on_step_end(self, state: TrainState) -> None:
        """Note the gradient where one was looked at; take a record where it is time."""
        now = monotonic()
        report = state.backend.gradient_report()
        if report is not self._report:
            self._report, self._looked = report, now
            self._norms.append((state.step, math.sqrt(sum(each["gradient"] ** 2 for each in report.values()))))
        if now - self._looked >= self.every_seconds:
            state.backend.observe_gradients(True)
        elif self._alone:
            state.backend.observe_gradients(False)
        if now >= self._due:
            self._take(state)

    def on_epoch_end(self, state: TrainState) -> None:
        """Take a record where it is time."""
        self._close(state)
        if monotonic() >= self._due:
            self._take(state)

    def on_train_end(self, state: TrainState) -> None:
        """Keep the last state, also of a run that failed."""
        state.backend.observe_gradients(False)
        self.update(state)

    def update(self, state: TrainState) -> None:
        """Take a record now; to be called in the run's thread."""
        self.figures = self._record(state)

    def _take(self, state: TrainState) -> None:
        began = monotonic()
        self.update(state)
        self._changed()
        ended = monotonic()
        self._due = ended + max(self.every_seconds, (ended - began) / SHARE)

    def _close(self, state: TrainState) -> None:
        """Take over the exact figures of an epoch that has ended."""
        if len(self._ends) < len(state.history.epochs):
            self._ends.append(state.step)
            self._finished = np.asarray(state.history.steps["loss"], np.float64)

    def _record(self, state: TrainState) -> RunFigures:
        self._close(state)  # also where the run fails in another callback, before this one is told
        losses, running = self._finished, {}
        if state.in_epoch and state.epoch_step:
            running = state.running()
            losses = np.concatenate([losses, _per_step(state.batch_losses(), state.backend.settings.accumulate)])
        loss_at, loss = binned(losses)
        chosen = np.unique(np.linspace(0, state.step - 1, min(POINTS, state.step)).round().astype(int))
        rates = state.history.steps["learning_rate"]
        norm_at, norm = _thinned(self._norms)
        return RunFigures(
            epochs=state.epochs,
            epoch=state.epoch,
            step=state.step,
            steps=None if state.steps_per_epoch is None else state.steps_per_epoch * state.epochs,
            loss_at=loss_at,
            loss=loss,
            rate_at=chosen + 1.0,
            rate=np.array([rates[at] for at in chosen], np.float64),
            norm_at=norm_at,
            norm=norm,
            ends=tuple(self._ends),
            figures={name: tuple(values) for name, values in state.history.items()},
            running=running,
            stop_reason=state.stop_reason,
        )


def binned(values: Floats, most: int = POINTS) -> tuple[Floats, Floats]:
    """Join neighbours so that at most ``most`` points are left.

    Args:
        values: (n,) one per step, the first of step 1.
        most: points.

    Returns:
        Middle step number and mean of each point, as even in length as can be but the last.
    """
    if not len(values):
        return np.zeros(0), np.zeros(0)
    size = -(-len(values) // most)
    first = np.arange(0, len(values), size)
    last = np.minimum(first + size, len(values))
    means: Floats = np.add.reduceat(values, first) / (last - first)
    return (first + 1 + last) / 2, means


def _per_step(losses: Floats, accumulate: int) -> Floats:
    if accumulate == 1:
        return losses
    return np.array([losses[first : first + accumulate].mean() for first in range(0, len(losses), accumulate)])


def _thinned(norms: Sequence[tuple[int, float]]) -> tuple[Floats, Floats]:
    pairs = np.array(norms, np.float64).reshape(-1, 2)
    size = -(-len(pairs) // POINTS)
    if size > 1:
        # The largest of each group, not the mean: a norm that shot up once is what one looks for.
        groups = (pairs[first : first + size] for first in range(0, len(pairs), size))
        pairs = np.array([group[group[:, 1].argmax()] for group in groups])
    return pairs[:, 0], pairs[:, 1]
