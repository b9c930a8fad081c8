"""13.3, judged on code that was written from its text alone; its solution against the house's own losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coursekit.autograders.ch13.answers.e13_3 import ANSWERS
from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.report import Report
from coursekit.losses import Detection, Dice, GIoULoss, IoULoss

DICE = """
import numpy as np

def dice_loss(p, g, smooth):
    losses = []
    for n in range(p.shape[0]):
        for c in range(p.shape[3]):
            pred, mask = p[n, :, :, c].flatten(), g[n, :, :, c].flatten()
            losses.append(1.0 - (2.0 * np.dot(pred, mask) + smooth) / (pred.sum() + mask.sum() + smooth))
    return np.mean(losses)
"""
IOU = """
def box_area(b):
    return (b[2] - b[0]) * (b[3] - b[1])

def one_iou(a, b):
    left, top = max(a[0], b[0]), max(a[1], b[1])
    right, bottom = min(a[2], b[2]), min(a[3], b[3])
    if right <= left or bottom <= top:
        return 0.0
    inter = (right - left) * (bottom - top)
    return inter / (box_area(a) + box_area(b) - inter)

def iou_loss(boxes, truth):
    return 1 - sum(one_iou(a, b) for a, b in zip(boxes, truth)) / len(boxes)
"""
GIOU = """
def one_giou(a, b):
    iou = one_iou(a, b)
    union = (box_area(a) + box_area(b)) / (1 + iou)
    hull = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    return iou - (hull - union) / hull

def giou_loss(boxes, truth):
    return 1 - sum(one_giou(a, b) for a, b in zip(boxes, truth)) / len(boxes)
"""
DETECTION = """
def detection_loss(outputs, targets, weights):
    total = 0.0
    N = targets["objectness"].shape[0]
    for n in range(N):
        obj = targets["objectness"][n]
        z = outputs["objectness_logits"][n]
        p = 1 / (1 + np.exp(-z))
        total += weights[2] * -np.mean(obj * np.log(p) + (1 - obj) * np.log(1 - p))
        idx = np.where(obj == 1)[0]
        if len(idx) == 0:
            continue
        logits = outputs["class_logits"][n, idx]
        prob = np.exp(logits) / np.exp(logits).sum(axis=1)[:, None]
        total += weights[0] * np.mean([-np.log(prob[k, targets["classes"][n, i]]) for k, i in enumerate(idx)])
        total += weights[1] * giou_loss(outputs["boxes"][n, idx], targets["boxes"][n, idx])
    return total / N
"""
ALL = DICE + IOU + GIOU + DETECTION

VECTORS = """
import numpy as np

def dice_loss(p, g, smooth):
    P, G, PG = (np.sum(a, axis=(1, 2), keepdims=True) for a in (p, g, p * g))
    return np.mean(1 - (2 * PG + smooth) / (P + G + smooth)).item()

def _parts(a, b):
    lt = np.maximum(a[..., :2], b[..., :2])
    rb = np.minimum(a[..., 2:], b[..., 2:])
    wh = np.clip(rb - lt, 0, np.inf)
    inter = wh[..., 0] * wh[..., 1]
    sizes = [(c[..., 2] - c[..., 0]) * (c[..., 3] - c[..., 1]) for c in (a, b)]
    LT, RB = np.minimum(a[..., :2], b[..., :2]), np.maximum(a[..., 2:], b[..., 2:])
    WH = RB - LT
    return inter, sum(sizes) - inter, WH[..., 0] * WH[..., 1]

def _iou(a, b):
    i, u, _ = _parts(a, b)
    return i / u

def _giou(a, b):
    i, u, h = _parts(a, b)
    return i / u - 1 + u / h

def iou_loss(boxes, truth):
    return np.mean(1 - _iou(boxes, truth))

def giou_loss(boxes, truth):
    return np.mean(1 - _giou(boxes, truth))

def detection_loss(outputs, targets, weights):
    m = targets["objectness"].astype(bool)
    share = m / np.where(m.any(1), m.sum(1), 1)[:, None] / len(m)
    x = outputs["class_logits"]
    x = x - x.max(axis=2, keepdims=True)
    logp = x - np.log(np.exp(x).sum(axis=2, keepdims=True))
    one_hot = np.eye(x.shape[2])[targets["classes"]]
    l_class = -np.sum(share * (one_hot * logp).sum(axis=2))
    l_box = np.sum(share * (1 - _giou(outputs["boxes"], targets["boxes"])))
    s = outputs["objectness_logits"]
    l_obj = np.mean(np.logaddexp(0, s) - m * s)
    return np.dot(weights, [l_class, l_box, l_obj])
