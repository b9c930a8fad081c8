"""Boxes: their pairwise overlap, and mean average precision as COCO counts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import ConfigurationError, DataError

Floats = NDArray[np.float64]

COCO_THRESHOLDS: tuple[float, ...] = tuple(np.linspace(0.5, 0.95, 10).tolist())
_RECALLS: Floats = np.linspace(0, 1, 101)


def box_iou(boxes: ArrayLike, others: ArrayLike) -> Floats:
    """Return ``(n, m)``: the intersection over union of every pair of boxes; 0 for pairs without area.

    Args:
        boxes: ``(n, 4)`` as x1, y1, x2, y2.
        others: ``(m, 4)``.

    Raises:
        DataError: another shape, or x2 < x1 or y2 < y1.
    """
    first, second = _boxes(boxes), _boxes(others)
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    inner = np.maximum(high - low, 0).prod(axis=-1)
    union = _areas(first)[:, None] + _areas(second)[None, :] - inner
    result: Floats = np.divide(inner, union, out=np.zeros(inner.shape), where=union > 0)
    return result


@dataclass(frozen=True)
class AveragePrecision:
    """What :func:`mean_average_precision` found.

    Attributes:
        mean: mean over classes and IoU thresholds: COCO's AP. NaN without ground truth.
        per_threshold: IoU threshold -> mean over classes; ``per_threshold[0.5]`` is AP50.
        per_class: label -> mean over thresholds, for the labels that occur in the ground truth.
        recall: mean over classes and thresholds of the largest recall: COCO's AR with ``max_detections``.
    """

    mean: float
    per_threshold: dict[float, float]
    per_class: dict[int, float]
    recall: float


def mean_average_precision(
    detections: Sequence[Mapping[str, Any]],
    ground_truth: Sequence[Mapping[str, Any]],
    iou_thresholds: Sequence[float] = COCO_THRESHOLDS,
    max_detections: int = 100,
) -> AveragePrecision:
    """Return the mean average precision with COCO's rules (Lin et al. 2014; 101 recall points).

    Per class and threshold, the detections of each image are matched in the order of their scores, each
    with the free ground-truth box of largest overlap; the precision at each of 101 recalls is the largest
    at that recall or above. Classes that do not occur in the ground truth do not count. There are no crowd
    regions and no size ranges.

    Args:
        detections: per image a dict: ``"boxes"`` (d, 4) as x1, y1, x2, y2, ``"scores"`` (d,), ``"labels"``
            (d,) integers.
        ground_truth: per image a dict: ``"boxes"`` (g, 4), ``"labels"`` (g,) integers.
        iou_thresholds: each in (0, 1]; 0.50 to 0.95 in steps of 0.05 by default.
        max_detections: per image and class; those with the lowest scores are dropped.

    Raises:
        DataError: another number of images, missing keys, lengths that differ.
        ConfigurationError: a threshold outside (0, 1], ``max_detections`` below 1.
    """
    thresholds = np.asarray(iou_thresholds, dtype=np.float64)
    if thresholds.ndim != 1 or not thresholds.size or not ((thresholds > 0) & (thresholds <= 1)).all():
        raise ConfigurationError(
            f"iou_thresholds={iou_thresholds!r}",
            expected="numbers above 0, up to 1",
            mend="use (0.5,) for AP50",
        )
    if max_detections < 1:
        raise ConfigurationError(f"max_detections={max_detections}", expected="1 or above", mend="100 is COCO's number")
    if len(detections) != len(ground_truth):
        raise DataError(
            f"detections of {len(detections)} images and ground truth of {len(ground_truth)}",
            expected="one entry per image in both, in the same order",
            mend="give an entry with empty arrays for an image without boxes",
        )
    found = [_entry(image, ("boxes", "scores", "labels")) for image in detections]
    truth = [_entry(image, ("boxes", "labels")) for image in ground_truth]
    labels = sorted({int(label) for image in truth for label in image["labels"]})
    precisions, recalls = np.zeros((len(labels), thresholds.size)), np.zeros((len(labels), thresholds.size))
    for row, label in enumerate(labels):
        precisions[row], recalls[row] = _of_class(label, found, truth, thresholds, max_detections)
    if not labels:
        precisions = recalls = np.full((1, thresholds.size), np.nan)
    at_each = precisions.mean(axis=0)
    return AveragePrecision(
        mean=float(precisions.mean()),
        per_threshold=dict(zip(thresholds.tolist(), at_each.tolist(), strict=True)),
        per_class={label: float(precisions[row].mean()) for row, label in enumerate(labels)},
        recall=float(recalls.mean()),
    )


def _of_class(
    label: int,
    found: list[dict[str, NDArray[Any]]],
    truth: list[dict[str, NDArray[Any]]],
    thresholds: Floats,
    max_detections: int,
) -> tuple[Floats, Floats]:
    """Return average precision and largest recall of one class at each threshold."""
    scores, hits, total = [], [], 0
    for image, answer in zip(found, truth, strict=True):
        boxes = answer["boxes"][answer["labels"] == label]
        mine = image["labels"] == label
        order = np.argsort(-image["scores"][mine], kind="stable")[:max_detections]
        total += len(boxes)
        scores.append(image["scores"][mine][order])
        hits.append(_match(box_iou(image["boxes"][mine][order], boxes), thresholds))
    joined = np.concatenate(hits, axis=0)[np.argsort(-np.concatenate(scores), kind="stable")]
    if not len(joined):
        return np.zeros(thresholds.size), np.zeros(thresholds.size)
    right = joined.cumsum(axis=0)
    recall = right / total
    precision = right / np.arange(1, len(right) + 1)[:, None]
    envelope = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    average = np.zeros(thresholds.size)
    for column in range(thresholds.size):
        places = np.searchsorted(recall[:, column], _RECALLS, side="left")
        reached = places < len(recall)
        average[column] = envelope[places[reached], column].sum() / _RECALLS.size
    return average, recall[-1]


def _match(overlaps: Floats, thresholds: Floats) -> NDArray[np.bool_]:
    """Return ``(d, t)``: which detections, best first, find a free true box at each threshold."""
    count, boxes = overlaps.shape
    hits = np.zeros((count, thresholds.size), dtype=bool)
    if boxes == 0:
        return hits
    free = np.ones((thresholds.size, boxes), dtype=bool)
    # An overlap of exactly 1 must also pass the threshold 1 after rounding; of equal overlaps COCO takes
    # the last.
    least = np.minimum(thresholds, 1 - 1e-10)[:, None]
    for row in range(count):
        candidates = np.where(free & (overlaps[row] >= least), overlaps[row], -1.0)
        best = boxes - 1 - candidates[:, ::-1].argmax(axis=1)
        hits[row] = candidates[np.arange(thresholds.size), best] >= 0
        free[hits[row], best[hits[row]]] = False
    return hits


def _entry(image: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    if not isinstance(image, Mapping) or any(key not in image for key in keys):
        found = sorted(map(str, image)) if isinstance(image, Mapping) else type(image).__name__
        raise DataError(
            f"an image with {found}",
            expected=f"a dict with the keys {', '.join(keys)}",
            mend="name the parts as listed",
        )
    entry = {"boxes": _boxes(image["boxes"])}
    for key in keys[1:]:
        entry[key] = np.asarray(image[key])
        if entry[key].shape != entry["boxes"].shape[:1]:
            raise DataError(
                f"{key} of shape {entry[key].shape} for {len(entry['boxes'])} boxes",
                expected="one per box",
                mend="give arrays of equal length",
            )
    return entry


def _boxes(values: ArrayLike) -> Floats:
    boxes = np.asarray(values, dtype=np.float64)
    if boxes.size == 0:
        return boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not (boxes[:, 2:] >= boxes[:, :2]).all():
        raise DataError(
            f"boxes of shape {boxes.shape}, the first {boxes.reshape(-1)[:4].tolist()}",
            expected="(n, 4) as x1, y1, x2, y2 with x1 <= x2 and y1 <= y2",
            mend="convert (x, y, width, height) with x2 = x + width and y2 = y + height",
        )
    return boxes


def _areas(boxes: Floats) -> Floats:
    result: Floats = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return result
