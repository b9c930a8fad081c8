"""Progress: how far the run is; a bar where somebody watches, a line per epoch where a log is kept."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Any, Literal

from coursekit.errors import ConfigurationError
from coursekit.training.callback import Callback
from coursekit.training.callbacks import screen
from coursekit.training.state import TrainState


class Progress(Callback):
    """Show a tqdm bar per epoch with the figures so far, and leave the epoch's figures behind.

    In a notebook it is a widget, in a terminal a line that is redrawn. Elsewhere (a log of a CI run, a redirected
    output) there is no bar, whose redrawing would fill the log, but one line per epoch. All of it goes to standard
    error.

    Args:
        every_seconds: how often the figures so far are read: not each step, because the host waits for the device then.
        leave: keep a bar per epoch on the screen; otherwise one is reused.
        style: "bar", "lines", or "auto".

    Raises:
        ConfigurationError: an unknown style.
    """

    def __init__(
        self, every_seconds: float = 0.5, *, leave: bool = True, style: Literal["auto", "bar", "lines"] = "auto"
    ) -> None:
        if style not in ("auto", "bar", "lines"):
            raise ConfigurationError(f"style={style!r}", expected='"auto", "bar" or "lines"', mend='use "auto"')
        self.every_seconds, self.leave, self.style = every_seconds, leave, style
        self._bar: Any = None
        self._read = 0.0
        self._began = 0.0

    def on_epoch_begin(self, state: TrainState) -> None:
        """Open the epoch's bar."""
        self._began = self._read = monotonic()
        if not state.is_main or not self._wants_bar():
            return
        from tqdm.auto import tqdm

        self._bar = tqdm(
            total=state.steps_per_epoch,
            initial=state.epoch_step,
            desc=_title(state),
            unit="step",
            leave=self.leave,
            mininterval=0.2,
        )

    def on_step_end(self, state: TrainState) -> None:
        """Move the bar; now and then read the figures."""
        if self._bar is None:
            return
        self._bar.update(state.epoch_step - self._bar.n)
        if monotonic() - self._read > self.every_seconds:
            self._bar.set_postfix(_rounded(state.running()), refresh=False)
            self._read = monotonic()

    def on_epoch_end(self, state: TrainState) -> None:
        """Show the epoch's figures."""
        if self._bar is not None:
            self._bar.set_postfix(_rounded(state.logs))
            self._close()
        elif state.is_main:
            figures = ", ".join(f"{name}={value}" for name, value in _rounded(state.logs).items())
            self._say(f"{_title(state)}: {figures} ({monotonic() - self._began:.1f} s)")

    def on_train_end(self, state: TrainState) -> None:
        """Close a bar that an interruption left open, and say why a run ended early."""
        if self._bar is not None:
            self._close()
        if state.is_main and state.stop_reason:
            self._say(f"stopped after epoch {state.epoch}: {state.stop_reason}")

    def _wants_bar(self) -> bool:
        return self.style == "bar" or (self.style == "auto" and (screen.in_notebook() or screen.in_terminal()))

    def _say(self, line: str) -> None:
        if not self._wants_bar():
            print(line, file=sys.stderr, flush=True)
            return
        from tqdm.auto import tqdm

        # Around bars of others that are still open; in a notebook there are none on this stream.
        tqdm.write(line, file=sys.stderr)

    def _close(self) -> None:
        self._bar.close()
        self._bar = None


def _title(state: TrainState) -> str:
    return f"epoch {state.epoch}/{state.epochs}"


def _rounded(figures: dict[str, float]) -> dict[str, str]:
    return {name: f"{value:.4g}" for name, value in figures.items()}
