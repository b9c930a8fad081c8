"""Streaming metrics made of counts per class: precision, recall, F1, balanced accuracy, IoU, Dice."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from coursekit.errors import DataError, unknown_name
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
)
from coursekit.metrics.predictions import class_counts, to_classes
from coursekit.metrics.streaming import Floats, Metric


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

    only_counts: ClassVar[bool] = True

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
