"""From what a model puts out to predicted classes: the one place that decides how outputs are read."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import DataError


class Predictions(NamedTuple):
    """Predicted and true classes, one entry per sample or pixel.

    Attributes:
        predicted: int64 ``(M,)``.
        true: int64 ``(M,)``.
        num_classes: the length of the class axis, 2 for single logits, None where classes were given as
            they are.
        binary: whether the outputs were single logits: class 1 is then "the" class, and 0 its absence.
    """

    predicted: NDArray[Any]
    true: NDArray[Any]
    num_classes: int | None
    binary: bool


def to_classes(outputs: ArrayLike, targets: ArrayLike, ignore_index: int | None = None) -> Predictions:
    """Read outputs and targets as classes.

    Args:
        outputs: floats ``(..., C)``: logits or probabilities, the first of equal maxima counts; floats
            ``(..., 1)`` or ``(N,)``: single logits, positive above 0; integers or booleans in the shape of
            the targets: classes.
        targets: integers ``(...)``, or soft targets ``(..., C)`` as floats, of which the largest counts.
            For single logits numbers from 0 to 1, ``(...)`` or ``(..., 1)``, positive from 0.5.
        ignore_index: targets of this value are left out.

    Raises:
        DataError: shapes that do not fit, float targets for classes, a class that the outputs do not have.
    """
    given, wanted = np.asarray(outputs), np.asarray(targets)
    classes: int | None = None
    binary = False
    if given.ndim == wanted.ndim + 1 and given.shape[:-1] == wanted.shape:
        binary, classes = given.shape[-1] == 1, max(given.shape[-1], 2)
        predicted = given[..., 0] > 0 if binary else given.argmax(axis=-1)
    elif given.shape != wanted.shape or given.ndim == 0:
        raise _shapes(given, wanted)
    elif given.dtype.kind in "iub":
        predicted = given
    elif given.ndim == 1 or given.shape[-1] == 1:
        binary, classes, predicted = True, 2, given > 0
    elif wanted.dtype.kind != "f":
        raise DataError(
            f"outputs and {wanted.dtype} targets both of shape {given.shape}",
            expected="class indices without the class axis, or soft targets as floats",
            mend="one-hot integers become indices with targets.argmax(-1); maps of single logits need a last "
            "axis of length 1",
        )
    else:
        classes = given.shape[-1]
        predicted, wanted = given.argmax(axis=-1), wanted.argmax(axis=-1)
    if wanted.dtype.kind == "f":
        if not binary:
            raise DataError(
                f"targets of dtype {wanted.dtype} and shape {wanted.shape} as class indices",
                expected="integers, or soft targets in the shape of the outputs",
                mend="convert them with targets.astype(np.int64)",
            )
        wanted = wanted >= 0.5
    predicted, true = predicted.ravel(), wanted.ravel()
    if ignore_index is not None:
        kept = true != ignore_index
        predicted, true = predicted[kept], true[kept]
    if true.size and true.dtype.kind != "b":
        low, high = min(int(true.min()), int(predicted.min())), int(true.max())
        if low < 0 or (classes is not None and high >= classes):
            raise DataError(
                f"class {low if low < 0 else high} among the targets, with {classes} output classes",
                expected=f"integers from 0{f' to {classes - 1}' if classes else ''}",
                mend="number the classes from 0; leave out unlabelled pixels with ignore_index",
            )
    return Predictions(predicted.astype(np.int64, copy=False), true.astype(np.int64, copy=False), classes, binary)


def class_counts(predictions: Predictions, num_classes: int | None = None) -> NDArray[np.float64]:
    """Return ``(3, C)``: per class the true positives, the predicted, and the actual ones."""
    predicted, true, known, _ = predictions
    least = num_classes or known or 0
    if not known:
        least = max(least, 1 + int(max(predicted.max(initial=-1), true.max(initial=-1))))
    hits = np.bincount(true[predicted == true], minlength=least)
    counts = (hits, np.bincount(predicted, minlength=least), np.bincount(true, minlength=least))
    return np.stack(counts).astype(np.float64)


def _shapes(outputs: NDArray[Any], targets: NDArray[Any]) -> DataError:
    return DataError(
        f"a metric on outputs of shape {outputs.shape} and targets of shape {targets.shape}",
        expected="outputs (..., C) with targets (...) or (..., C), or single logits (N,) or (..., 1)",
        mend="remove or add the axis that differs",
    )
