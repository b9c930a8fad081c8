"""13.3: overlap as a loss: soft Dice, IoU and generalised IoU, and the weighted sum that trains a detector."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain

STATEMENT = """\
Write four losses in NumPy or pure Python. Each returns one number, a `float` or a NumPy scalar; the arrays that are
passed in stay unchanged. Floats are float64, ints int64; N, A, C and the other lengths are 1 or more.

**`dice_loss(p, g, smooth)`**, the soft Dice loss. `p` are probabilities, `g` the truth, zeros and ones; both are float
arrays `(N, H, W, C)`: images, rows, columns, classes. Every image has a loss for every class, with sums over its own
pixels, `1 - (2 * sum(p * g) + smooth) / (sum(p) + sum(g) + smooth)`. Returned is the mean over all N x C of them, the
background counted like the others; `smooth` is above 0. It must be differentiable in `p`: no threshold.

**`iou_loss(boxes, truth)`**: the mean over N pairs of `1 - IoU`. Both are float arrays `(N, 4)`, row `i` of the one
belongs to row `i` of the other. A box is `x1, y1, x2, y2`: its left, upper, right and lower edge, with `x1 < x2` and
`y1 < y2`, in real numbers, so that it is `x2 - x1` wide. IoU is the area that both boxes cover, divided by the area
that at least one of them covers. Boxes may also lie inside each other or apart; apart, their IoU is 0.

**`giou_loss(boxes, truth)`**: the same with the generalised IoU, `IoU - (hull - union) / hull`, where `hull` is the
area of the smallest box around both.

**`detection_loss(outputs, targets, weights)`**: for N images with A locations each. `weights` are three numbers: of
class, box and objectness. The other two are dicts of arrays:

| key | in `outputs` | key | in `targets` |
|---|---|---|---|
| `"class_logits"` | float `(N, A, C)`, from -3 to 3 | `"classes"` | int `(N, A)`, from 0 to C - 1 |
| `"boxes"` | float `(N, A, 4)` | `"boxes"` | float `(N, A, 4)` |
| `"objectness_logits"` | float `(N, A)`, from -3 to 3 | `"objectness"` | int `(N, A)`: 1 an object is there, 0 none |

The loss of one image is the weighted sum of three means; the weights are used as they are:

- class: the softmax cross-entropy, mean over the image's locations with an object;
- box: the GIoU loss, mean over the image's locations with an object;
- objectness: the binary cross-entropy of the logits, mean over all A locations.

Where there is no object, `targets` has class 0 and a box of four zeros: neither is to be counted. (`outputs` has proper
boxes everywhere, with `x1 < x2` and `y1 < y2`.) An image without any object has class and box terms of 0. Returned is
the mean over all N images. Logarithms are natural ones.
"""

STARTER = '''\
import numpy as np


def dice_loss(p, g, smooth):
    """Return the soft Dice loss, the mean over images and classes."""
    raise NotImplementedError


def iou_loss(boxes, truth):
    """Return the mean of 1 - IoU over pairs of boxes."""
    raise NotImplementedError


def giou_loss(boxes, truth):
    """Return the mean of 1 - GIoU over pairs of boxes."""
    raise NotImplementedError


def detection_loss(outputs, targets, weights):
    """Return the weighted sum of class, box and objectness losses, the mean over images."""
    raise NotImplementedError
'''

CLASSES = 3
Array = np.ndarray[Any, Any]


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Masks with an absent class, boxes that overlap, nest and lie apart, images with many, few and no objects."""
    seen: dict[str, Plain] = {}
    same: dict[str, bool] = {}
    worked: dict[str, bool] = {}

    def call(part: str, name: str, *given: Any) -> Plain:
        passed = copy.deepcopy(given)
        outcome = student.outcome(name, *passed, read=_read)
        same[part] = same.get(part, True) and _same(passed, given)
        worked[name] = worked.get(name, False) or isinstance(outcome, float)
        return outcome

    seen["dice"] = {
        "classes": call("dice", "dice_loss", *_masks(rng, 3, CLASSES), 1.0),
        "single": call("dice", "dice_loss", *_masks(rng, 2, 1), float(rng.uniform(3.0, 6.0))),
    }
    for name in ("iou", "giou"):
        seen[name] = {
            how: call("boxes", f"{name}_loss", *_pairs(rng, how)) for how in ("overlapping", "nested", "apart")
        }
    some, none = _scene(rng, (0, 1, 2, 4)), _scene(rng, (0, 0))
    weights = [float(weight) for weight in rng.permuted([0.5, 1.5, 2.5]) + rng.uniform(0.0, 0.5, 3)]
    seen["detection"] = {
        "class": call("detection", "detection_loss", *some, (weights[0], 0.0, 0.0)),
        "objectness": call("detection", "detection_loss", *some, (0.0, 0.0, weights[2])),
        "box": call("detection", "detection_loss", *some, (0.0, weights[1], 0.0)),
        "all": call("detection", "detection_loss", *some, tuple(weights)),
        "empty": call("detection", "detection_loss", *none, tuple(weights)),
    }
    parts = {"dice": ["dice_loss"], "boxes": ["iou_loss", "giou_loss"], "detection": ["detection_loss"]}
    seen["inputs"] = {
        part: ("unchanged" if same[part] else "changed") if all(worked[name] for name in names) else "no number came"
        for part, names in parts.items()
    }
    return seen


