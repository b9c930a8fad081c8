"""Streaming metrics that are one sum over one count: accuracy, top-k, errors, any function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from coursekit.errors import ConfigurationError, DataError, unknown_name
from coursekit.metrics.classification import top_k_correct
from coursekit.metrics.predictions import to_classes
from coursekit.metrics.streaming import Metric


class Mean(Metric):
    """Base of the metrics that are one sum over one count; the state is ``[sum, count]``."""

    def __init__(self, name: str) -> None:
        """Start with nothing seen."""
        super().__init__(name)
        self._state = np.zeros(2)

    def result(self) -> float:
        """Return sum / count; NaN for nothing."""
        total, count = self._state.tolist()
        return float(total / count) if count else float("nan")

    def _add(self, total: float, count: int) -> None:
        self._state[0] += total
        self._state[1] += count


class Accuracy(Mean):
    """Share of samples, or pixels, whose class is right.

    Args:
        ignore_index: targets of this value do not count.
        name: the key in logs.
    """

    only_counts: ClassVar[bool] = True

    def __init__(self, ignore_index: int | None = None, name: str = "accuracy") -> None:
        """Start with nothing seen."""
        super().__init__(name)
        self.ignore_index = ignore_index

    def update(self, outputs: ArrayLike, targets: ArrayLike) -> None:
        """Count the right ones: ``(..., C)`` logits and class indices, or what ``to_classes`` reads."""
        predicted, true, _, _ = to_classes(outputs, targets, self.ignore_index)
        self._add(int(np.count_nonzero(predicted == true)), true.size)


class TopKAccuracy(Mean):
    """Share of samples whose class is among the ``k`` largest outputs.

    Args:
        k: from 1 to the number of classes.
        name: the key in logs; ``top_<k>_accuracy`` by default.
    """

    only_counts: ClassVar[bool] = True

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        """Start with nothing seen."""
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ConfigurationError(f"k={k!r}", expected="an integer, 1 or above", mend="use k=5")
        super().__init__(name or f"top_{k}_accuracy")
        self.k = k

    def update(self, outputs: ArrayLike, targets: ArrayLike) -> None:
        """Count the samples whose class is among the k largest."""
        self._add(*top_k_correct(outputs, targets, self.k))


class MeanError(Mean):
    """Mean absolute (``"mae"``) or squared (``"mse"``) difference over all elements; shapes must be equal.

    Args:
        kind: ``"mae"`` or ``"mse"``.
        name: the key in logs; the kind by default.
    """

    def __init__(self, kind: str = "mae", name: str | None = None) -> None:
        """Start with nothing seen."""
        if kind not in ("mae", "mse"):
            raise unknown_name("error", kind, ("mae", "mse"))
        super().__init__(name or kind)
        self.kind = kind

    def update(self, outputs: ArrayLike, targets: ArrayLike) -> None:
        """Add the differences of one batch."""
        given, wanted = np.asarray(outputs), np.asarray(targets)
        if given.shape != wanted.shape:
            raise DataError(
                f"{self.name} on outputs of shape {given.shape} and targets of shape {wanted.shape}",
                expected="equal shapes; (N, 1) against (N,) would broadcast to (N, N)",
                mend="reshape the targets to the shape of the outputs",
            )
        difference = given.astype(np.float64) - wanted
        size = np.abs(difference) if self.kind == "mae" else np.square(difference)
        self._add(float(size.sum()), difference.size)


class FunctionMetric(Mean):
    """Any function of a batch that returns a number, as a mean weighted by samples.

    That is exact for functions which are themselves means over samples; others (an F1 of a batch) become
    means of batches.

    Args:
        function: ``(outputs, targets) -> float``.
        name: the key in logs; the function's own name by default.
    """

    def __init__(self, function: Callable[[Any, Any], float], name: str | None = None) -> None:
        """Start with nothing seen."""
        own = getattr(function, "__name__", type(function).__name__).strip("<>")
        super().__init__(name or own)
        self.function = function

    def update(self, outputs: ArrayLike, targets: ArrayLike) -> None:
        """Call the function on one batch and weight its value with the number of samples."""
        value = self.function(outputs, targets)
        if np.size(value) != 1:
            raise ConfigurationError(
                f"the metric {self.name!r} returned an array of shape {np.shape(value)}",
                expected="one number",
                mend="return its mean",
            )
        count = len(np.asarray(outputs))
        self._add(float(np.asarray(value).reshape(())) * count, count)

    def fresh(self) -> Self:
        """Return a metric of the same function that has seen nothing."""
        return type(self)(self.function, self.name)
