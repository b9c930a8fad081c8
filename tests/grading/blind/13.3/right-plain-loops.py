# right: no vectorised step at all, Python loops over single numbers
# believes: what the text says, spelt out pixel by pixel and box by box
import numpy as np


def dice_loss(p, g, smooth):
    n, height, width, classes = p.shape
    total = 0.0
    for i in range(n):
        for c in range(classes):
            both = 0.0
            size = 0.0
            for y in range(height):
                for x in range(width):
                    a = float(p[i, y, x, c])
                    b = float(g[i, y, x, c])
                    both += a * b
                    size += a + b
            total += 1.0 - (2.0 * both + smooth) / (size + smooth)
    return total / (n * classes)


def _areas(a, b):
    """Intersection, union and hull of two boxes."""
    ax1, ay1, ax2, ay2 = [float(v) for v in a]
    bx1, by1, bx2, by2 = [float(v) for v in b]
    wide = min(ax2, bx2) - max(ax1, bx1)
    high = min(ay2, by2) - max(ay1, by1)
    if wide > 0 and high > 0:
        inter = wide * high
    else:
        inter = 0.0
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - inter
    hull = (max(ax2, bx2) - min(ax1, bx1)) * (max(ay2, by2) - min(ay1, by1))
    return inter, union, hull


def iou_loss(boxes, truth):
    total = 0.0
    for i in range(len(boxes)):
        inter, union, _ = _areas(boxes[i], truth[i])
        total += 1.0 - inter / union
    return total / len(boxes)


def _giou_one(a, b):
    inter, union, hull = _areas(a, b)
    return 1.0 - (inter / union - (hull - union) / hull)


def giou_loss(boxes, truth):
    total = 0.0
    for i in range(len(boxes)):
        total += _giou_one(boxes[i], truth[i])
    return total / len(boxes)


def detection_loss(outputs, targets, weights):
    w_class, w_box, w_object = weights
    n, places, classes = outputs["class_logits"].shape
    total = 0.0
    for i in range(n):
        objects = 0
        class_sum = 0.0
        box_sum = 0.0
        object_sum = 0.0
        for a in range(places):
            s = float(outputs["objectness_logits"][i, a])
            q = 1.0 / (1.0 + np.exp(-s))
            if targets["objectness"][i, a] == 1:
                objects += 1
                object_sum += -np.log(q)
                denominator = 0.0
                for c in range(classes):
                    denominator += np.exp(float(outputs["class_logits"][i, a, c]))
                k = int(targets["classes"][i, a])
                chosen = float(outputs["class_logits"][i, a, k])
                class_sum += np.log(denominator) - chosen
                box_sum += _giou_one(outputs["boxes"][i, a], targets["boxes"][i, a])
            else:
                object_sum += -np.log(1.0 - q)
        image = w_object * object_sum / places
        if objects > 0:
            image += w_class * class_sum / objects
            image += w_box * box_sum / objects
        total += image
    return float(total / n)
