"""Right code for 13.3 in other styles."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

from .solution import (
    AREA,
    BINARY,
    DICE_RESULT,
    GIOU,
    HULL,
    INNER,
    IOU,
    QUOTIENT,
    RESULT,
    SIDES,
    TOTAL,
    UNION,
)

VARIANTS: dict[str, Form] = {
    "pure-python": """\
import math

def dice_loss(p, g, smooth):
    n, h, w, c = p.shape
    losses = []
    for i in range(n):
        for k in range(c):
            a = b = 0.0
            for y in range(h):
                for x in range(w):
                    a += p[i, y, x, k] * g[i, y, x, k]
                    b += p[i, y, x, k] + g[i, y, x, k]
            losses.append(1 - (2 * a + smooth) / (b + smooth))
    return math.fsum(losses) / len(losses)

def pair(a, b):
    w = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    u = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h
    e = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    return w * h / u, u / e

def iou_loss(boxes, truth):
    return sum(1 - pair(a, b)[0] for a, b in zip(boxes, truth)) / len(boxes)

def giou_loss(boxes, truth):
    return sum(2 - sum(pair(a, b)) for a, b in zip(boxes, truth)) / len(boxes)

def detection_loss(outputs, targets, weights):
    total = 0.0
    images, locations = targets["objectness"].shape
    for i in range(images):
        objects = int(targets["objectness"][i].sum())
        for a in range(locations):
            z, t = outputs["objectness_logits"][i, a], targets["objectness"][i, a]
            q = 1 / (1 + math.exp(-z))
            total -= weights[2] * (math.log(q) if t else math.log(1 - q)) / locations
            if t:
                z = outputs["class_logits"][i, a]
                share = math.exp(z[targets["classes"][i, a]]) / sum(map(math.exp, z))
                total -= weights[0] * math.log(share) / objects
                g = sum(pair(outputs["boxes"][i, a], targets["boxes"][i, a])) - 1
                total += weights[1] * (1 - g) / objects
    return total / images
""",
    "no-loop-over-images": """\
import numpy as np

def dice_loss(p, g, smooth):
    inner, a, b = (np.einsum("nhwc->nc", part) for part in (p * g, p, g))
    return np.average(1 - (2 * inner + smooth) / (a + b + smooth))

def _giou(a, b, eps=1e-7):
    ax1, ay1, ax2, ay2 = np.moveaxis(a, -1, 0)
    bx1, by1, bx2, by2 = np.moveaxis(b, -1, 0)
    w = np.clip(np.minimum(ax2, bx2) - np.maximum(ax1, bx1), 0, None)
    h = np.clip(np.minimum(ay2, by2) - np.maximum(ay1, by1), 0, None)
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - w * h
    hull = (np.maximum(ax2, bx2) - np.minimum(ax1, bx1)) * (np.maximum(ay2, by2) - np.minimum(ay1, by1))
    iou = w * h / (union + eps)
    return iou, iou - (hull - union) / (hull + eps)

def iou_loss(boxes, truth):
    return (1 - _giou(boxes, truth)[0]).mean()

def giou_loss(boxes, truth):
    return (1 - _giou(boxes, truth)[1]).mean()

def detection_loss(outputs, targets, weights):
    there = targets["objectness"].astype(float)
    count = np.maximum(there.sum(axis=1), 1)
    z = outputs["class_logits"]
    p = np.exp(z - z.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    ce = -np.log(np.take_along_axis(p, targets["classes"][..., None], -1)[..., 0] + 1e-12)
    box = 1 - _giou(outputs["boxes"], targets["boxes"])[1]
    q = 1 / (1 + np.exp(-outputs["objectness_logits"]))
    bce = -(there * np.log(q) + (1 - there) * np.log(1 - q)).mean(axis=1)
    per_image = weights[0] * (ce * there).sum(1) / count + weights[1] * (box * there).sum(1) / count + weights[2] * bce
    return per_image.mean()
""",
    "as-a-matrix-of-terms": """\
import numpy as np

class Boxes:
    def __init__(self, array):
        self.array = np.array(array, dtype=np.float64).reshape(-1, 2, 2)
    def area(self):
        return np.prod(np.ptp(self.array, axis=1), axis=1)
    def meet(self, other):
        a, b = self.array, other.array
        low, high = np.max([a[:, 0], b[:, 0]], axis=0), np.min([a[:, 1], b[:, 1]], axis=0)
        return np.where(np.all(high > low, axis=1), np.prod(high - low, axis=1), 0.0)
    def hull(self, other):
        both = np.concatenate([self.array, other.array], axis=1)
        return np.prod(both.max(axis=1) - both.min(axis=1), axis=1)

def scores(boxes, truth):
    a, b = Boxes(boxes), Boxes(truth)
    i = a.meet(b)
    u = a.area() + b.area() - i
    return i / u, u / a.hull(b) - 1

dice_loss = lambda p, g, smooth: float(
    np.mean([[1 - (2 * (x * y).sum() + smooth) / (x.sum() + y.sum() + smooth)
              for x, y in zip(np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0))] for a, b in zip(p, g)])
)
iou_loss = lambda boxes, truth: float(np.mean(1 - scores(boxes, truth)[0]))
giou_loss = lambda boxes, truth: np.float32(np.mean(1 - sum(scores(boxes, truth))))

def detection_loss(outputs, targets, weights):
    n = len(targets["objectness"])
    terms = np.zeros((n, 3))
    for row, z, b, s, c, t, o in zip(terms, *outputs.values(), *targets.values()):
        where = np.flatnonzero(o)
        if where.size:
            row[0] = np.mean([np.log(np.sum(np.exp(z[i] - z[i, c[i]]))) for i in where])
            row[1] = giou_loss(b[where], t[where])
        row[2] = np.mean(np.logaddexp(0, np.where(o == 1, -s, s)))
    return np.asarray((terms @ np.asarray(weights)).mean())
""",
    "flattened-pixels": Edit(
        (
            INNER,
            "p, g = (np.reshape(part, (len(part), -1, part.shape[-1])) for part in (p, g))\n    inner = (p * g).sum(1)",
        ),
        (TOTAL, "total = p.sum(axis=1) + g.sum(axis=1)"),
        (QUOTIENT, "dice = 1 - (total - 2 * inner) / (total + smooth)"),
        (DICE_RESULT, "return sum((1 - dice).ravel().tolist()) / dice.size"),
    ),
    "small-constants-below-the-line": Edit(
        (IOU, "iou = inner / (union + 1e-6)\n"),
        (GIOU, "giou = inner / (union + 1e-6) - (hull - union) / (hull + 1e-6)"),
        (SIDES, "sides = (high - low).clip(min=0)"),
    ),
    "union-over-hull": Edit(
        (AREA, "return np.prod(boxes[:, 2:] - boxes[:, :2], axis=-1)"),
        (UNION, "union = -inner + sum(map(area, (boxes, truth)))"),
        (HULL, "hull = area(np.hstack([outer_low, outer_high]))"),
        (GIOU, "giou = inner / union + union / hull - 1"),
    ),
    "softplus-and-running-mean": Edit(
        (BINARY, "binary = np.maximum(scores, 0) - objectness * scores + np.log1p(np.exp(-abs(scores)))"),
        (RESULT, "return np.add.reduce(losses) / float(len(losses))"),
    ),
}
