"""Timer: how long epochs take."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any, ClassVar

from coursekit.backends.base import Arrays
from coursekit.training.callback import Callback
from coursekit.training.state import TrainState


class Timer(Callback):
    """Take the time of every epoch, validation included.

    The figures stay here and never enter the history: a resumed run's history equals an undisturbed one's.

    Attributes:
        seconds: one per epoch that ended, those before a resume included. Of an epoch that was resumed within, the
            part after the resume.
        images_per_second: training images per second of the epoch, over all processes; one per epoch.
    """

    # After all that belongs to an epoch, before Checkpoint.
    order: ClassVar[int] = 90

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.images_per_second: list[float] = []
        self._began = 0.0

    @property
    def total(self) -> float:
        """Seconds of all epochs together."""
        return sum(self.seconds)

    def on_train_begin(self, state: TrainState) -> None:
        """Start afresh, unless the run is resumed."""
        if state.step == 0:
            self.seconds, self.images_per_second = [], []

    def on_epoch_begin(self, state: TrainState) -> None:
        """Start the clock."""
        del state
        self._began = perf_counter()

    def on_epoch_end(self, state: TrainState) -> None:
        """Stop the clock."""
        seconds = perf_counter() - self._began
        self.seconds.append(seconds)
        self.images_per_second.append(state.meter.samples * state.backend.world / seconds)

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """The times so far."""
        return {}, {"seconds": self.seconds, "images_per_second": self.images_per_second}

    def set_state(self, arrays: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        """Go on."""
        del arrays
        self.seconds, self.images_per_second = list(extra["seconds"]), list(extra["images_per_second"])
