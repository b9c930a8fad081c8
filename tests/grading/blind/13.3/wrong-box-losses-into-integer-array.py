# wrong: the box losses are written into zeros_like(objectness), an integer array, which cuts their decimals
# believes: zeros_like gives an array to put results into, its kind does not matter
# named: losses-cut-to-whole-numbers
import numpy as np


def dice_loss(p, g, smooth):
    both = np.sum(p * g, axis=(1, 2))
    size = np.sum(p, axis=(1, 2)) + np.sum(g, axis=(1, 2))
    return float(np.mean(1 - (2 * both + smooth) / (size + smooth)))


def _areas(boxes, truth):
    w = np.minimum(boxes[:, 2], truth[:, 2]) - np.maximum(boxes[:, 0], truth[:, 0])
    h = np.minimum(boxes[:, 3], truth[:, 3]) - np.maximum(boxes[:, 1], truth[:, 1])
    inter = np.maximum(w, 0) * np.maximum(h, 0)
    area_b = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    area_t = (truth[:, 2] - truth[:, 0]) * (truth[:, 3] - truth[:, 1])
    union = area_b + area_t - inter
    hull_w = np.maximum(boxes[:, 2], truth[:, 2]) - np.minimum(boxes[:, 0], truth[:, 0])
    hull_h = np.maximum(boxes[:, 3], truth[:, 3]) - np.minimum(boxes[:, 1], truth[:, 1])
    return inter, union, hull_w * hull_h


def iou_loss(boxes, truth):
    inter, union, _ = _areas(boxes, truth)
    return float(np.mean(1 - inter / union))


def _giou_each(boxes, truth):
    inter, union, hull = _areas(boxes, truth)
    return 1 - (inter / union - (hull - union) / hull)


def giou_loss(boxes, truth):
    return float(np.mean(_giou_each(boxes, truth)))


def detection_loss(outputs, targets, weights):
    there = targets["objectness"] == 1
    count = np.maximum(there.sum(axis=1), 1)

    z = outputs["class_logits"]
    picked = np.take_along_axis(z, targets["classes"][..., None], axis=2)[..., 0]
    cross = (np.log(np.exp(z).sum(axis=2)) - picked) * there

    box = np.zeros_like(targets["objectness"])
    box[there] = _giou_each(outputs["boxes"][there], targets["boxes"][there])

    s = outputs["objectness_logits"]
    binary = np.log1p(np.exp(s)) - s * there

    losses = (
        weights[0] * cross.sum(axis=1) / count
        + weights[1] * box.sum(axis=1) / count
        + weights[2] * binary.mean(axis=1)
    )
    return float(losses.mean())
