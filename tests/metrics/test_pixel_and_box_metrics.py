"""Overlap of masks and boxes, and mean average precision, against scikit-learn, torchvision and COCO's own code."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score

from coursekit import metrics
from coursekit.errors import ConfigurationError, DataError


@pytest.fixture
def masks():
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 4, (3, 7, 5))
    outputs = rng.normal(size=(3, 7, 5, 6))
    outputs[..., 5] = -50
    np.put_along_axis(outputs, targets[..., None], 1.5, axis=-1)
    return outputs, targets


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_iou_and_dice_are_sklearns(masks, average):
    outputs, targets = masks
    true, predicted = targets.ravel(), outputs.argmax(-1).ravel()
    for ours, theirs in ((metrics.iou, jaccard_score), (metrics.dice_score, f1_score)):
        expected = theirs(true, predicted, average=average, zero_division=0)
        assert ours(outputs, targets, average) == pytest.approx(expected, rel=1e-12)
        assert ours(outputs.argmax(-1), targets, average) == pytest.approx(expected, rel=1e-12)


def test_iou_and_dice_per_class_and_with_ignored_pixels_are_torchmetrics(masks):
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.classification")
    outputs, targets = masks
    targets = targets.copy()
    targets[:, 0] = 255
    logits = torch.tensor(outputs).movedim(-1, 1)
    for ours, theirs in (
        (metrics.iou, functional.multiclass_jaccard_index),
        (metrics.dice_score, functional.multiclass_f1_score),
    ):
        each = theirs(logits, torch.tensor(targets), num_classes=6, average="none", ignore_index=255).numpy()
        values = ours(outputs, targets, None, ignore_index=255)
        assert np.isnan(values[5])
        np.testing.assert_allclose(values[:5], each[:5], rtol=1e-6)
        mean = theirs(logits, torch.tensor(targets), num_classes=6, average="macro", ignore_index=255)
        assert ours(outputs, targets, ignore_index=255) == pytest.approx(mean.item(), rel=1e-6)
    with pytest.raises(DataError, match="ignore_index"):
        metrics.iou(outputs, targets)


def test_single_logit_masks_count_the_foreground():
    rng = np.random.default_rng(1)
    outputs, targets = rng.normal(size=(2, 6, 6, 1)), rng.integers(0, 2, (2, 6, 6))
    expected = jaccard_score(targets.ravel(), outputs.ravel() > 0)
    assert metrics.iou(outputs, targets) == pytest.approx(expected)
    assert metrics.get("iou").fresh().name == "iou"
    stream = metrics.get("iou")
    stream.update(outputs[:1], targets[:1])
    stream.update(outputs[1:], targets[1:])
    assert stream.result() == pytest.approx(expected)


def random_boxes(rng, count):
    low = rng.uniform(0, 40, (count, 2))
    return np.concatenate([low, low + rng.uniform(5, 30, (count, 2))], axis=1)


def test_box_iou_is_torchvisions():
    torch = pytest.importorskip("torch")
    ops = pytest.importorskip("torchvision.ops")
    rng = np.random.default_rng(2)
    first, second = random_boxes(rng, 30), random_boxes(rng, 20)
    expected = ops.box_iou(torch.tensor(first), torch.tensor(second)).numpy()
    np.testing.assert_allclose(metrics.box_iou(first, second), expected, rtol=1e-12, atol=1e-15)
    assert metrics.box_iou(np.zeros((0, 4)), second).shape == (0, 20)
    assert metrics.box_iou([[1, 1, 1, 1]], [[1, 1, 1, 1]]) == 0
    with pytest.raises(DataError, match="x1 <= x2"):
        metrics.box_iou([[5, 5, 1, 1]], second)
    with pytest.raises(DataError, match=r"\(4,\)"):
        metrics.box_iou(first[0], second)


def noisy_detections(seed, images=25, classes=4):
    """Ground truth and detections: some moved, some missed, some doubled, some invented, with tied scores."""
    rng = np.random.default_rng(seed)
    truth, found = [], []
    for image in range(images):
        count = 0 if image % 9 == 4 else int(rng.integers(1, 12))
        boxes, labels = random_boxes(rng, count), rng.integers(0, classes, count)
        kept = rng.random(count) < 0.8
        moved = boxes[kept] + rng.normal(0, 1.5, (int(kept.sum()), 4))
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
        doubled = moved[::3]
        invented = random_boxes(rng, int(rng.integers(0, 5)))
        mine = np.concatenate([moved, doubled, invented])
        # A class 9 occurs among the detections only.
        mine_labels = np.concatenate([labels[kept], labels[kept][::3], rng.choice([0, 1, 2, 3, 9], len(invented))])
        truth.append({"boxes": boxes, "labels": labels})
        found.append({"boxes": mine, "labels": mine_labels, "scores": rng.random(len(mine)).round(2)})
    return found, truth


def coco_scores(found, truth):
    """Evaluate with pycocotools, on boxes as x, y, width, height, without size ranges."""
    coco_module = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")

    def boxes(image):
        return np.concatenate([image["boxes"][:, :2], image["boxes"][:, 2:] - image["boxes"][:, :2]], axis=1)

    annotations, results = [], []
    for number, (mine, true) in enumerate(zip(found, truth, strict=True)):
        for box, label in zip(boxes(true), true["labels"], strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": int(label),
                    "bbox": box.tolist(),
                    "area": float(box[2] * box[3]),
                    "iscrowd": 0,
                }
            )
        for box, label, score in zip(boxes(mine), mine["labels"], mine["scores"], strict=True):
            results.append({"image_id": number, "category_id": int(label), "bbox": box.tolist(), "score": float(score)})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = coco_module.COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": number} for number in range(len(truth))],
            "annotations": annotations,
            "categories": [{"id": label} for label in (0, 1, 2, 3, 9)],
        }
        coco.createIndex()
        run = evaluation.COCOeval(coco, coco.loadRes(results), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run


@pytest.mark.parametrize("seed", range(4))
def test_mean_average_precision_is_cocos(seed):
    found, truth = noisy_detections(seed)
    run = coco_scores(found, truth)
    ours = metrics.mean_average_precision(found, truth)
    assert 0.1 < ours.mean < 0.9
    assert ours.mean == pytest.approx(run.stats[0], abs=1e-12)
    assert ours.per_threshold[0.5] == pytest.approx(run.stats[1], abs=1e-12)
    assert ours.per_threshold[0.75] == pytest.approx(run.stats[2], abs=1e-12)
    assert ours.recall == pytest.approx(run.stats[8], abs=1e-12)
    each = run.eval["precision"][:, :, :, 0, -1].mean(axis=(0, 1))
    assert list(ours.per_class) == [0, 1, 2, 3]
    np.testing.assert_allclose(list(ours.per_class.values()), each[:4], atol=1e-12)


def test_of_equal_overlaps_the_last_box_is_taken_as_in_coco():
    truth = [{"boxes": np.array([[0.0, 0, 10, 10], [4, 0, 14, 10]]), "labels": np.array([0, 0])}]
    found = [
        {
            "boxes": np.array([[2.0, 0, 12, 10], [5, 0, 15, 10]]),
            "labels": np.array([0, 0]),
            "scores": np.array([0.9, 0.8]),
        }
    ]
    ours = metrics.mean_average_precision(found, truth)
    assert ours.per_threshold[0.5] == pytest.approx(51 / 101)
    assert ours.mean == pytest.approx(coco_scores(found, truth).stats[0], abs=1e-12)


def test_mean_average_precision_closed_forms():
    box, far = [0, 0, 10, 10], [50, 50, 60, 60]
    truth = [{"boxes": [box, far], "labels": [1, 1]}]
    perfect = [{"boxes": [box, far], "labels": [1, 1], "scores": [0.9, 0.8]}]
    assert metrics.mean_average_precision(perfect, truth, (0.5, 1.0)).mean == 1.0
    # One of two found: precision 1 at the 51 recalls from 0 to 0.5.
    half = [{"boxes": [box], "labels": [1], "scores": [0.9]}]
    assert metrics.mean_average_precision(half, truth).mean == pytest.approx(51 / 101)
    # A wrong one first: precision 1/2 there.
    late = [{"boxes": [[80, 80, 90, 90], box], "labels": [1, 1], "scores": [0.95, 0.9]}]
    result = metrics.mean_average_precision(late, truth)
    assert result.mean == pytest.approx(51 / 101 / 2)
    assert result.recall == 0.5
    # The second detection of one object is wrong, and the limit drops the one with the lower score.
    assert metrics.mean_average_precision(late, truth, max_detections=1).mean == 0.0
    nothing = [{"boxes": [], "labels": [], "scores": []}]
    assert metrics.mean_average_precision(nothing, truth).mean == 0.0
    assert np.isnan(metrics.mean_average_precision(nothing, [{"boxes": [], "labels": []}]).mean)


def test_detection_bad_input():
    truth = [{"boxes": [[0, 0, 1, 1]], "labels": [0]}]
    found = [{"boxes": [[0, 0, 1, 1]], "labels": [0], "scores": [1.0]}]
    with pytest.raises(DataError, match="0 images"):
        metrics.mean_average_precision([], truth)
    with pytest.raises(DataError, match="keys boxes, scores, labels"):
        metrics.mean_average_precision(truth, truth)
    with pytest.raises(DataError, match="scores of shape"):
        metrics.mean_average_precision([{**found[0], "scores": [1.0, 0.5]}], truth)
    with pytest.raises(ConfigurationError, match="iou_thresholds"):
        metrics.mean_average_precision(found, truth, (0.0,))
    with pytest.raises(ConfigurationError, match="max_detections"):
        metrics.mean_average_precision(found, truth, max_detections=0)
