"""TrainState: what callbacks see of a run, and the few things they may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coursekit.errors import ConfigurationError

if TYPE_CHECKING:
    from coursekit.backends.base import Arrays, Backend
    from coursekit.training.history import History
    from coursekit.training.meter import Meter

Factor = Callable[["TrainState", int], float]


@dataclass
class TrainState:
    """The state of a run, given to every hook of every callback.

    Attributes:
        epoch: the current epoch, from 1; 0 before the first.
        epochs: the epoch that ``fit`` will stop after.
        step: optimizer steps taken so far.
        steps_per_epoch: steps in an epoch; None where the data cannot tell.
        epoch_step: steps taken in this epoch.
        in_epoch: whether the epoch has begun and not yet ended.
        logs: figures of the epoch that just ended, such as ``{"loss": ..., "val_accuracy": ...}``; empty within one.
        history: all epochs that have ended.
        is_main: whether this process writes files and prints (False in all but one process of a distributed run).
        stop_reason: set by ``stop``; the run ends after the step or epoch at hand.
    """

    epochs: int
    backend: Backend
    history: History
    meter: Meter
    steps_per_epoch: int | None = None
    epoch: int = 0
    step: int = 0
    epoch_step: int = 0
    in_epoch: bool = False
    logs: dict[str, float] = field(default_factory=dict)
    stop_reason: str | None = None
    base_rate: float = 0.0
    last_rate: float = 0.0
    rate_factors: dict[str, Factor] = field(default_factory=dict)
    save: Callable[[], tuple[Arrays, dict[str, Any]]] | None = None

    # The learning rate ---------------------------------------------------

    @property
    def learning_rate(self) -> float:
        """The rate of the last step; before the first, the rate of the first. Set it to change the base rate."""
        return self.last_rate or self.rate_at(self.step)

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        if not value > 0:
            raise ConfigurationError(
                f"learning_rate={value!r}",
                expected="a positive number",
                mend="try 1e-3 for Adam, 1e-2 for SGD",
            )
        # What is read is the rate with every schedule's factor; so what is set must be, too.
        current = self.rate_at(self.step)
        self.base_rate = value * self.base_rate / current if current > 0 else value
        self.last_rate = value

    def rate_at(self, step: int) -> float:
        """The rate of a step of this epoch: the base rate times every schedule's factor."""
        rate = self.base_rate
        for factor in self.rate_factors.values():
            rate *= factor(self, step)
        return rate

    # What a callback may ask for ---------------------------------------------------

    @property
    def model(self) -> Any:
        """The user's model, to look at."""
        return self.backend.model

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return self.backend.rank == 0

    def stop(self, reason: str) -> None:
        """End the run after the step or epoch at hand."""
        self.stop_reason = self.stop_reason or reason

    def running(self) -> dict[str, float]:
        """Figures of the epoch so far. Reading them makes the host wait for the device: do it now and then."""
        return self.meter.peek()

    def batch_losses(self) -> NDArray[np.float64]:
        """Loss of every batch of the epoch so far, in this process: (batches,). Reading waits as ``running`` does."""
        return self.meter.own_losses()

    def weights(self) -> Arrays:
        """A copy of the model's weights and statistics, which later steps do not change."""
        return self.backend.get_weights()

    def set_weights(self, arrays: Mapping[str, Any]) -> None:
        """Put such a copy back into the model."""
        self.backend.set_weights(arrays)

    def snapshot(self) -> tuple[Arrays, dict[str, Any]]:
        """Everything needed to continue the run bit for bit: arrays, and the rest as plain JSON values."""
        assert self.save is not None  # set by the loop before any callback is called
        return self.save()
