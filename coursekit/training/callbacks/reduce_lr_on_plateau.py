"""ReduceLROnPlateau: lower the learning rate when a figure has stopped improving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from coursekit.backends.base import Arrays
from coursekit.schedules import Plateau
from coursekit.training.callback import Callback
from coursekit.training.callbacks import monitor as watch
from coursekit.training.state import TrainState


class ReduceLROnPlateau(Callback):
    """Multiply the learning rate by ``factor`` when a figure has not improved for more than ``patience`` epochs.

    It counts as PyTorch's ReduceLROnPlateau does: the rate falls after the epoch number ``patience + 1`` in a row that
    is not better, and "better" means by the share ``threshold`` of the best value. Keras's falls at number
    ``patience``, ends its cooldown one epoch earlier, and knows an absolute threshold only: its
    ``ReduceLROnPlateau(patience=p, min_delta=d)`` is ``patience=p - 1, threshold=d, threshold_mode="abs"`` here.

    The fall is a factor on the run's rate: beside an LRSchedule the two multiply.

    Args:
        monitor: the figure to watch, a key of the history.
        factor: of each fall, in (0, 1).
        patience: epochs without improvement that are let pass.
        threshold: how much better counts as better.
        threshold_mode: "rel", a share of the best value, or "abs", in the figure's own unit.
        cooldown: epochs after a fall during which nothing is counted.
        min_lr: a rate below which this callback does not bring the base rate.
        mode: "min", "max", or "auto", which goes by the name.

    Raises:
        ConfigurationError: an argument outside its range; in the first epoch, a figure that the run does not have.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        *,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        mode: str = "auto",
    ) -> None:
        self.monitor, self.mode = monitor, watch.check_mode(mode)
        self.plateau = Plateau(
            factor,
            patience,
            threshold,
            threshold_mode,
            cooldown,
            min_lr,
            "min" if watch.direction(monitor, mode) == "min" else "max",
        )

    def on_train_begin(self, state: TrainState) -> None:
        """Join the run's rate; start afresh, unless the run is resumed."""
        if state.step == 0:
            self.plateau.reset()
        state.rate_factors[f"plateau.{len(state.rate_factors)}"] = lambda _state, _step: self.plateau.multiplier

    def on_epoch_end(self, state: TrainState) -> None:
        """Take in the epoch's figure."""
        value = watch.figure(state, self.monitor, self)
        # The base rate may have been changed by another callback, and min_lr is on its scale.
        self.plateau.base_rate = state.base_rate
        if self.plateau.update(value):
            state.last_rate = state.rate_at(state.step)

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """The best value, the counts and the factor."""
        return {}, self.plateau.state_dict()

    def set_state(self, arrays: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        """Go on counting."""
        del arrays
        self.plateau.load_state_dict(dict(extra))
