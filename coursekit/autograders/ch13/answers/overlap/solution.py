"""The solution of 13.3, and what its misconceptions change in it."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form, Misconception

SOLUTION = """\
import numpy as np


def dice_loss(p, g, smooth):
    inner = (p * g).sum(axis=(1, 2))
    total = (p + g).sum(axis=(1, 2))
    dice = (2 * inner + smooth) / (total + smooth)
    return 1 - dice.mean()


def area(boxes):
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def overlap(boxes, truth):
    low = np.maximum(boxes[:, :2], truth[:, :2])
    high = np.minimum(boxes[:, 2:], truth[:, 2:])
    sides = np.maximum(high - low, 0)
    inner = sides[:, 0] * sides[:, 1]
    union = area(boxes) + area(truth) - inner
    return inner, union


def iou_loss(boxes, truth):
    inner, union = overlap(boxes, truth)
    iou = inner / union
    return 1 - iou.mean()


def giou_loss(boxes, truth):
    inner, union = overlap(boxes, truth)
    outer_low = np.minimum(boxes[:, :2], truth[:, :2])
    outer_high = np.maximum(boxes[:, 2:], truth[:, 2:])
    hull = (outer_high - outer_low).prod(axis=1)
    giou = inner / union - (hull - union) / hull
    return 1 - giou.mean()


def detection_loss(outputs, targets, weights):
    class_weight, box_weight, objectness_weight = weights
    losses = []
    for image, objectness in enumerate(targets["objectness"]):
        positive = objectness == 1
        scores = outputs["objectness_logits"][image]
        binary = np.log(1 + np.exp(scores)) - objectness * scores
        loss = objectness_weight * binary.mean()
        if positive.any():
            logits = outputs["class_logits"][image][positive]
            classes = targets["classes"][image][positive]
            log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            class_loss = -log_p[np.arange(len(classes)), classes].mean()
            box_loss = giou_loss(outputs["boxes"][image][positive], targets["boxes"][image][positive])
            loss += class_weight * class_loss + box_weight * box_loss
        losses.append(loss)
    return np.mean(losses)
"""

DICE = "Chapter 13, Dice and class imbalance"
BOXES = "Chapter 13, IoU as a loss"
DETECTION = "Chapter 13, A detection loss"

INNER = "inner = (p * g).sum(axis=(1, 2))"
TOTAL = "total = (p + g).sum(axis=(1, 2))"
QUOTIENT = "dice = (2 * inner + smooth) / (total + smooth)"
DICE_RESULT = "return 1 - dice.mean()"
AREA = "return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])"
HIGH = "    high = np.minimum(boxes[:, 2:], truth[:, 2:])"
LOW = "    low = np.maximum(boxes[:, :2], truth[:, :2])"
SIDES = "sides = np.maximum(high - low, 0)"
UNION = "union = area(boxes) + area(truth) - inner"
IOU = "iou = inner / union\n"
IOU_RESULT = "return 1 - iou.mean()"
OUTER_HIGH = "outer_high = np.maximum(boxes[:, 2:], truth[:, 2:])"
OUTER_LOW = "outer_low = np.minimum(boxes[:, :2], truth[:, :2])"
HULL = "hull = (outer_high - outer_low).prod(axis=1)"
GIOU = "giou = inner / union - (hull - union) / hull"
GIOU_RESULT = "return 1 - giou.mean()"
POSITIVE = "positive = objectness == 1"
BINARY = "binary = np.log(1 + np.exp(scores)) - objectness * scores"
OBJECTNESS = "loss = objectness_weight * binary.mean()"
ANY = "if positive.any():"
CLASS_LOSS = "class_loss = -log_p[np.arange(len(classes)), classes].mean()"
LOGITS = 'logits = outputs["class_logits"][image][positive]'
CLASSES = 'classes = targets["classes"][image][positive]'
BOX_LOSS = 'box_loss = giou_loss(outputs["boxes"][image][positive], targets["boxes"][image][positive])'
WEIGHTED = "loss += class_weight * class_loss + box_weight * box_loss"
APPEND = "        losses.append(loss)"
RESULT = "return np.mean(losses)"
WEIGHTS = "class_weight, box_weight, objectness_weight = weights"


def known(
    name: str, title: str, explanation: str, hint: str, reading: str, *forms: Form, kin: tuple[Form, ...] = ()
) -> Misconception:
    """A misconception in few words."""
    return Misconception(
        name=name, title=title, explanation=explanation, hint=hint, reading=reading, forms=forms, kin=kin
    )


def every(*parts: Edit) -> tuple[Edit, ...]:
    """Each edit alone, and all of them together."""
    together = parts[0]
    for part in parts[1:]:
        together = together.join(part)
    return (*parts, together)
