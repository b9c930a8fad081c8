"""Soft Dice: a loss on the overlap of regions, which does not care how rare the foreground is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from coursekit.errors import ConfigurationError, DataError
from coursekit.losses.base import Loss, TargetKind, as_given, floating
from coursekit.losses.functions import check_class_indices, one_hot, sigmoid, softmax


@dataclass(frozen=True)
class Dice(Loss):
    """Soft Dice loss on logits, per image and class, then the mean over both::

        loss = 1 - mean_{n,c} (2 sum_x p_nxc g_nxc + s) / (sum_x p_nxc + sum_x g_nxc + s)

    p is the softmax over the last axis, or the sigmoid where that axis has length 1; g the target, one-hot;
    x runs over the pixels of one image. The denominators are linear (Drozdzal et al. 2016, "The importance
    of skip connections"; Sudre et al. 2017); Milletari et al. 2016 (V-Net) square them. All classes count,
    the background too.

    Args:
        smooth: s >= 0; it keeps the gradient finite and gives 0 loss to a class that is absent and not
            predicted.

    Shapes: outputs ``(N, H, W, C)``; targets ``(N, H, W)`` class indices (for C = 1: 0 or 1), or the shape of
    the outputs with values in [0, 1].

    Raises:
        ConfigurationError: a negative ``smooth``.
    """

    name: ClassVar[str] = "dice"
    target_kind: ClassVar[TargetKind] = "mask"

    smooth: float = 1.0

    def __post_init__(self) -> None:
        """Check the argument."""
        if not (np.isfinite(self.smooth) and self.smooth >= 0):
            raise ConfigurationError(
                f"smooth={self.smooth!r}",
                expected="a finite number, 0 or above",
                mend="1 is the usual choice",
            )

    def check(self, output_shape: Any, targets: Any) -> None:
        """Raise DataError unless outputs are ``(N, ..., C)`` and targets fit them."""
        shape, values = tuple(output_shape), np.asarray(targets)
        if len(shape) < 3:
            raise DataError(
                f"dice on outputs of shape {shape}",
                expected="(N, H, W, C): one map of logits per class",
                mend="use cross_entropy for one label per image",
            )
        if values.shape == shape[:-1]:
            check_class_indices(values, max(shape[-1], 2))
        elif values.shape != shape:
            raise DataError(
                f"dice on outputs of shape {shape} and targets of shape {values.shape}",
                expected=f"class indices of shape {shape[:-1]}, or values in [0, 1] of shape {shape}",
                mend="resize the masks, or remove the axis that differs",
            )
        elif not (values.min() >= 0 and values.max() <= 1):
            raise DataError(
                f"dice targets from {values.min()} to {values.max()} in the shape of the outputs",
                expected="numbers from 0 to 1",
                mend=f"give class indices of shape {shape[:-1]}, or one-hot masks",
            )

    def __call__(self, outputs: Any, targets: Any) -> float:
        """Return the mean of 1 - Dice over images and classes, in [0, 1]."""
        probability, truth = self._pair(outputs, targets)
        numerator, denominator = self._sums(probability, truth)
        return float(1 - (numerator / denominator).mean(dtype=np.float64))

    def gradient(self, outputs: Any, targets: Any) -> NDArray[Any]:
        """Return d loss / d logits, by the quotient rule and the softmax's or sigmoid's own derivative."""
        probability, truth = self._pair(outputs, targets)
        numerator, denominator = self._sums(probability, truth)
        slope = (numerator / denominator**2 - 2 * truth / denominator) / numerator.size
        if probability.shape[-1] == 1:
            through = slope * probability * (1 - probability)
        else:
            through = probability * (slope - (slope * probability).sum(axis=-1, keepdims=True))
        return as_given(through.reshape(np.shape(outputs)), outputs)

    def _pair(self, outputs: Any, targets: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return probabilities and targets, both ``(N, pixels, C)``."""
        logits, values = floating(outputs), np.asarray(targets)
        self.check(logits.shape, values)
        channels = logits.shape[-1]
        probability = sigmoid(logits) if channels == 1 else softmax(logits)
        if values.shape == logits.shape or channels == 1:
            truth = values.astype(logits.dtype)
        else:
            truth = one_hot(values, channels, logits.dtype)
        shape = (len(logits), -1, channels)
        return probability.reshape(shape), truth.reshape(shape)

    def _sums(self, probability: NDArray[Any], truth: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        numerator = 2 * (probability * truth).sum(axis=1, keepdims=True) + self.smooth
        denominator = (probability + truth).sum(axis=1, keepdims=True) + self.smooth
        return numerator, denominator
