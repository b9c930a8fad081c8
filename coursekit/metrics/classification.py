"""Figures of merit of a classifier, as pure functions of outputs and targets.

How outputs and targets are read (logits, soft targets, single logits, predicted classes) is said in
:func:`coursekit.metrics.predictions.to_classes`; the argument order is the same as the losses'.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import ConfigurationError, DataError, unknown_name
from coursekit.metrics.predictions import class_counts, to_classes

Average = Literal["macro", "micro", "weighted"]
Floats = NDArray[np.float64]
Figure = Callable[[Floats], Floats]

AVERAGES: tuple[Average, ...] = ("macro", "micro", "weighted")


def accuracy(outputs: ArrayLike, targets: ArrayLike) -> float:
    """Return the share of samples (or pixels) whose class is right; NaN for none at all."""
    predicted, true, _, _ = to_classes(outputs, targets)
    return _ratio(int(np.count_nonzero(predicted == true)), true.size)


def top_k_accuracy(outputs: ArrayLike, targets: ArrayLike, k: int = 5) -> float:
    """Return the share of samples whose class is among the ``k`` largest outputs.

    Of equal outputs the class with the smaller index comes first, so that k = 1 is :func:`accuracy`. A NaN
    is larger than every number.

    Args:
        outputs: floats ``(..., C)``.
        targets: integers ``(...)``, or soft targets ``(..., C)``.
        k: from 1 to C.
    """
    correct, size = top_k_correct(outputs, targets, k)
    return _ratio(correct, size)


def top_k_correct(outputs: ArrayLike, targets: ArrayLike, k: int) -> tuple[int, int]:
    """Return how many samples have their class among the ``k`` largest outputs, and how many there are."""
    scores = np.asarray(outputs)
    true = to_classes(outputs, targets).true
    if scores.ndim < 2 or not 1 <= k <= scores.shape[-1] or scores.shape[-1] == 1:
        raise ConfigurationError(
            f"k={k} for outputs of shape {scores.shape}",
            expected="outputs (..., C) and k from 1 to C",
            mend="choose a smaller k; for single logits use accuracy",
        )
    scores = scores.reshape(-1, scores.shape[-1])
    own = scores[np.arange(len(scores)), true][:, None]
    # "Not at most" and not "greater", so that a NaN is never hidden: no comparison with it is true.
    ahead = np.count_nonzero(~(scores <= own), axis=1)
    ties = scores == own
    if np.count_nonzero(ties) != len(scores):
        ahead += np.count_nonzero(ties & (np.arange(scores.shape[1]) < true[:, None]), axis=1)
    return int(np.count_nonzero(ahead < k)), len(scores)


def confusion_matrix(
    outputs: ArrayLike,
    targets: ArrayLike,
    num_classes: int | None = None,
    normalize: Literal["true", "predicted", "all"] | None = None,
) -> NDArray[np.int64] | Floats:
    """Return ``(C, C)``: in row i and column j the number of samples of class i that were taken for class j.

    Args:
        outputs: see the module.
        targets: see the module.
        num_classes: C where it cannot be told from the outputs; the largest class + 1 by default.
        normalize: divide each row (``"true"``: the diagonal is the recall), each column (``"predicted"``: the
            precision) or everything by its sum; what has sum 0 becomes 0.

    Raises:
        DataError: a class beyond ``num_classes``.
    """
    predicted, true, known, _ = to_classes(outputs, targets)
    largest = int(max(predicted.max(initial=-1), true.max(initial=-1)))
    size = num_classes or known or largest + 1
    if largest >= size:
        raise DataError(
            f"class {largest} with num_classes={size}",
            expected=f"classes from 0 to {size - 1}",
            mend=f"give num_classes={largest + 1}, or number the classes from 0",
        )
    matrix = np.bincount(true * size + predicted, minlength=size * size).reshape(size, size)
    if normalize is None:
        return matrix.astype(np.int64, copy=False)
    axes = {"true": 1, "predicted": 0, "all": None}
    if normalize not in axes:
        raise unknown_name("normalization", normalize, axes)
    totals = matrix.sum(axis=axes[normalize], keepdims=True)
    shares: Floats = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    return shares


def precision(
    outputs: ArrayLike, targets: ArrayLike, average: Average | None = "macro", num_classes: int | None = None
) -> float | Floats:
    """Return how much of what was predicted as a class is of that class: TP / (TP + FP).

    Args:
        outputs: see the module. Single logits give the precision of the positive class.
        targets: see the module.
        average: ``"macro"``: mean over the classes that occur or are predicted; ``"weighted"``: weighted by
            occurrence; ``"micro"``: over all samples together; None: an array ``(C,)``, NaN for classes
            that neither occur nor are predicted. What would be 0 / 0 otherwise is 0, as in scikit-learn.
        num_classes: C where it cannot be told from the outputs.
    """
    return averaged(precision_of, _counts(outputs, targets, num_classes), average)


def recall(
    outputs: ArrayLike, targets: ArrayLike, average: Average | None = "macro", num_classes: int | None = None
) -> float | Floats:
    """Return how much of a class was found: TP / (TP + FN). Arguments as in :func:`precision`."""
    return averaged(recall_of, _counts(outputs, targets, num_classes), average)


def f1(
    outputs: ArrayLike, targets: ArrayLike, average: Average | None = "macro", num_classes: int | None = None
) -> float | Floats:
    """Return 2 TP / (2 TP + FP + FN), the harmonic mean of both; arguments as in :func:`precision`."""
    return averaged(f1_of, _counts(outputs, targets, num_classes), average)


def balanced_accuracy(outputs: ArrayLike, targets: ArrayLike) -> float:
    """Return the mean recall of the classes that occur in the targets; for single logits of both classes."""
    return balanced_accuracy_of(class_counts(to_classes(outputs, targets)))


def precision_of(counts: Floats) -> Floats:
    """Return TP / predicted from counts ``(3, ...)``; 0 where nothing was predicted."""
    return _divide(counts[0], counts[1])


def recall_of(counts: Floats) -> Floats:
    """Return TP / actual from counts ``(3, ...)``; 0 where there is nothing to find."""
    return _divide(counts[0], counts[2])


def f1_of(counts: Floats) -> Floats:
    """Return 2 TP / (predicted + actual) from counts ``(3, ...)``, which is also the Dice score."""
    return _divide(2 * counts[0], counts[1] + counts[2])


def iou_of(counts: Floats) -> Floats:
    """Return TP / (predicted + actual - TP) from counts ``(3, ...)``."""
    return _divide(counts[0], counts[1] + counts[2] - counts[0])


def balanced_accuracy_of(counts: Floats) -> float:
    """Return the mean recall of the classes that occur, from counts ``(3, C)``; NaN where none does."""
    occurs = counts[2] > 0
    return float(recall_of(counts)[occurs].mean()) if occurs.any() else float("nan")


def averaged(figure: Figure, counts: Floats, average: Average | None) -> float | Floats:
    """Return a figure per class or averaged, from counts ``(3, C)``; NaN where no sample was seen.

    Args:
        figure: a function from counts ``(3, ...)`` to values ``(...)``.
        counts: true positives, predicted, actual.
        average: see :func:`precision`.
    """
    if average is not None and average not in AVERAGES:
        raise unknown_name("average", average, AVERAGES)
    seen = counts[1] + counts[2] > 0
    if average is None:
        return np.where(seen, figure(counts), np.nan)
    if not seen.any():
        return float("nan")
    if average == "micro":
        return float(figure(counts.sum(axis=1)))
    values = figure(counts)
    if average == "macro":
        return float(values[seen].mean())
    return _ratio(float(values @ counts[2]), float(counts[2].sum()), 0.0)


def _counts(outputs: ArrayLike, targets: ArrayLike, num_classes: int | None) -> Floats:
    predictions = to_classes(outputs, targets)
    counts = class_counts(predictions, num_classes)
    return counts[:, 1:] if predictions.binary else counts


def _divide(above: Floats, below: Floats) -> Floats:
    result: Floats = np.divide(above, below, out=np.zeros(np.shape(above)), where=below > 0)
    return result


def _ratio(above: float, below: float, otherwise: float = float("nan")) -> float:
    return above / below if below else otherwise
