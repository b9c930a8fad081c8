"""Meter: the figures of an epoch, exact over samples, without a wait per batch.

Results stay on the device and are fetched when enough have gathered. What comes back is reduced to sums that can be
added over batches and over processes: the mean of batch means, wrong once the last batch is smaller, cannot occur.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.metrics import Metric

if TYPE_CHECKING:
    from coursekit.backends.base import Arrays, Backend, BlockResult

# Numbers of output that may wait on the device before they are fetched: 4 MB of float32.
PENDING = 1 << 20


class Meter:
    """Loss and metrics of one pass over data.

    Args:
        backend: fetches results and adds over processes.
        metrics: fresh metric objects; updated with outputs (n, ..., classes) and targets (n, ...).
        pending: numbers of output that may wait on the device before they are fetched.

    Attributes:
        samples: how many have been fetched in this pass, by this process.
    """

    def __init__(self, backend: Backend, metrics: Sequence[Metric], pending: int = PENDING) -> None:
        self.backend, self.metrics, self.pending = backend, metrics, pending
        self.reset()

    def reset(self) -> None:
        """Begin a new pass."""
        self._waiting: list[BlockResult] = []
        self._numbers = 0
        self.samples = 0
        self._losses: list[np.ndarray[Any, Any]] = []
        self._weights: list[np.ndarray[Any, Any]] = []
        for metric in self.metrics:
            metric.reset()

    def add(self, result: BlockResult) -> None:
        """Take a block's results; they are looked at later."""
        self._waiting.append(result)
        self._numbers += result.numbers
        if self._numbers >= self.pending:
            self.flush()

    def flush(self) -> None:
        """Fetch what is waiting."""
        waiting, self._waiting, self._numbers = self._waiting, [], 0
        for result in waiting:
            fetched = self.backend.fetch(result)
            self.samples += len(fetched.targets)
            self._losses.append(fetched.losses)
            self._weights.append(fetched.weights)
            for metric in self.metrics:
                if not len(fetched.targets):
                    metric.prepare(fetched.outputs.shape)
                elif metric.only_counts:
                    metric.update(fetched.outputs, fetched.targets)
                else:
                    # How batches come together in a block follows the clock; a figure must not.
                    first = 0
                    for size in fetched.sizes:
                        part = slice(first, first + size)
                        metric.update(fetched.outputs[part], fetched.targets[part])
                        first += size

    def batch_losses(self) -> np.ndarray[Any, Any]:
        """Mean loss of every batch so far, over all processes: (batches,) float64."""
        losses, weights = self._joined()
        means: np.ndarray[Any, Any] = losses / np.maximum(weights, np.finfo(np.float64).tiny)
        return means

    def batch_weights(self) -> np.ndarray[Any, Any]:
        """What each of them counts for: (batches,) float64."""
        return self._joined()[1]

    def result(self) -> dict[str, float]:
        """The figures of the pass: the loss, then each metric."""
        losses, weights = self._joined()
        figures = {"loss": float(losses.sum() / weights.sum()) if weights.sum() else float("nan")}
        for metric in self.metrics:
            if self.backend.world > 1:
                own = metric.state()
                metric.load_state(self.backend.all_reduce(own))
                figures[metric.name] = metric.result()
                metric.load_state(own)
            else:
                figures[metric.name] = metric.result()
        return figures

    def peek(self) -> dict[str, float]:
        """The figures so far, of this process alone: nobody else has to be asking at the same time."""
        self.flush()
        if not self._losses:
            return {}
        losses, weights = np.concatenate(self._losses), np.concatenate(self._weights)
        figures = {"loss": float((losses * weights).sum() / weights.sum()) if weights.sum() else float("nan")}
        return figures | {metric.name: metric.result() for metric in self.metrics}

    def own_losses(self) -> np.ndarray[Any, Any]:
        """Mean loss of every batch so far, of this process alone: (batches,) float64."""
        self.flush()
        counted = [losses[weights > 0] for losses, weights in zip(self._losses, self._weights, strict=True)]
        return np.concatenate([np.zeros(0), *counted])

    def _joined(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Sums (not means) of every batch's loss and weight, over all processes."""
        self.flush()
        weights = np.concatenate([np.zeros(0), *self._weights])
        # What counts nothing may have no mean: 0 / 0.
        losses = np.where(weights == 0, 0.0, np.concatenate([np.zeros(0), *self._losses]) * weights)
        if self.backend.world > 1:
            # Streams of different lengths may be evaluated: the short ones count nothing at their end.
            longest = int(self._by_process(np.array(len(weights))).max())
            padded = np.zeros((2, longest))
            padded[:, : len(weights)] = losses, weights
            losses, weights = self.backend.all_reduce(padded)
        return losses, weights

    def _by_process(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Every process's values, in order: (world, ...)."""
        rows = np.zeros((self.backend.world, *values.shape))
        rows[self.backend.rank] = values
        return self.backend.all_reduce(rows)

    # For checkpoints within an epoch ---------------------------------------------------

    def get_state(self) -> Arrays:
        """Everything counted so far, as arrays."""
        self.flush()
        empty = np.zeros(0)
        arrays = {
            "losses": np.concatenate([empty, *self._losses]),
            "weights": np.concatenate([empty, *self._weights]),
        }
        arrays |= {f"metric/{number}": metric.state() for number, metric in enumerate(self.metrics)}
        if self.backend.world > 1:
            arrays = {name: self._by_process(array) for name, array in arrays.items()}
        return arrays

    def set_state(self, arrays: Mapping[str, Any]) -> None:
        """Continue counting from such arrays."""
        self.reset()
        rows = {name: np.array(array, ndmin=2) for name, array in arrays.items()}
        rank, processes = self.backend.rank, len(rows["losses"])
        if processes != self.backend.world:
            # Saved by another number of processes: the first of these takes over what all of those had counted.
            rank, weights = 0, rows["weights"].sum(0)
            losses = np.where(rows["weights"] == 0, 0.0, rows["losses"] * rows["weights"]).sum(0)
            rows["losses"] = (losses / np.where(weights == 0, 1.0, weights))[None]
            rows |= {name: array.sum(0)[None] for name, array in rows.items() if name != "losses"}
            if self.backend.rank:
                rows = {name: np.zeros_like(array) for name, array in rows.items()}
        if rows["losses"].size:
            self._losses, self._weights = [rows["losses"][rank]], [rows["weights"][rank]]
            for number, metric in enumerate(self.metrics):
                metric.load_state(rows[f"metric/{number}"][rank])
