"""What every loss is: a frozen description that is also its own NumPy reference."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

TargetKind = Literal["class_index", "mask", "same_shape", "box", "detection"]


@dataclass(frozen=True)
class Loss(ABC):
    """A loss with its hyper-parameters; calling it computes the mean over the batch.

    The class axis of outputs is the last one, and the reduction is always the mean. Instances are frozen,
    compare by value and hold no state, so that a backend can translate them and a checkpoint can name them.

    Attributes:
        name: the name under which :func:`coursekit.losses.get` knows the loss.
        target_kind: what the targets are. ``"class_index"``: integers in [0, C), without the class axis;
            ``"mask"``: the same per pixel; ``"same_shape"``: numbers in the shape of the outputs; ``"box"``:
            ``(..., 4)`` as x1, y1, x2, y2; ``"detection"``: a dict, see :class:`coursekit.losses.Detection`.
    """

    name: ClassVar[str]
    target_kind: ClassVar[TargetKind]

    @abstractmethod
    def __call__(self, outputs: Any, targets: Any) -> float:
        """Return the mean loss of the batch."""

    @abstractmethod
    def gradient(self, outputs: Any, targets: Any) -> Any:
        """Return d loss / d outputs, in the shape and floating dtype of ``outputs``."""

    @abstractmethod
    def check(self, output_shape: Any, targets: Any) -> None:
        """Raise :class:`~coursekit.errors.DataError` if ``targets`` do not fit outputs of ``output_shape``.

        It needs no outputs, so that an engine can check a whole data set once instead of every batch.
        """

    def batch_weight(self, targets: Any) -> float:
        """Return what this batch's mean is multiplied by when means are joined over batches.

        With it, ``sum(weight * mean) / sum(weight)`` over the batches is the mean over the epoch exactly,
        whatever the batch sizes. It is the number of samples, except where the mean has another divisor
        (class weights, pixels).
        """
        return float(len(targets))

    @property
    def weight_depends_on_values(self) -> bool:
        """Whether :meth:`batch_weight` needs the values of the targets and not only their shape."""
        return False


def floating(array: Any) -> NDArray[Any]:
    """Return the array in its own floating dtype, at least float32 (integers become float64)."""
    values = np.asarray(array)
    if values.dtype == np.float32 or values.dtype == np.float64:
        return values
    return values.astype(np.float32 if values.dtype.kind == "f" and values.dtype.itemsize < 4 else np.float64)


def as_given(gradient: NDArray[Any], outputs: Any) -> NDArray[Any]:
    """Return the gradient in the dtype of the outputs (float64 where those are integers)."""
    dtype = np.asarray(outputs).dtype
    return gradient.astype(dtype if dtype.kind == "f" else np.float64, copy=False)
