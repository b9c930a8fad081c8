# right: generators feed a recursive pairwise sum; the union by inclusion and exclusion comes from a generator too
# believes: numbers should flow
import math

import numpy as np


def _add(numbers):
    """Pairwise sum of a list."""
    if not numbers:
        return 0.0
    if len(numbers) == 1:
        return float(numbers[0])
    half = len(numbers) // 2
    return _add(numbers[:half]) + _add(numbers[half:])


def _mean(stream):
    numbers = list(stream)
    return _add(numbers) / len(numbers)


def _mean_or_zero(stream):
    numbers = list(stream)
    return _add(numbers) / max(len(numbers), 1)


def _dice(p, g, smooth):
    for i, c in np.ndindex(p.shape[0], p.shape[3]):
        a = np.array(p[i, :, :, c], dtype=np.float64).ravel()
        b = np.array(g[i, :, :, c], dtype=np.float64).ravel()
        top = 2.0 * float(a @ b) + smooth
        bottom = float(a.sum()) + float(b.sum()) + smooth
        yield (bottom - top) / bottom


def dice_loss(p, g, smooth):
    return _mean(_dice(p, g, smooth))


def _measure(boxes, truth):
    for one, two in zip(boxes, truth):
        one = [float(v) for v in one]
        two = [float(v) for v in two]
        common = math.prod(max(0.0, min(one[k + 2], two[k + 2]) - max(one[k], two[k])) for k in (0, 1))
        first = math.prod(one[k + 2] - one[k] for k in (0, 1))
        second = math.prod(two[k + 2] - two[k] for k in (0, 1))
        hull = math.prod(max(one[k + 2], two[k + 2]) - min(one[k], two[k]) for k in (0, 1))
        yield common, first + second - common, hull


def _gious(boxes, truth):
    for common, union, hull in _measure(boxes, truth):
        yield 1.0 - common / union + (hull - union) / hull


def iou_loss(boxes, truth):
    return _mean((union - common) / union for common, union, _ in _measure(boxes, truth))


def giou_loss(boxes, truth):
    return _mean(_gious(boxes, truth))


def _entropies(logits, classes):
    for row, k in zip(logits, classes):
        # 1 / p of the true class is the sum of exp(z_j - z_k)
        yield math.log(_add([math.exp(float(z) - float(row[k])) for z in row]))


def _binary(scores, there):
    for s, t in zip(scores, there):
        yield math.log1p(math.exp(float(s))) - (float(s) if t else 0.0)


def _images(outputs, targets, weights):
    for i in range(len(targets["objectness"])):
        where = [a for a, t in enumerate(targets["objectness"][i]) if t == 1]
        logits = [outputs["class_logits"][i, a] for a in where]
        classes = [int(targets["classes"][i, a]) for a in where]
        mine = [outputs["boxes"][i, a] for a in where]
        theirs = [targets["boxes"][i, a] for a in where]
        yield (
            float(weights[0]) * _mean_or_zero(_entropies(logits, classes))
            + float(weights[1]) * _mean_or_zero(_gious(mine, theirs))
            + float(weights[2]) * _mean(_binary(outputs["objectness_logits"][i], targets["objectness"][i]))
        )


def detection_loss(outputs, targets, weights):
    return _mean(_images(outputs, targets, weights))
