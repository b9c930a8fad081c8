"""History: the figures of a run, epoch by epoch and step by step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from coursekit import _curves
from coursekit._frameworks import require
from coursekit.errors import unknown_name


class History(Mapping[str, list[float]]):
    """What ``fit`` returns: ``history["val_loss"]`` is a list with one figure per epoch.

    Attributes:
        epochs: numbers of the epochs, from 1.
        steps: figures per optimizer step: ``history.steps["loss"]`` (the mean loss of the batches the step was made
            from) and ``history.steps["learning_rate"]``.
        stop_reason: why the run ended before its last epoch; None where it did not.
    """

    def __init__(self) -> None:
        self.epochs: list[int] = []
        self.steps: dict[str, list[float]] = {"loss": [], "learning_rate": []}
        self.stop_reason: str | None = None
        self._figures: dict[str, list[float]] = {}

    def append(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Add the figures of an epoch; a figure that others have and this one lacks becomes NaN."""
        for name in logs:
            self._figures.setdefault(name, [math.nan] * len(self.epochs))
        for name, values in self._figures.items():
            values.append(float(logs.get(name, math.nan)))
        self.epochs.append(epoch)

    def __getitem__(self, name: str) -> list[float]:
        """Return one figure per epoch."""
        if name not in self._figures:
            raise KeyError(str(unknown_name("figure", name, self._figures)))
        return self._figures[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the figures."""
        return iter(self._figures)

    def __len__(self) -> int:
        """Return the number of figures per epoch (``len(history.epochs)`` is the number of epochs)."""
        return len(self._figures)

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a figure of that name."""
        return name in self._figures

    def __repr__(self) -> str:
        """The last epoch on one line."""
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self._figures.items() if values)
        stopped = f"; stopped: {self.stop_reason}" if self.stop_reason else ""
        return f"History({len(self.epochs)} epochs{': ' + last if last else ''}{stopped})"

    def best(self, name: str, mode: str = "auto") -> tuple[int, float]:
        """Return (epoch, value) of a figure's best epoch.

        Args:
            name: such as "val_loss".
            mode: "min", "max", or "auto": smaller is better for figures whose name contains "loss" or "error".
        """
        values = self[name]
        sign = 1.0 if better_is_smaller(name, mode) else -1.0
        at = min(range(len(values)), key=lambda i: math.inf if math.isnan(values[i]) else sign * values[i])
        return self.epochs[at], values[at]

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: a row per epoch, a column per figure. Needs the extra ``lab``."""
        pandas = require("pandas")
        return pandas.DataFrame(self._figures, index=pandas.Index(self.epochs, name="epoch"))

    def plot(self, *names: str) -> Any:
        """Draw the curves, training beside validation, and return the matplotlib figure. Needs the extra ``lab``.

        Args:
            names: figures to draw, without ``val_``; all of them where none is given.
        """
        return _curves.draw_history(self.epochs, self._figures, names)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "epochs": list(self.epochs),
            "figures": {name: list(values) for name, values in self._figures.items()},
            "steps": {name: list(values) for name, values in self.steps.items()},
            "stop_reason": self.stop_reason,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> History:
        """Rebuild a history from ``to_json``'s values."""
        history = cls()
        history.epochs = list(values["epochs"])
        history._figures = {name: list(figures) for name, figures in values["figures"].items()}
        history.steps = {name: list(figures) for name, figures in values["steps"].items()}
        history.stop_reason = values["stop_reason"]
        return history


def better_is_smaller(name: str, mode: str) -> bool:
    """Tell which way a figure improves; "auto" goes by its name."""
    if mode == "auto":
        return "loss" in name or "error" in name or name.endswith(("mae", "mse"))
    return mode == "min"
