"""Overlap of predicted and true regions, over all pixels of all images together."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.metrics.classification import Average, averaged, f1_of, iou_of
from coursekit.metrics.predictions import class_counts, to_classes


def iou(
    outputs: ArrayLike,
    targets: ArrayLike,
    average: Average | None = "macro",
    *,
    num_classes: int | None = None,
    ignore_index: int | None = None,
) -> float | NDArray[np.float64]:
    """Return the intersection over union per class, or its mean (mean IoU; Jaccard index).

    Args:
        outputs: logits ``(N, H, W, C)``, single logits ``(N, H, W, 1)`` (only the foreground counts), or
            predicted masks ``(N, H, W)`` as integers.
        targets: masks ``(N, H, W)`` of integers.
        average: as in :func:`coursekit.metrics.precision`; classes that neither occur nor are predicted do
            not enter the mean, and are NaN with ``average=None``.
        num_classes: C where it cannot be told from the outputs.
        ignore_index: pixels of this target value do not count.
    """
    return _overlap("iou", outputs, targets, average, num_classes, ignore_index)


def dice_score(
    outputs: ArrayLike,
    targets: ArrayLike,
    average: Average | None = "macro",
    *,
    num_classes: int | None = None,
    ignore_index: int | None = None,
) -> float | NDArray[np.float64]:
    """Return the Dice score 2 |A and B| / (|A| + |B|) per class, or its mean; arguments as in :func:`iou`."""
    return _overlap("dice", outputs, targets, average, num_classes, ignore_index)


def _overlap(
    figure: Literal["iou", "dice"],
    outputs: ArrayLike,
    targets: ArrayLike,
    average: Average | None,
    num_classes: int | None,
    ignore_index: int | None,
) -> float | NDArray[np.float64]:
    predictions = to_classes(outputs, targets, ignore_index)
    counts = class_counts(predictions, num_classes)
    if predictions.binary:
        counts = counts[:, 1:]
    return averaged(iou_of if figure == "iou" else f1_of, counts, average)