"""


def _with(source: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


RIGHT = {
    "loops": ALL,
    "vectors": VECTORS,
    "epsilons": _with(
        VECTORS, ("return i / u\n", "return i / (u + 1e-7)\n"), ("np.logaddexp(0, s)", "np.log1p(np.exp(s))")
    ),
    "float32": _with(DICE, ("return np.mean(losses)", "return np.float32(np.mean(losses))")) + IOU + GIOU + DETECTION,
    "a dict of terms": DICE
    + IOU
    + GIOU
    + """
from math import log, exp

def detection_loss(outputs, targets, weights):
    w = dict(zip(("c", "b", "o"), weights))
    rows = []
    for i, there in enumerate(targets["objectness"].tolist()):
        bce = [log(1 + exp(-s)) if t else log(1 + exp(s)) for s, t in zip(outputs["objectness_logits"][i], there)]
        row = {"c": 0.0, "b": 0.0, "o": sum(bce) / len(bce)}
        k = sum(there)
        for j, t in enumerate(there):
            if t:
                z = outputs["class_logits"][i][j]
                row["c"] += (log(sum(exp(v) for v in z)) - z[targets["classes"][i][j]]) / k
                row["b"] += (1 - one_giou(outputs["boxes"][i][j], targets["boxes"][i][j])) / k
        rows.append(sum(w[name] * row[name] for name in w))
    return sum(rows) / len(rows)
""",
    "copies changed in place": _with(
        VECTORS,
        ("    x = x - x.max(axis=2, keepdims=True)", "    x = x.copy()\n    x -= x.max(axis=2, keepdims=True)"),
        ("WH = RB - LT", "RB -= LT\n    WH = RB"),
    ),
}

WRONG = {
    "whole batch": (
        "batch-in-one-sum",
        """
import numpy as np

def dice_loss(p, g, smooth):
    return 1 - (2 * np.sum(p * g) + smooth) / (np.sum(p) + np.sum(g) + smooth)
"""
        + IOU
        + GIOU
        + DETECTION,
    ),
    "one row of numbers an image": (
        "classes-in-one-sum",
        """
import numpy as np

def dice_loss(p, g, smooth):
    p, g = p.reshape(len(p), -1), g.reshape(len(g), -1)
    return np.mean(1 - (2 * (p * g).sum(1) + smooth) / (p.sum(1) + g.sum(1) + smooth))
