# right: one expression for the whole batch, einsum, logaddexp.reduce, stand-in boxes where there is no object
# believes: loops are for the weak
import numpy as np


def dice_loss(p, g, smooth):
    p = np.asarray(p, dtype=np.float64)
    g = np.asarray(g, dtype=np.float64)
    overlap = np.einsum("nhwc,nhwc->nc", p, g)
    mass = np.einsum("nhwc->nc", p) + np.einsum("nhwc->nc", g)
    return float(1.0 - ((2.0 * overlap + smooth) / (mass + smooth)).mean())


def _parts(b, t):
    b = np.asarray(b, dtype=np.float64)
    t = np.asarray(t, dtype=np.float64)
    low, high = np.maximum(b[..., :2], t[..., :2]), np.minimum(b[..., 2:], t[..., 2:])
    inter = np.maximum(high - low, 0.0).prod(axis=-1)
    union = (b[..., 2:] - b[..., :2]).prod(axis=-1) + (t[..., 2:] - t[..., :2]).prod(axis=-1) - inter
    hull = (np.maximum(b[..., 2:], t[..., 2:]) - np.minimum(b[..., :2], t[..., :2])).prod(axis=-1)
    return inter / union, union / hull


def iou_loss(boxes, truth):
    iou, _ = _parts(boxes, truth)
    return float(1.0 - iou.mean())


def _one_minus_giou(boxes, truth):
    # 1 - (IoU - (hull - union) / hull) = 1 - IoU + 1 - union / hull
    iou, filled = _parts(boxes, truth)
    return 2.0 - iou - filled


def giou_loss(boxes, truth):
    return float(_one_minus_giou(boxes, truth).mean())


def detection_loss(outputs, targets, weights):
    there = targets["objectness"] == 1
    count = np.maximum(there.sum(axis=1), 1)

    z = np.asarray(outputs["class_logits"], dtype=np.float64)
    picked = np.take_along_axis(z, targets["classes"][..., None], axis=-1)[..., 0]
    entropy = np.logaddexp.reduce(z, axis=-1) - picked

    anything = np.array([0.0, 0.0, 1.0, 1.0])
    mine = np.where(there[..., None], outputs["boxes"], anything)
    theirs = np.where(there[..., None], targets["boxes"], anything)
    box = _one_minus_giou(mine, theirs)

    s = np.asarray(outputs["objectness_logits"], dtype=np.float64)
    binary = np.logaddexp(0.0, s) - s * targets["objectness"]

    terms = np.stack(
        [
            np.where(there, entropy, 0.0).sum(axis=1) / count,
            np.where(there, box, 0.0).sum(axis=1) / count,
            binary.mean(axis=1),
        ]
    )
    return float(np.tensordot(np.asarray(weights, dtype=np.float64), terms, axes=1).mean())
