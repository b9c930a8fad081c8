# right: all objects of the batch in one flat list, divided by the count of their own image first (bincount)
# believes: a mean per image is a sum in which each object weighs 1 / (objects of its image)
import numpy as np


def dice_loss(p, g, smooth):
    n, h, w, c = p.shape
    P = np.transpose(p, (0, 3, 1, 2)).reshape(n * c, h * w).astype(np.float64)
    G = np.transpose(g, (0, 3, 1, 2)).reshape(n * c, h * w).astype(np.float64)
    return float(np.average(1 - (2 * (P * G).sum(1) + smooth) / (P.sum(1) + G.sum(1) + smooth)))


def _columns(boxes, truth):
    return [*np.array(boxes, dtype=np.float64).reshape(-1, 4).T, *np.array(truth, dtype=np.float64).reshape(-1, 4).T]


def _iou_and_rest(boxes, truth):
    l1, u1, r1, d1, l2, u2, r2, d2 = _columns(boxes, truth)
    hull_w = np.maximum(r1, r2) - np.minimum(l1, l2)
    hull_h = np.maximum(d1, d2) - np.minimum(u1, u2)
    w = np.clip(np.minimum(r1, r2) - np.maximum(l1, l2), 0, None)
    h = np.clip(np.minimum(d1, d2) - np.maximum(u1, u2), 0, None)
    both = w * h
    any_ = (r1 - l1) * (d1 - u1) + (r2 - l2) * (d2 - u2) - both
    hull = hull_w * hull_h
    return both / any_, (hull - any_) / hull


def iou_loss(boxes, truth):
    iou, _ = _iou_and_rest(boxes, truth)
    return float(np.sum(1 - iou) / len(iou))


def giou_loss(boxes, truth):
    iou, rest = _iou_and_rest(boxes, truth)
    return float(np.sum(1 - (iou - rest)) / len(iou))


def detection_loss(outputs, targets, weights):
    t = targets["objectness"]
    n, a = t.shape
    image, place = np.nonzero(t)
    per_image = np.bincount(image, minlength=n)
    share = 1.0 / per_image[image]  # only images that have an object are asked

    z = outputs["class_logits"][image, place].astype(np.float64)
    one_hot = np.eye(outputs["class_logits"].shape[2])[targets["classes"][image, place]]
    soft = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    cross = -np.log((soft * one_hot).sum(axis=1))

    iou, rest = _iou_and_rest(outputs["boxes"][image, place], targets["boxes"][image, place])

    q = 0.5 * (1 + np.tanh(outputs["objectness_logits"].astype(np.float64) / 2))  # the sigmoid
    binary = -(t * np.log(q) + (1 - t) * np.log(1 - q))

    summed = weights[0] * np.sum(share * cross)
    summed = summed + weights[1] * np.sum(share * (1 - iou + rest))
    summed = summed + weights[2] * np.sum(binary) / a
    return float(summed / n)
