"""Cross-entropy over classes, per sample and per pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import ConfigurationError, DataError
from coursekit.losses.base import Loss, TargetKind, as_given, floating
from coursekit.losses.functions import check_class_indices, log_softmax, one_hot


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Softmax cross-entropy on logits, as torch.nn.CrossEntropyLoss but with the class axis last.

    With w the class weights and q the target distribution (one-hot or soft), smoothed to
    (1 - s) q + s / C (Szegedy et al. 2016, "Rethinking the Inception architecture")::

        loss = - sum_i sum_c w_c q_ic log_softmax(z_i)_c / divisor

    The divisor is the sum of the targets' class weights for index targets, and the number of positions for
    soft ones. Keras divides by the number of positions in both cases.

    Args:
        class_weights: C non-negative numbers, or None for equal weights.
        label_smoothing: s in [0, 1).

    Shapes: outputs ``(..., C)`` floats; targets ``(...)`` integers in [0, C), or ``(..., C)`` probabilities.

    Raises:
        ConfigurationError: weights that are negative, not finite or all zero; smoothing outside [0, 1).
    """

    name: ClassVar[str] = "cross_entropy"
    target_kind: ClassVar[TargetKind] = "class_index"

    class_weights: tuple[float, ...] | None = None
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments; any sequence or array of weights becomes a tuple of floats."""
        if self.class_weights is not None:
            weights = np.asarray(self.class_weights, dtype=np.float64)
            if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
                raise ConfigurationError(
                    f"class_weights={self.class_weights!r}",
                    expected="one finite, non-negative number per class, not all zero",
                    mend="for balanced classes use class_weights = n_samples / (n_classes * class_counts)",
                )
            object.__setattr__(self, "class_weights", tuple(weights.tolist()))
        if not 0.0 <= self.label_smoothing < 1.0:
            raise ConfigurationError(
                f"label_smoothing={self.label_smoothing!r}",
                expected="a number from 0 to below 1",
                mend="0.1 is the usual choice, 0 switches it off",
            )

    @property
    def _ignored(self) -> int | None:
        return None

    @property
    def weight_depends_on_values(self) -> bool:
        """True with class weights or ignored positions: the divisor then depends on which classes occur."""
        return self.class_weights is not None or self._ignored is not None

    def check(self, output_shape: Any, targets: Any) -> None:
        """Raise DataError unless ``targets`` are indices ``(...)`` or probabilities ``(..., C)``."""
        shape, values = tuple(output_shape), np.asarray(targets)
        if len(shape) < 2:
            raise DataError(
                f"{self.name} on outputs of shape {shape}",
                expected="(N, ..., C), the class axis last",
                mend="give logits of a whole batch; for one logit per sample use bce_with_logits",
            )
        if shape[-1] == 1:
            raise DataError(
                f"{self.name} on outputs of shape {shape}, which is one class",
                expected="two classes or more: softmax over one class is always 1, and its gradient 0",
                mend="use bce_with_logits for one logit per sample, or two outputs",
            )
        if self.class_weights is not None and len(self.class_weights) != shape[-1]:
            raise DataError(
                f"{len(self.class_weights)} class weights for outputs of {shape[-1]} classes",
                expected="one weight per class",
                mend="count the classes of the data set: dataset.class_counts() has one entry per class",
            )
        if values.shape == shape and values.dtype.kind == "f":
            totals = values.sum(axis=-1, dtype=np.float64)
            if (values < 0).any() or not np.allclose(totals, 1.0, atol=1e-3):
                raise DataError(
                    f"soft targets with sums {totals.min():g} to {totals.max():g}, minimum {values.min():g}",
                    expected="probabilities: non-negative, with sum 1 over the last axis",
                    mend="divide them by their sum, or give class indices",
                )
        elif values.shape == shape[:-1]:
            check_class_indices(values, shape[-1], self._ignored)
        else:
            raise DataError(
                f"{self.name} on outputs of shape {shape} and {values.dtype} targets of shape {values.shape}",
                expected=f"integer indices of shape {shape[:-1]}, or float probabilities of shape {shape}",
                mend="remove or add the axis that differs; one-hot integers: targets.argmax(-1)",
            )

    def batch_weight(self, targets: Any) -> float:
        """Return the mean's divisor: the sum of the targets' class weights, or the number of positions.

        Args:
            targets: indices ``(...)`` as integers, or probabilities ``(..., C)`` as floats.
        """
        values = np.asarray(targets)
        if values.dtype.kind == "f":
            return float(np.prod(values.shape[:-1]))
        kept = values if self._ignored is None else values[values != self._ignored]
        if self.class_weights is None:
            return float(kept.size)
        counts = np.bincount(kept.ravel(), minlength=len(self.class_weights))
        return float(counts @ np.asarray(self.class_weights))

    def __call__(self, outputs: Any, targets: Any) -> float:
        """Return the mean cross-entropy in nats."""
        logits, weighted, divisor = self._weighted_targets(outputs, targets)
        return float(-(weighted * log_softmax(logits)).sum(dtype=np.float64) / divisor)

    def gradient(self, outputs: Any, targets: Any) -> NDArray[Any]:
        """Return d loss / d logits: (softmax(z) sum_c(w q) - w q) / divisor."""
        logits, weighted, divisor = self._weighted_targets(outputs, targets)
        slope = (np.exp(log_softmax(logits)) * weighted.sum(axis=-1, keepdims=True) - weighted) / divisor
        return as_given(slope, outputs)

    def _weighted_targets(self, outputs: Any, targets: Any) -> tuple[NDArray[Any], NDArray[Any], float]:
        """Return the logits, w * q in the shape of the logits (zero where ignored), and the divisor."""
        logits, values = floating(outputs), np.asarray(targets)
        self.check(logits.shape, values)
        classes = logits.shape[-1]
        divisor = self.batch_weight(values)
        if divisor == 0.0:
            raise DataError(
                "a batch in which every target is ignored or has class weight 0",
                expected="at least one target that counts",
                mend="use larger batches, or drop the samples that carry no target",
            )
        kept = None
        if values.dtype.kind == "f":
            distribution = values.astype(logits.dtype)
        elif self._ignored is None:
            distribution = one_hot(values, classes, logits.dtype)
        else:
            kept = values != self._ignored
            distribution = one_hot(np.where(kept, values, 0), classes, logits.dtype)
        weighted = (1 - self.label_smoothing) * distribution + self.label_smoothing / classes
        if self.class_weights is not None:
            weighted = weighted * np.asarray(self.class_weights, dtype=logits.dtype)
        if kept is not None:
            weighted = weighted * kept[..., None]
        return logits, weighted.astype(logits.dtype, copy=False), divisor


@dataclass(frozen=True)
class PixelwiseCrossEntropy(CrossEntropy):
    """Cross-entropy of every pixel, mean over the pixels that are not ignored (Long et al. 2015, FCN).

    Args:
        class_weights: see :class:`CrossEntropy`.
        label_smoothing: see :class:`CrossEntropy`.
        ignore_index: the mask value of pixels without a label (255 in Pascal VOC), or None.

    Shapes: outputs ``(N, H, W, C)``; targets ``(N, H, W)`` integers, or ``(N, H, W, C)`` probabilities.
    """

    name: ClassVar[str] = "pixelwise_cross_entropy"
    target_kind: ClassVar[TargetKind] = "mask"

    ignore_index: int | None = None

    @property
    def _ignored(self) -> int | None:
        return self.ignore_index

    def check(self, output_shape: Any, targets: Any) -> None:
        """Raise DataError unless outputs are ``(N, H, W, C)`` and ``targets`` fit them."""
        if len(tuple(output_shape)) != 4:
            raise DataError(
                f"{self.name} on outputs of shape {tuple(output_shape)}",
                expected="(N, H, W, C)",
                mend="use cross_entropy for one label per image",
            )
        super().check(output_shape, targets)


def cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    class_weights: Sequence[float] | None = None,
    label_smoothing: float = 0.0,
) -> float:
    """Return the mean cross-entropy of ``(..., C)`` logits; :class:`CrossEntropy` as a function."""
    return CrossEntropy(None if class_weights is None else tuple(class_weights), label_smoothing)(logits, targets)
