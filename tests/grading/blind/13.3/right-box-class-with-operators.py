# right: a Box class with & and | operators, small objects for everything
# believes: geometry belongs into a class
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Box:
    left: float
    upper: float
    right: float
    lower: float

    @classmethod
    def of(cls, row):
        return cls(*(float(number) for number in row))

    def __and__(self, other):
        """The common part; may be turned inside out, then its area is 0."""
        return Box(
            max(self.left, other.left),
            max(self.upper, other.upper),
            min(self.right, other.right),
            min(self.lower, other.lower),
        )

    def __or__(self, other):
        """The hull."""
        return Box(
            min(self.left, other.left),
            min(self.upper, other.upper),
            max(self.right, other.right),
            max(self.lower, other.lower),
        )

    @property
    def area(self):
        return max(self.right - self.left, 0.0) * max(self.lower - self.upper, 0.0)


class Pair:
    def __init__(self, a, b):
        first, second = Box.of(a), Box.of(b)
        self.common = (first & second).area
        self.union = first.area + second.area - self.common
        self.hull = (first | second).area

    @property
    def iou(self):
        return self.common / self.union

    @property
    def giou(self):
        return self.iou - (self.hull - self.union) / self.hull


class Image:
    """One image of the batch with its targets."""

    def __init__(self, outputs, targets, i):
        self.logits = np.array(outputs["class_logits"][i], dtype=np.float64)
        self.boxes = outputs["boxes"][i]
        self.scores = np.array(outputs["objectness_logits"][i], dtype=np.float64)
        self.classes = targets["classes"][i]
        self.truth = targets["boxes"][i]
        self.there = np.array(targets["objectness"][i]) > 0

    def class_term(self):
        if not self.there.any():
            return 0.0
        z = self.logits[self.there]
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return float(-log_p[np.arange(len(z)), self.classes[self.there]].mean())

    def box_term(self):
        if not self.there.any():
            return 0.0
        return giou_loss(self.boxes[self.there], self.truth[self.there])

    def objectness_term(self):
        # the wrong sign of the logit is what costs: log(1 + exp(-s)) or log(1 + exp(s))
        signed = np.where(self.there, -self.scores, self.scores)
        return float(np.log1p(np.exp(signed)).mean())


def dice_loss(p, g, smooth):
    losses = []
    for image, mask in zip(p, g):
        for c in range(image.shape[-1]):
            a = image[..., c].astype(np.float64)
            b = mask[..., c].astype(np.float64)
            losses.append(1 - (2 * np.sum(a * b) + smooth) / (np.sum(a) + np.sum(b) + smooth))
    return float(np.mean(losses))


def iou_loss(boxes, truth):
    return float(np.mean([1.0 - Pair(a, b).iou for a, b in zip(boxes, truth)]))


def giou_loss(boxes, truth):
    return float(np.mean([1.0 - Pair(a, b).giou for a, b in zip(boxes, truth)]))


def detection_loss(outputs, targets, weights):
    images = [Image(outputs, targets, i) for i in range(len(targets["objectness"]))]
    rows = [[m.class_term(), m.box_term(), m.objectness_term()] for m in images]
    return float(np.mean(np.array(rows) @ np.array(weights, dtype=np.float64)))
