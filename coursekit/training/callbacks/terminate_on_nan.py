"""TerminateOnNaN: end a run whose loss is no number any more."""

from __future__ import annotations

import numpy as np

from coursekit.errors import ConfigurationError
from coursekit.training.callback import Callback
from coursekit.training.state import TrainState


class TerminateOnNaN(Callback):
    """Stop when the loss of a batch is NaN or infinite: no later step can mend the weights.

    The losses are looked at after every so many steps, at fixed ones, so that a run always ends at the same place and
    all processes of a distributed run end together. Looking makes the host wait for the device, hence not each step.

    Args:
        every_n_steps: how often to look within an epoch; the end of an epoch is always looked at.

    Raises:
        ConfigurationError: every_n_steps is not a positive integer.
    """

    def __init__(self, every_n_steps: int = 50) -> None:
        if isinstance(every_n_steps, bool) or not isinstance(every_n_steps, int) or every_n_steps < 1:
            raise ConfigurationError(
                f"every_n_steps={every_n_steps!r}", expected="a positive integer", mend="50 costs nothing"
            )
        self.every_n_steps: int = every_n_steps

    def on_step_end(self, state: TrainState) -> None:
        """Look at the batches of the epoch so far."""
        if state.step % self.every_n_steps:
            return
        bad = np.flatnonzero(~np.isfinite(state.batch_losses()))
        if state.backend.all_reduce(np.array([float(len(bad))]))[0] == 0:
            return
        where = (
            f"{state.batch_losses()[bad[0]]:g} in batch {bad[0] + 1}" if len(bad) else "not finite in another process"
        )
        state.stop(f"the loss is {where} of epoch {state.epoch}{ADVICE}")

    def on_epoch_end(self, state: TrainState) -> None:
        """Look at the epoch's losses."""
        for name in ("loss", "val_loss"):
            value = state.logs.get(name, 0.0)
            if not np.isfinite(value):
                state.stop(f"{name} is {value:g} in epoch {state.epoch}{ADVICE}")


ADVICE = "; try a smaller learning rate, clip_norm=1.0, and look for NaN in the data"
