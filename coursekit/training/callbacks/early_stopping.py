"""EarlyStopping: end a run that has stopped improving, and keep its best weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from coursekit.backends.base import Arrays
from coursekit.errors import ConfigurationError
from coursekit.training.callback import Callback
from coursekit.training.callbacks import monitor as watch
from coursekit.training.state import TrainState


class EarlyStopping(Callback):
    """Stop when a figure has not improved for ``patience`` epochs, and go back to the best weights.

    It counts as Keras's EarlyStopping does: an epoch that is not better than the best by more than ``min_delta`` adds
    one to ``wait``, one that is sets it to 0, and the run stops when ``wait`` reaches ``patience``; never after the
    first epoch. (ReduceLROnPlateau counts as PyTorch does, and acts at ``patience + 1``.) NaN is never better,
    nor is a first NaN the best, which in Keras nothing can improve on.

    With ``restore_best`` the model has the best epoch's weights and statistics when ``fit`` returns, whether the run
    was stopped, was interrupted or ran out of epochs. The optimizer is not taken back, and checkpoints hold the weights
    of their own epoch, so that a resumed run goes on from where it was.

    Args:
        monitor: the figure to watch, a key of the history.
        patience: epochs without improvement after which the run stops.
        min_delta: how much better counts as better, in the figure's own unit.
        mode: "min", "max", or "auto", which goes by the name.
        restore_best: keep a copy of the best weights, and put it into the model at the end.

    Attributes:
        best: the best value so far; None before the first that is not NaN.
        best_epoch: its epoch.
        wait: epochs since then.

    Raises:
        ConfigurationError: a negative patience or min_delta, an unknown mode; in the first epoch, a figure that the
            run does not have.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 3,
        min_delta: float = 0.0,
        mode: str = "auto",
        *,
        restore_best: bool = True,
    ) -> None:
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 0:
            raise ConfigurationError(f"patience={patience!r}", expected="an integer, 0 or above", mend="3 is usual")
        if not (math.isfinite(min_delta) and min_delta >= 0):
            raise ConfigurationError(
                f"min_delta={min_delta!r}",
                expected="a number, 0 or above, whichever way the figure improves",
                mend="leave it out",
            )
        self.monitor, self.patience, self.min_delta = monitor, patience, min_delta
        self.mode, self.restore_best = watch.check_mode(mode), restore_best
        self._forget()

    def _forget(self) -> None:
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.wait = 0
        self._best_weights: Arrays | None = None

    def on_train_begin(self, state: TrainState) -> None:
        """Start afresh, unless the run is resumed."""
        if state.step == 0:
            self._forget()

    def on_epoch_end(self, state: TrainState) -> None:
        """Compare the epoch with the best one."""
        value = watch.figure(state, self.monitor, self)
        if self._is_better(value):
            self.best, self.best_epoch, self.wait = value, state.epoch, 0
            if self.restore_best:
                self._best_weights = state.weights()
            return
        self.wait += 1
        if self.wait >= self.patience and state.epoch > 1:
            reached = "never a number" if self.best is None else f"best {self.best:.4g} in epoch {self.best_epoch}"
            state.stop(f"{self.monitor} has not improved for {self.wait} epochs ({reached})")

    def on_train_end(self, state: TrainState) -> None:
        """Put the best weights into the model."""
        if self._best_weights is not None:
            state.set_weights(self._best_weights)

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """The best weights, and the counts."""
        weights = {f"best/{name}": array for name, array in (self._best_weights or {}).items()}
        return weights, {"best": self.best, "best_epoch": self.best_epoch, "wait": self.wait}

    def set_state(self, arrays: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        """Go on counting."""
        self.best, self.best_epoch, self.wait = extra["best"], extra["best_epoch"], extra["wait"]
        weights = {name.removeprefix("best/"): array for name, array in arrays.items()}
        self._best_weights = weights if weights and self.restore_best else None

    def _is_better(self, value: float) -> bool:
        if math.isnan(value):
            return False
        if self.best is None:
            return True
        if watch.direction(self.monitor, self.mode) == "min":
            return value + self.min_delta < self.best
        return value - self.min_delta > self.best
