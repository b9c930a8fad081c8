"""Softmax, sigmoid and their logarithms, in the forms that neither overflow nor lose digits.

Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax functions" (2021) gives the
error bounds of the shifted forms used here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import DataError
from coursekit.losses.base import floating


def log_softmax(logits: ArrayLike, axis: int = -1) -> NDArray[Any]:
    """Return log(softmax(logits)) along ``axis``, exact for logits of any size.

    Args:
        logits: floats of any shape.
        axis: the class axis.
    """
    values = floating(logits)
    # The shift cancels in exact arithmetic; it keeps every exponent at or below 0, so that exp cannot
    # overflow.
    shifted = values - values.max(axis=axis, keepdims=True)
    result: NDArray[Any] = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return result


def softmax(logits: ArrayLike, axis: int = -1) -> NDArray[Any]:
    """Return the probabilities exp(z) / sum(exp(z)) along ``axis``, in the shape of ``logits``."""
    values = floating(logits)
    exponentials = np.exp(values - values.max(axis=axis, keepdims=True))
    result: NDArray[Any] = exponentials / exponentials.sum(axis=axis, keepdims=True)
    return result


def sigmoid(logits: ArrayLike) -> NDArray[Any]:
    """Return 1 / (1 + exp(-z)) elementwise, without overflow on either side."""
    values = floating(logits)
    small = np.exp(-np.abs(values))
    result: NDArray[Any] = np.where(values >= 0, 1 / (1 + small), small / (1 + small))
    return result


def log_sigmoid(logits: ArrayLike) -> NDArray[Any]:
    """Return log(sigmoid(z)) elementwise: min(z, 0) - log(1 + exp(-|z|))."""
    values = floating(logits)
    result: NDArray[Any] = np.minimum(values, 0) - np.log1p(np.exp(-np.abs(values)))
    return result


def one_hot(targets: ArrayLike, num_classes: int, dtype: Any = np.float32) -> NDArray[Any]:
    """Return ``(..., num_classes)`` with a one at each class index.

    Args:
        targets: integers of any shape, in [0, num_classes).
        num_classes: length of the new last axis.
        dtype: of the result.

    Raises:
        DataError: a target is no integer, or out of range.
    """
    indices = np.asarray(targets)
    check_class_indices(indices, num_classes)
    encoded = np.zeros((*indices.shape, num_classes), dtype=dtype)
    np.put_along_axis(encoded, indices[..., None].astype(np.int64), 1, axis=-1)
    return encoded


def check_class_indices(targets: NDArray[Any], num_classes: int, ignore_index: int | None = None) -> None:
    """Raise DataError unless all targets are integers in [0, num_classes), or ``ignore_index``."""
    if targets.dtype.kind not in "iu":
        raise DataError(
            f"targets of dtype {targets.dtype} and shape {targets.shape} for {num_classes} classes",
            expected="integer class indices, or soft targets in the shape of the outputs",
            mend="convert them with targets.astype(np.int64)",
        )
    wrong = (targets < 0) | (targets >= num_classes)
    if ignore_index is not None:
        wrong &= targets != ignore_index
    if wrong.any():
        values = np.unique(targets[wrong])[:5].tolist()
        raise DataError(
            f"class index {', '.join(map(str, values))} among the targets, with {num_classes} output classes",
            expected=f"integers from 0 to {num_classes - 1}",
            mend="number the classes from 0, or give the model's head as many outputs as there are classes",
        )


def check_same_shape(outputs: tuple[int, ...], targets: tuple[int, ...], loss: str) -> None:
    """Raise DataError unless both shapes are equal: broadcasting would compare every pair."""
    if outputs != targets:
        raise DataError(
            f"{loss} on outputs of shape {outputs} and targets of shape {targets}",
            expected="equal shapes; (N, 1) against (N,) would broadcast to (N, N) and train on nonsense",
            mend=f"reshape the targets to {outputs}"
            if np.prod(outputs) == np.prod(targets)
            else "give targets in the shape of the outputs; one class number for several outputs is for cross_entropy",
        )