def _masks(rng: np.random.Generator, count: int, classes: int) -> tuple[Array, Array]:
    """Probabilities and one-hot masks; the last class is nowhere in the first image."""
    shape = (count, 4, 5)
    logits = rng.standard_normal((*shape, classes))
    if classes == 1:
        mask = (rng.random((*shape, 1)) < 0.3).astype(np.float64)
        mask[0] = 0.0
        return 1 / (1 + np.exp(-logits)), mask
    labels = rng.integers(0, classes, shape)
    labels[0] = rng.integers(0, classes - 1, shape[1:])
    exponentials = np.exp(logits)
    return exponentials / exponentials.sum(axis=-1, keepdims=True), np.eye(classes)[labels]


def _pairs(rng: np.random.Generator, how: str, count: int = 4) -> tuple[Array, Array]:
    """Predicted boxes and true ones, 12 to 20 pixels long; four pairs, so that rows may pass for coordinates."""
    low, size = rng.uniform(30.0, 60.0, (count, 2)), rng.uniform(12.0, 20.0, (count, 2))
    truth = np.concatenate([low, low + size], axis=1)
    if how == "nested":
        inset = rng.uniform(1.0, 5.0, (count, 4)) * np.array([1.0, 1.0, -1.0, -1.0])
        return truth + inset * np.where(np.arange(count) % 2, 1.0, -1.0)[:, None], truth
    signs = rng.choice([-1.0, 1.0], (count, 2))
    if how == "overlapping":
        return truth + np.tile(signs * rng.uniform(2.0, 6.0, (count, 2)), 2) + rng.uniform(-1.0, 1.0, (count, 4)), truth
    # Apart along x alone, along y alone, and along both, where two negative sides have a positive product.
    away = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    shift = signs * np.where(away == 1, rng.uniform(21.0, 28.0, (count, 2)), rng.uniform(1.0, 4.0, (count, 2)))
    return truth + np.tile(shift, 2), truth


