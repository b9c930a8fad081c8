"""GradientMonitor: norms of gradients and weights, and how far each step moves them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from coursekit.backends.base import Arrays
from coursekit.errors import ConfigurationError
from coursekit.training.callback import Callback
from coursekit.training.state import TrainState

FIGURES = {"gradient_norm": "gradient", "weight_norm": "weight", "update_ratio": "update_ratio"}


class GradientMonitor(Callback):
    """Record, every so many steps, three figures of each parameter that learns.

    ``gradient_norm`` and ``weight_norm`` are Euclidean norms, the gradient's before clipping, the weight's before the
    step; ``update_ratio`` is the norm of the step over that of the weight. A ratio near 1e-3 is usual for weights, much
    less learns nothing, much more destroys what was learnt. Observing changes nothing: the weights are those of an
    unobserved run, bit for bit.

    Args:
        every_n_steps: how often to look.

    Attributes:
        records: one dict per look and parameter, in order: "step", "epoch", "parameter" and the three figures. It is
            what ``pandas.DataFrame`` takes.

    Raises:
        ConfigurationError: every_n_steps is not a positive integer.
    """

    def __init__(self, every_n_steps: int = 50) -> None:
        if isinstance(every_n_steps, bool) or not isinstance(every_n_steps, int) or every_n_steps < 1:
            raise ConfigurationError(
                f"every_n_steps={every_n_steps!r}", expected="a positive integer", mend="50 costs nothing"
            )
        self.every_n_steps: int = every_n_steps
        self.records: list[dict[str, Any]] = []
        self._step = 0
        self._longest = 1
        self._last: object = None

    def summary(self) -> dict[str, dict[str, float]]:
        """Return parameter -> the median of each figure over all looks, in the model's order."""
        names = dict.fromkeys(record["parameter"] for record in self.records)
        return {
            name: {
                figure: float(np.median([r[figure] for r in self.records if r["parameter"] == name]))
                for figure in FIGURES
            }
            for name in names
        }

    def on_train_begin(self, state: TrainState) -> None:
        """Start afresh, unless the run is resumed."""
        if state.step == 0:
            self.records = []
        self._step, self._longest = state.step, 1
        self._last = state.backend.gradient_report()
        self._ask(state)

    def on_step_end(self, state: TrainState) -> None:
        """Record, if it is time."""
        self._longest = max(self._longest, state.step - self._step)
        self._step = state.step
        report = state.backend.gradient_report()
        if state.step % self.every_n_steps == 0 and report is not self._last:
            self._last = report
            for name, values in report.items():
                figures = {figure: float(values[key]) for figure, key in FIGURES.items()}
                self.records.append({"step": state.step, "epoch": state.epoch, "parameter": name, **figures})
        self._ask(state)

    def on_train_end(self, state: TrainState) -> None:
        """Observe no longer."""
        state.backend.observe_gradients(False)

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """The records, as columns."""
        names = list(dict.fromkeys(record["parameter"] for record in self.records))
        number = {name: position for position, name in enumerate(names)}
        columns = [[r["step"], r["epoch"], number[r["parameter"]]] for r in self.records]
        figures = [[r[figure] for figure in FIGURES] for r in self.records]
        return {
            "columns": np.array(columns, np.int64).reshape(-1, 3),
            "figures": np.array(figures, np.float64).reshape(-1, len(FIGURES)),
        }, {"parameters": names}

    def set_state(self, arrays: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        """Go on recording."""
        self.records = [
            {
                "step": step,
                "epoch": epoch,
                "parameter": extra["parameters"][number],
                **dict(zip(FIGURES, row, strict=True)),
            }
            for (step, epoch, number), row in zip(
                np.asarray(arrays["columns"]).tolist(), np.asarray(arrays["figures"]).tolist(), strict=True
            )
        ]

    def _ask(self, state: TrainState) -> None:
        # The last step of every block would be observed, and a stream of data comes in blocks of one step. So it
        # is asked for only where the next block, at most twice as long as any before, can reach the step that counts.
        ahead = self.every_n_steps - state.step % self.every_n_steps
        state.backend.observe_gradients(ahead <= 2 * self._longest)
