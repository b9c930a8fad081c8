"""Progress: one bar per epoch, in a console or a notebook."""

from __future__ import annotations

from time import monotonic
from typing import Any

from coursekit.training.callback import Callback
from coursekit.training.state import TrainState


class Progress(Callback):
    """Show a tqdm bar per epoch with the figures so far, and leave the epoch's figures behind.

    Args:
        every_seconds: how often the figures so far are read; reading makes the host wait for the device.
        leave: keep a bar per epoch on the screen; otherwise one bar is reused.
    """

    def __init__(self, every_seconds: float = 0.5, *, leave: bool = True) -> None:
        self.every_seconds, self.leave = every_seconds, leave
        self._bar: Any = None
        self._read = 0.0

    def on_epoch_begin(self, state: TrainState) -> None:
        """Open the epoch's bar."""
        if not state.is_main:
            return
        from tqdm.auto import tqdm

        self._bar = tqdm(
            total=state.steps_per_epoch,
            initial=state.epoch_step,
            desc=f"epoch {state.epoch}/{state.epochs}",
            unit="step",
            leave=self.leave,
            mininterval=0.2,
        )
        self._read = monotonic()

    def on_step_end(self, state: TrainState) -> None:
        """Move the bar; now and then read the figures."""
        if self._bar is None:
            return
        self._bar.update(state.epoch_step - self._bar.n)
        if monotonic() - self._read > self.every_seconds:
            self._bar.set_postfix(_rounded(state.running()), refresh=False)
            self._read = monotonic()

    def on_epoch_end(self, state: TrainState) -> None:
        """Show the epoch's figures and close its bar."""
        if self._bar is not None:
            self._bar.set_postfix(_rounded(state.logs))
            self._close()

    def on_train_end(self, state: TrainState) -> None:
        """Close a bar that an interruption left open, and say why a run ended early."""
        if self._bar is not None:
            self._close()
        if state.is_main and state.stop_reason:
            from tqdm.auto import tqdm

            tqdm.write(f"stopped after epoch {state.epoch}: {state.stop_reason}")

    def _close(self) -> None:
        self._bar.close()
        self._bar = None


def _rounded(figures: dict[str, float]) -> dict[str, str]:
    return {name: f"{value:.4g}" for name, value in figures.items()}