def _scene(rng: np.random.Generator, counts: tuple[int, ...]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Outputs and targets of a detector; so many objects in each image, in any order of the images."""
    images, locations = len(counts), 6
    objectness = np.array(
        [rng.permuted(np.arange(locations) < count) for count in rng.permuted(counts)], dtype=np.int64
    )
    pairs = [_pairs(rng, "overlapping", locations) for _ in range(images)]
    boxes, truth = (np.stack([pair[side] for pair in pairs]) for side in (0, 1))
    classes = rng.integers(0, CLASSES, objectness.shape)
    outputs = {
        "class_logits": rng.uniform(-3.0, 3.0, (images, locations, CLASSES)),
        "boxes": boxes,
        "objectness_logits": rng.uniform(-3.0, 3.0, (images, locations)),
    }
    targets = {"classes": classes * objectness, "boxes": truth * objectness[..., None], "objectness": objectness}
    return outputs, targets


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in other)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(_same(*parts) for parts in zip(one, other, strict=True))
    return bool(one == other)


def _read(value: object) -> Plain:
    seen = plain(value)
    number = seen.item() if isinstance(seen, np.ndarray) and seen.shape == () else seen
    return float(number) if type(number) is int else number


_NUMBERS = {"rtol": 1e-4, "atol": 1e-5}
_PAIRS = {
    "overlapping": "pairs of boxes that overlap",
    "nested": "pairs of boxes one inside the other",
    "apart": "pairs of boxes that lie apart",
}

EXERCISE = Exercise(
    id="13.3",
    title="Dice, IoU and the sum that trains a detector",
    statement=STATEMENT,
    starter=STARTER,
    entry=("dice_loss", "iou_loss", "giou_loss", "detection_loss"),
    observe=observe,
    reading="Chapter 13, Which loss for which task",
    checks=(
        Check(
            name="dice",
            title="The Dice loss is the mean over images and classes",
            points=2,
            fields={
                "dice.classes": "3 images, 3 classes, smooth 1",
                "dice.single": "2 images, one class, larger smooth",
            },
            advice="Work out one image with two pixels by hand. Which pixels does one sum run over?",
            **_NUMBERS,
        ),
        Check(
            name="iou",
            title="The IoU loss is right for boxes that overlap, nest or lie apart",
            points=2,
            fields={f"iou.{how}": words for how, words in _PAIRS.items()},
            advice="Draw two boxes on squared paper, once overlapping and once apart, and print every edge and area.",
            **_NUMBERS,
        ),
        Check(
            name="giou",
            title="The GIoU loss is right for boxes that overlap, nest or lie apart",
            points=2,
            fields={f"giou.{how}": words for how, words in _PAIRS.items()},
            advice="For one box inside the other, hull and union are equal. For boxes far apart the loss nears 2.",
            **_NUMBERS,
        ),
        Check(
            name="terms",
            title="Class and objectness terms count the right locations",
            points=2,
            fields={
                "detection.class": "the class term alone (the other weights are 0)",
                "detection.objectness": "the objectness term alone (the other weights are 0)",
                "detection.empty": "two images without any object",
            },
            advice="Which locations does each term run over, and what is it divided by? Try one image with one object.",
            **_NUMBERS,
        ),
        Check(
            name="sum",
            title="The box term counts, and the sum is weighted",
            points=1,
            fields={
                "detection.box": "the box term alone (the other weights are 0)",
                "detection.all": "the weighted sum of all three",
            },
            advice="Set one weight to 2 and the others to 0: does the loss double against a weight of 1? If giou_loss "
            "is wrong, so is this.",
            **_NUMBERS,
        ),
        Check(
            name="inputs",
            title="The arrays that were passed in stay unchanged",
            points=1,
            fields={
                "inputs.dice": "arrays after the Dice loss",
                "inputs.boxes": "arrays after the box losses",
                "inputs.detection": "arrays after the detection loss",
            },
            advice="Which of your lines writes into an array instead of making a new one? A row of an array is a view.",
        ),
    ),
    hints=(
        "Begin with the sums. Dice: for each image and class, so over two of the four axes. Boxes: for each pair, so "
        "along none.",
        "The intersection goes from the larger of the two low edges to the smaller of the two high ones, and a side "
        "that comes out negative is 0. The union is both areas less the intersection. The hull is the intersection's "
        "recipe with larger and smaller swapped.",
        "For detection, loop over the images: positive = objectness == 1. Where any are, take log-softmax[positive, "
        "classes[positive]] and giou_loss(boxes[positive], truth[positive]); the binary cross-entropy of a logit z is "
        "log(1 + exp(z)) - t * z. Add the three, weighted, and take the mean over the images.",
    ),
)