"""
        + IOU
        + GIOU
        + DETECTION,
    ),
    "a hard mask": (
        "thresholded",
        _with(ALL, (".flatten(), g[n", ".flatten() > 0.5, g[n"), ("np.dot(pred, mask)", "np.sum(pred * mask)")),
    ),
    "apart": (
        "sides-not-clamped",
        _with(VECTORS, ("wh = np.clip(rb - lt, 0, np.inf)", "wh = rb - lt")),
    ),
    "pixels": (
        "plus-one-pixel",
        _with(
            VECTORS,
            ("wh = np.clip(rb - lt, 0, np.inf)", "wh = np.clip(rb - lt + 1, 0, np.inf)"),
            (
                "(c[..., 2] - c[..., 0]) * (c[..., 3] - c[..., 1])",
                "(c[..., 2] - c[..., 0] + 1) * (c[..., 3] - c[..., 1] + 1)",
            ),
            ("WH = RB - LT", "WH = RB - LT + 1"),
        ),
    ),
    "widths": (
        "boxes-as-sizes",
        _with(
            VECTORS,
            (
                "def _parts(a, b):\n",
                "def _parts(a, b):\n    a = np.concatenate([a[..., :2], a[..., :2] + a[..., 2:]], -1)\n"
                "    b = np.concatenate([b[..., :2], b[..., :2] + b[..., 2:]], -1)\n",
            ),
        ),
    ),
    "areas added": ("intersection-counted-twice", _with(VECTORS, ("sum(sizes) - inter", "sum(sizes)"))),
    "no generalised one": ("iou-for-giou", _with(VECTORS, ("return i / u - 1 + u / h", "return i / u"))),
    "score for loss": (
        "no-one-minus",
        _with(
            ALL, ("return 1 - sum(one_iou", "return sum(one_iou"), ("return 1 - sum(one_giou", "return sum(one_giou")
        ),
    ),
    "background too": (
        "negatives-counted",
        _with(
            VECTORS,
            (
                'm = targets["objectness"].astype(bool)',
                'm = targets["objectness"].astype(bool)\n    share = np.full(m.shape, 1 / m.size)',
            ),
            ("    share = m / np.where(m.any(1), m.sum(1), 1)[:, None] / len(m)\n", ""),
        ),
    ),
    "over the batch's objects": (
        "divided-by-objects-of-the-batch",
        _with(VECTORS, ("m / np.where(m.any(1), m.sum(1), 1)[:, None] / len(m)", "m / max(m.sum(), 1)")),
    ),
    "shares of one": (
        "weights-normalised",
        _with(VECTORS, ("np.dot(weights, ", "np.dot(np.array(weights) / sum(weights), ")),
    ),
    "empty images are NaN": (
        "mean-of-nothing",
        _with(ALL, ("        if len(idx) == 0:\n            continue\n", "")),
    ),
    "empty images are NaN, with NumPy": (
        "mean-of-nothing",
        _with(VECTORS, ("np.where(m.any(1), m.sum(1), 1)[:, None]", "m.sum(1)[:, None]")),
    ),
    "empty images skipped": (
        "empty-images-not-counted",
        _with(
            ALL,
            ("total = 0.0", "total = seen = 0.0"),
            (
                "        z = outputs",
                "        if not obj.any():\n            continue\n        seen += 1\n        z = outputs",
            ),
            ("return total / N", "return total / max(seen, 1)"),
        ),
    ),
    "in place": (
        "changes-its-inputs",
        _with(VECTORS, ("    x = x - x.max(axis=2, keepdims=True)", "    x -= x.max(axis=2, keepdims=True)")),
    ),
    "smooth above alone, and no clamp": (
        "smooth-misplaced sides-not-clamped",
        _with(VECTORS, ("(P + G + smooth)", "(P + G)"), ("np.clip(rb - lt, 0, np.inf)", "rb - lt")),
    ),
    "GIoU beyond recognition": (None, _with(VECTORS, ("return i / u - 1 + u / h", "return i / u - (h / u) ** 2"))),
}


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("13.3", observe_source("13.3", source, seed), seed)


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    for seed in (1, 2, 3):
        report = _judged(RIGHT[name], seed)
        assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    named, source = WRONG[name]
    report = _judged(source)
    assert report.status == "failed"
    assert {finding.name for finding in report.misconceptions} == set((named or "").split())


def test_one_mistake_costs_its_own_points_alone() -> None:
    names = ("whole batch", "no generalised one", "shares of one", "in place")
    assert [_judged(WRONG[name][1]).points for name in names] == [8, 7, 7, 9]


def test_one_function_alone_is_worth_its_points() -> None:
    report = _judged(DICE)
    assert (report.points, report.status) == (2, "failed")


def test_the_solution_agrees_with_the_losses_of_the_house() -> None:
    space: dict[str, Any] = {}
    exec(ANSWERS.solution, space)
    rng = np.random.default_rng(5)
    logits, labels = rng.standard_normal((3, 4, 5, 3)), rng.integers(0, 3, (3, 4, 5))
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    assert space["dice_loss"](p, np.eye(3)[labels], 2.0) == pytest.approx(Dice(smooth=2.0)(logits, labels), rel=1e-9)

    low = rng.uniform(0, 30, (2, 2, 6, 2))
    boxes, truth = np.concatenate([low, low + rng.uniform(5, 20, (2, 2, 6, 2))], axis=-1)
    assert space["iou_loss"](boxes[0], truth[0]) == pytest.approx(IoULoss()(boxes[0], truth[0]), rel=1e-6)
    assert space["giou_loss"](boxes[0], truth[0]) == pytest.approx(GIoULoss()(boxes[0], truth[0]), rel=1e-6)

    outputs = {
        "class_logits": rng.standard_normal((2, 6, 4)),
        "boxes": boxes,
        "objectness_logits": rng.standard_normal((2, 6)),
    }
    objectness = np.array([[0, 1, 1, 0, 1, 0], [0, 0, 0, 0, 1, 0]])
    targets = {"classes": rng.integers(0, 4, (2, 6)), "boxes": truth, "objectness": objectness}
    house = Detection(class_weight=0.7, box_weight=2.0, objectness_weight=1.3)
    assert space["detection_loss"](outputs, targets, (0.7, 2.0, 1.3)) == pytest.approx(
        house(outputs, targets), rel=1e-6
    )
