"""Metrics that take in batches: what they keep adds up, over batches and over processes."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import ConfigurationError, DataError, unknown_name
from coursekit.metrics.classification import (
    AVERAGES,
    Average,
    Figure,
    averaged,
    balanced_accuracy_of,
    f1_of,
    iou_of,
    precision_of,
    recall_of,
    top_k_correct,
)
from coursekit.metrics.predictions import class_counts, to_classes

Floats = NDArray[np.float64]


class Metric(ABC):
    """A figure over a whole epoch, built from sums.

    The state is one float64 vector; the state of two sets together is the sum of their states. So a mean
    over an epoch is exact whatever the batch sizes, and processes join their figures by adding vectors.
    """

    def __init__(self, name: str) -> None:
        """Start with nothing seen."""
        self._name = name
        self._state: Floats = np.zeros(0)
        self.reset()

    @property
    def name(self) -> str:
        """The key of the figure in logs and histories."""
        return self._name

    @abstractmethod
    def update(self, outputs: ArrayLike, targets: ArrayLike) -> None:
        """Take in one batch of model outputs and targets."""

    @abstractmethod
    def result(self) -> float:
        """Return the figure over everything taken in; NaN for nothing."""

    def prepare(self, output_shape: tuple[int, ...]) -> None:  # noqa: B027 - most states have a fixed size
        """Size the state for outputs of this shape, so that states of idle processes add up too."""

    def reset(self) -> None:
        """Forget everything taken in."""
        self._state = np.zeros_like(self._state)

    def state(self) -> Floats:
        """Return a copy of the sums, a float64 vector."""
        return self._state.copy()

    def load_state(self, state: ArrayLike) -> None:
        """Replace the sums by ``state``, which a metric of the same kind returned, or a sum of such."""
        self._state = self._checked(state).copy()

    def merge(self, state: ArrayLike) -> None:
        """Add the sums of another metric of the same kind."""
        self._state = self._state + self._checked(state)

    def fresh(self) -> Self:
        """Return a metric with the same settings that has seen nothing."""
        twin = copy.deepcopy(self)
        twin.reset()
        return twin

    def _checked(self, state: ArrayLike) -> Floats:
        values = np.asarray(state, dtype=np.float64)
        if values.shape != self._state.shape:
            raise DataError(
                f"a state of shape {values.shape} for the metric {self.name!r}",
                expected=f"shape {self._state.shape}",
                mend="load the state of a metric of the same kind",
            )
        return values

    def __repr__(self) -> str:
        """Return the name and the figure so far."""
        return f"<{type(self).__name__} {self.name}={self.result():.4g}>"


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


class ClassFigure(Metric):
    """Base of the metrics made of counts per class: true positives, predicted, actual, each ``(C,)``.

    Single logits have one class, the positive one, unless a subclass needs both.

    Args:
        average: see :func:`coursekit.metrics.precision`.
        ignore_index: targets of this value do not count.
        name: the key in logs.
    """

    default_name: ClassVar[str]
    figure: ClassVar[Figure]
    needs_both_classes: ClassVar[bool] = False

    def __init__(self, average: Average = "macro", *, ignore_index: int | None = None, name: str | None = None) -> None:
        """Start with nothing seen."""
        if average not in AVERAGES:
            raise unknown_name("average", average, AVERAGES)
        super().__init__(name or self.default_name)
        self.average: Average = average
        self.ignore_index = ignore_index

    def prepare(self, output_shape: tuple[int, ...]) -> None:
        """Size the state for outputs ``(..., C)``, or single logits ``(N,)`` or ``(..., 1)``."""
        width = output_shape[-1] if len(output_shape) > 1 else 1
        self._grow(2 if width == 1 and self.needs_both_classes else width)

    def update(self, outputs: ArrayLike, targets: ArrayLike) -> None:
        """Add the counts of one batch."""
        predictions = to_classes(outputs, targets, self.ignore_index)
        counts = class_counts(predictions)
        if predictions.binary and not self.needs_both_classes:
            counts = counts[:, 1:]
        self.merge(counts.ravel())

    def result(self) -> float:
        """Return the averaged figure over everything taken in; NaN for nothing."""
        value = averaged(type(self).figure, self.counts(), self.average)
        return float(value)

    def counts(self) -> Floats:
        """Return ``(3, C)``: per class true positives, predicted and actual."""
        return self._state.reshape(3, -1).copy()

    def per_class(self) -> Floats:
        """Return the figure of every class, ``(C,)``; NaN where one neither occurs nor is predicted."""
        return np.asarray(averaged(type(self).figure, self.counts(), None))

    def load_state(self, state: ArrayLike) -> None:
        """Replace the counts by ``state``; an empty one means nothing seen."""
        self._state = self._checked(state).copy()

    def merge(self, state: ArrayLike) -> None:
        """Add counts; the one with fewer classes is filled up with zeros."""
        other = self._checked(state)
        self._grow(other.size // 3)
        if other.size < self._state.size:
            missing = (self._state.size - other.size) // 3
            other = np.pad(other.reshape(3, -1), ((0, 0), (0, missing))).ravel()
        self._state = self._state + other

    def _checked(self, state: ArrayLike) -> Floats:
        values = np.asarray(state, dtype=np.float64)
        if values.ndim != 1 or values.size % 3:
            raise DataError(
                f"a state of shape {values.shape} for the metric {self.name!r}",
                expected="a vector of three counts per class",
                mend="load the state of a metric of the same kind",
            )
        return values

    def _grow(self, classes: int) -> None:
        missing = classes - self._state.size // 3
        if missing > 0:
            self._state = np.pad(self._state.reshape(3, -1), ((0, 0), (0, missing))).ravel()


class Precision(ClassFigure):
    """TP / predicted, see :func:`coursekit.metrics.precision`."""

    default_name, figure = "precision", precision_of


class Recall(ClassFigure):
    """TP / actual, see :func:`coursekit.metrics.recall`."""

    default_name, figure = "recall", recall_of


class F1(ClassFigure):
    """Harmonic mean of precision and recall, see :func:`coursekit.metrics.f1`."""

    default_name, figure = "f1", f1_of


class IoU(ClassFigure):
    """Mean intersection over union over all pixels, see :func:`coursekit.metrics.iou`."""

    default_name, figure = "iou", iou_of


class Dice(ClassFigure):
    """Mean Dice score over all pixels, see :func:`coursekit.metrics.dice_score`."""

    default_name, figure = "dice", f1_of


class BalancedAccuracy(ClassFigure):
    """Mean recall of the classes that occur, see :func:`coursekit.metrics.balanced_accuracy`."""

    default_name, figure, needs_both_classes = "balanced_accuracy", recall_of, True

    def __init__(self, *, ignore_index: int | None = None, name: str | None = None) -> None:
        """Start with nothing seen."""
        super().__init__("macro", ignore_index=ignore_index, name=name)

    def result(self) -> float:
        """Return the mean recall of the classes that occur; NaN for nothing."""
        return balanced_accuracy_of(self.counts())
