"""Losses on single elements: binary cross-entropy, squared error, absolute error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from coursekit.errors import ConfigurationError, DataError
from coursekit.losses.base import Loss, TargetKind, as_given, floating
from coursekit.losses.functions import check_same_shape, log_sigmoid, sigmoid


@dataclass(frozen=True)
class _Elementwise(Loss):
    """Mean over all elements of equal shapes."""

    target_kind: ClassVar[TargetKind] = "same_shape"

    def check(self, output_shape: Any, targets: Any) -> None:
        """Raise DataError unless ``targets`` have exactly the shape of the outputs."""
        check_same_shape(tuple(output_shape), np.shape(targets), self.name)
        if 0 in np.shape(targets):
            raise DataError(
                f"{self.name} on an empty batch of shape {np.shape(targets)}",
                expected="at least one element",
                mend="skip empty batches",
            )

    def _pair(self, outputs: Any, targets: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        values, wanted = floating(outputs), np.asarray(targets)
        self.check(values.shape, wanted)
        return values, wanted.astype(values.dtype)


@dataclass(frozen=True)
class MSE(_Elementwise):
    """Mean squared error, (y - t)^2 averaged over all elements, as torch.nn.MSELoss.

    Shapes: outputs and targets the same, any.
    """

    name: ClassVar[str] = "mse"

    def __call__(self, outputs: Any, targets: Any) -> float:
        """Return the mean of the squared differences."""
        values, wanted = self._pair(outputs, targets)
        return float(np.square(values - wanted).mean(dtype=np.float64))

    def gradient(self, outputs: Any, targets: Any) -> NDArray[Any]:
        """Return 2 (y - t) / size."""
        values, wanted = self._pair(outputs, targets)
        return as_given(2 * (values - wanted) / values.size, outputs)


@dataclass(frozen=True)
class L1(_Elementwise):
    """Mean absolute error, |y - t| averaged over all elements, as torch.nn.L1Loss.

    Its gradient has the same size for every error, so that one outlier cannot rule the batch.

    Shapes: outputs and targets the same, any.
    """

    name: ClassVar[str] = "l1"

    def __call__(self, outputs: Any, targets: Any) -> float:
        """Return the mean of the absolute differences."""
        values, wanted = self._pair(outputs, targets)
        return float(np.abs(values - wanted).mean(dtype=np.float64))

    def gradient(self, outputs: Any, targets: Any) -> NDArray[Any]:
        """Return sign(y - t) / size, which is 0 where both are equal."""
        values, wanted = self._pair(outputs, targets)
        return as_given(np.sign(values - wanted) / values.size, outputs)


@dataclass(frozen=True)
class BCEWithLogits(_Elementwise):
    """Binary cross-entropy on logits, as torch.nn.BCEWithLogitsLoss::

        loss = - mean( p t log(sigmoid(z)) + (1 - t) log(1 - sigmoid(z)) )

    Args:
        pos_weight: p, the weight of positive targets; a number, or one per entry of the last axis. None
            means 1.

    Shapes: outputs and targets the same; targets in [0, 1].

    Raises:
        ConfigurationError: a ``pos_weight`` that is not positive and finite.
    """

    name: ClassVar[str] = "bce_with_logits"

    pos_weight: float | tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Check the weight; any sequence or array becomes a tuple of floats."""
        if self.pos_weight is None:
            return
        weights = np.asarray(self.pos_weight, dtype=np.float64)
        if weights.ndim > 1 or weights.size == 0 or not np.isfinite(weights).all() or (weights <= 0).any():
            raise ConfigurationError(
                f"pos_weight={self.pos_weight!r}",
                expected="a positive number, or one per entry of the last axis",
                mend="for balance use negatives / positives of the training set",
            )
        object.__setattr__(self, "pos_weight", float(weights) if weights.ndim == 0 else tuple(weights.tolist()))

    def check(self, output_shape: Any, targets: Any) -> None:
        """Raise DataError unless ``targets`` have the shape of the outputs and lie in [0, 1]."""
        super().check(output_shape, targets)
        values = np.asarray(targets)
        # Written so that NaN fails too.
        if not (values.min() >= 0 and values.max() <= 1):
            raise DataError(
                f"{self.name} targets from {values.min()} to {values.max()}",
                expected="numbers from 0 to 1",
                mend="use cross_entropy for more than two classes",
            )
        if isinstance(self.pos_weight, tuple) and len(self.pos_weight) != tuple(output_shape)[-1]:
            raise DataError(
                f"{len(self.pos_weight)} values of pos_weight for outputs of shape {tuple(output_shape)}",
                expected="one per entry of the last axis",
                mend="give one number for all",
            )

    def __call__(self, outputs: Any, targets: Any) -> float:
        """Return the mean binary cross-entropy in nats."""
        values, wanted = self._pair(outputs, targets)
        positive = self._positive(values.dtype)
        losses = positive * wanted * log_sigmoid(values) + (1 - wanted) * log_sigmoid(-values)
        return float(-losses.mean(dtype=np.float64))

    def gradient(self, outputs: Any, targets: Any) -> NDArray[Any]:
        """Return ((1 - t) sigmoid(z) - p t sigmoid(-z)) / size; for p = 1, (sigmoid(z) - t) / size."""
        values, wanted = self._pair(outputs, targets)
        positive = self._positive(values.dtype)
        slope = (1 - wanted) * sigmoid(values) - positive * wanted * sigmoid(-values)
        return as_given(slope / values.size, outputs)

    def _positive(self, dtype: Any) -> NDArray[Any]:
        return np.asarray(1.0 if self.pos_weight is None else self.pos_weight, dtype=dtype)
