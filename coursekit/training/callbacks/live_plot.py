"""LivePlot: curves that grow while a notebook cell runs."""

from __future__ import annotations

import io
from time import monotonic
from typing import Any, ClassVar

from coursekit import _curves
from coursekit._frameworks import installed, missing_extra, require
from coursekit.training.callback import Callback
from coursekit.training.callbacks import screen
from coursekit.training.state import TrainState


class LivePlot(Callback):
    """Draw the history below the cell and redraw it as epochs end; outside a notebook it shows nothing.

    Args:
        names: figures to draw, without ``val_``; all of them where none is given.
        every_seconds: the shortest time between two drawings, each of which takes some tenths of a second. The last
            state is always drawn.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """

    order: ClassVar[int] = 60

    def __init__(self, *names: str, every_seconds: float = 1.0) -> None:
        if not installed("matplotlib"):
            raise missing_extra("matplotlib")
        self.names, self.every_seconds = names, every_seconds
        self._handle: Any = None
        self._drawn = -1
        self._when = 0.0

    def on_train_begin(self, state: TrainState) -> None:
        """Take a new place below the cell."""
        del state
        self._handle, self._drawn, self._when = None, -1, -float("inf")

    def on_epoch_end(self, state: TrainState) -> None:
        """Redraw, if it is not too soon."""
        if monotonic() - self._when >= self.every_seconds:
            self._draw(state)

    def on_train_end(self, state: TrainState) -> None:
        """Draw the last state."""
        if len(state.history.epochs) != self._drawn:
            self._draw(state)

    def _draw(self, state: TrainState) -> None:
        if not (state.is_main and screen.in_notebook() and state.history.epochs):
            return
        # A picture, not the figure: how a kernel shows a figure depends on what else was imported.
        picture = require("IPython.display").Image(data=self._png(state), format="png")
        if self._handle is None:
            self._handle = require("IPython.display").display(picture, display_id=True)
        else:
            self._handle.update(picture)
        self._drawn, self._when = len(state.history.epochs), monotonic()

    def _png(self, state: TrainState) -> bytes:
        figure = _curves.draw_history(state.history.epochs, dict(state.history), self.names)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=96)
        return file.getvalue()
