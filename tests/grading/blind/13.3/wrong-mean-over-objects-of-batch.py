# wrong: class and box terms are means over all objects of the batch, not per image first
# believes: the mean of the means per image is the mean over all objects
# named: divided-by-objects-of-the-batch
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


def giou_loss(boxes, truth):
    inter, union, hull = _areas(boxes, truth)
    return float(np.mean(1 - (inter / union - (hull - union) / hull)))


def detection_loss(outputs, targets, weights):
    there = targets["objectness"] == 1
    class_term = 0.0
    box_term = 0.0
    if there.any():
        z = outputs["class_logits"][there]
        k = targets["classes"][there]
        class_term = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(k)), k])
        box_term = giou_loss(outputs["boxes"][there], targets["boxes"][there])
    s = outputs["objectness_logits"]
    object_term = np.mean(np.log1p(np.exp(s)) - s * there)
    return float(weights[0] * class_term + weights[1] * box_term + weights[2] * object_term)
