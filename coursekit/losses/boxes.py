"""Losses on bounding boxes: one minus their overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from coursekit.errors import DataError
from coursekit.losses.base import Loss, TargetKind, as_given, floating

# torchvision adds the same amount to both denominators; boxes are in pixels, where it is far below rounding.
EPSILON = 1e-7


@dataclass(frozen=True)
class IoULoss(Loss):
    """Mean of 1 - IoU over pairs of boxes (Yu et al. 2016, "UnitBox", in its linear form).

    Where two boxes do not touch, the gradient is 0: nothing says in which direction the truth lies.

    Shapes: outputs and targets ``(..., 4)`` as x1, y1, x2, y2 with x1 < x2 and y1 < y2, in pixels or any
    one unit.
    """

    name: ClassVar[str] = "iou"
    target_kind: ClassVar[TargetKind] = "box"

    def check(self, output_shape: Any, targets: Any) -> None:
        """Raise DataError unless both are ``(..., 4)`` of one shape and all targets have a positive area."""
        shape, values = tuple(output_shape), np.asarray(targets)
        if shape != values.shape or shape[-1:] != (4,) or 0 in shape:
            raise DataError(
                f"{self.name} on outputs of shape {shape} and targets of shape {values.shape}",
                expected="one box (x1, y1, x2, y2) for each target box: equal shapes (..., 4), not empty",
                mend="match predictions and targets first; for all pairs use coursekit.metrics.box_iou",
            )
        if not (values[..., 2:] > values[..., :2]).all():
            raise DataError(
                f"target boxes without a positive area, the first: {_first_bad(values)}",
                expected="(x1, y1, x2, y2) with x1 < x2 and y1 < y2",
                mend="convert (x, y, width, height) to corners with x2 = x + width and y2 = y + height",
            )

    def __call__(self, outputs: Any, targets: Any) -> float:
        """Return the mean loss, in [0, 1] for IoU and [0, 2] for generalised IoU."""
        return float(self.per_box(outputs, targets).mean(dtype=np.float64))

    def gradient(self, outputs: Any, targets: Any) -> NDArray[Any]:
        """Return d loss / d outputs, in the shape of ``outputs``; ties of edges take half of each side."""
        slope = self.per_box_gradient(outputs, targets)
        return as_given(slope / (slope.size / 4), outputs)

    def per_box(self, outputs: Any, targets: Any) -> NDArray[Any]:
        """Return the loss of every pair, ``(...)``."""
        boxes, truth = self._pair(outputs, targets)
        inner, union, _, _ = _overlap(boxes, truth)
        result: NDArray[Any] = 1 - inner / (union + EPSILON)
        return result

    def per_box_gradient(self, outputs: Any, targets: Any) -> NDArray[Any]:
        """Return the gradient of every pair's own loss, ``(..., 4)``."""
        boxes, truth = self._pair(outputs, targets)
        inner, union, d_inner, d_union = _overlap(boxes, truth)
        total = (union + EPSILON)[..., None]
        result: NDArray[Any] = -(d_inner * total - inner[..., None] * d_union) / total**2
        return result

    def _pair(self, outputs: Any, targets: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        boxes, truth = floating(outputs), np.asarray(targets)
        self.check(boxes.shape, truth)
        return boxes, truth.astype(boxes.dtype)


@dataclass(frozen=True)
class GIoULoss(IoULoss):
    """Mean of 1 - GIoU (Rezatofighi et al. 2019), as torchvision.ops.generalized_box_iou_loss::

        GIoU = IoU - (enclosing - union) / enclosing

    The enclosing box pulls separate boxes together, so that the gradient does not vanish when they do not
    touch.

    Shapes: as :class:`IoULoss`.
    """

    name: ClassVar[str] = "giou"

    def per_box(self, outputs: Any, targets: Any) -> NDArray[Any]:
        """Return the loss of every pair, ``(...)``, in [0, 2]."""
        boxes, truth = self._pair(outputs, targets)
        _, union, _, _ = _overlap(boxes, truth)
        hull, _ = _enclosing(boxes, truth)
        result: NDArray[Any] = super().per_box(outputs, targets) + (hull - union) / (hull + EPSILON)
        return result

    def per_box_gradient(self, outputs: Any, targets: Any) -> NDArray[Any]:
        """Return the gradient of every pair's own loss, ``(..., 4)``."""
        boxes, truth = self._pair(outputs, targets)
        _, union, _, d_union = _overlap(boxes, truth)
        hull, d_hull = _enclosing(boxes, truth)
        total, gap = (hull + EPSILON)[..., None], (hull - union)[..., None]
        penalty = ((d_hull - d_union) * total - gap * d_hull) / total**2
        result: NDArray[Any] = super().per_box_gradient(outputs, targets) + penalty
        return result


def _share(mine: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Return the derivative of max(mine, other) by ``mine``: 1, 0, or a half where both are equal."""
    result: NDArray[Any] = (mine > other) + 0.5 * (mine == other)
    return result


def _overlap(boxes: NDArray[Any], truth: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return intersection and union areas ``(...)`` and their derivatives by ``boxes`` ``(..., 4)``."""
    low, high = np.maximum(boxes[..., :2], truth[..., :2]), np.minimum(boxes[..., 2:], truth[..., 2:])
    touching = (high > low).all(axis=-1)
    sides = np.where(touching[..., None], high - low, 0)
    inner = sides[..., 0] * sides[..., 1]
    size = boxes[..., 2:] - boxes[..., :2]
    extent = truth[..., 2:] - truth[..., :2]
    union = size[..., 0] * size[..., 1] + extent[..., 0] * extent[..., 1] - inner
    # The area's derivative by one side is the length of the other; a low edge enters with a minus.
    d_inner = np.concatenate(
        [
            -sides[..., ::-1] * _share(boxes[..., :2], truth[..., :2]),
            sides[..., ::-1] * _share(-boxes[..., 2:], -truth[..., 2:]),
        ],
        axis=-1,
    )
    d_area = np.concatenate([-size[..., ::-1], size[..., ::-1]], axis=-1)
    return inner, union, d_inner, d_area - d_inner


def _enclosing(boxes: NDArray[Any], truth: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the area of the box around both ``(...)`` and its derivative by ``boxes`` ``(..., 4)``."""
    low, high = np.minimum(boxes[..., :2], truth[..., :2]), np.maximum(boxes[..., 2:], truth[..., 2:])
    sides = high - low
    slope = np.concatenate(
        [
            -sides[..., ::-1] * _share(-boxes[..., :2], -truth[..., :2]),
            sides[..., ::-1] * _share(boxes[..., 2:], truth[..., 2:]),
        ],
        axis=-1,
    )
    return sides[..., 0] * sides[..., 1], slope


def _first_bad(boxes: NDArray[Any]) -> list[float]:
    bad = ~(boxes[..., 2:] > boxes[..., :2]).all(axis=-1)
    values: list[float] = boxes[bad][0].tolist()
    return values
