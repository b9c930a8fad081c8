"""Misconceptions of 13.3 about the Dice loss, and those that are made in every loss alike."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import (
    BOXES,
    DICE,
    DICE_RESULT,
    GIOU_RESULT,
    INNER,
    IOU_RESULT,
    LOGITS,
    QUOTIENT,
    TOTAL,
    every,
    known,
)

_SCORES = ("dice", DICE_RESULT), ("iou", IOU_RESULT), ("giou", GIOU_RESULT)


def _sums(axis: str) -> Edit:
    return Edit((INNER, f"inner = (p * g).sum({axis})"), (TOTAL, f"total = (p + g).sum({axis})"))


def _quotient(what: str) -> Edit:
    return Edit((QUOTIENT, f"dice = {what}"))


OF_DICE = (
    known(
        "batch-in-one-sum",
        "The sums run over the whole batch",
        "With one sum over all images, a large object in one of them hides that a small one in another was missed, and "
        "the loss of an image depends on its neighbours.",
        "How many losses should there be for 3 images and 3 classes, before the mean?",
        DICE,
        _sums("axis=(0, 1, 2)"),
        _sums(""),
    ),
    known(
        "classes-in-one-sum",
        "The classes of an image are put into one sum",
        "Then the background, with most of the pixels, decides: the balance between classes that Dice is used for is "
        "lost.",
        "How many losses does one image have?",
        DICE,
        _sums("axis=(1, 2, 3)"),
    ),
    known(
        "sums-along-other-axes",
        "The sums run along other axes than rows and columns",
        "(2, 3) are rows and columns where the classes come second, as in PyTorch; here the classes come last. Nothing "
        "raises an error.",
        "What do the four axes of p hold, and which of them are the pixels?",
        DICE,
        _sums("axis=(2, 3)"),
        _sums("axis=3"),
        _sums("axis=1"),
        _sums("axis=2"),
        _sums("axis=0"),
    ),
    known(
        "background-left-out",
        "The first class is left out",
        "Some libraries leave the background out of the mean. Here it counts like the others, and with one class there "
        "is nothing else.",
        "Which classes does your mean run over?",
        DICE,
        Edit((INNER, "p, g = p[..., 1:], g[..., 1:]\n    " + INNER)),
    ),
    known(
        "thresholded",
        "The probabilities are turned into a hard mask",
        "A step has slope 0 everywhere: the measure is a good one to report, and a loss that teaches nothing.",
        "How does your loss change when a probability goes from 0.6 to 0.7?",
        DICE,
        Edit((INNER, "p = (p > 0.5) * 1.0\n    " + INNER)),
        Edit((INNER, "p = np.eye(p.shape[-1])[p.argmax(axis=-1)]\n    " + INNER)),
    ),
    known(
        "smooth-misplaced",
        "The smoothing does not stand once above and once below the line",
        "smooth above and below gives a class that is absent and not predicted a loss of 0. On one side alone it moves "
        "every value, and a perfect mask no longer has loss 0.",
        "What is the loss of an image of zeros with a prediction of zeros? And of a perfect mask?",
        DICE,
        _quotient("(2 * inner + smooth) / total"),
        _quotient("2 * inner / (total + smooth)"),
        _quotient("2 * (inner + smooth) / (total + smooth)"),
        _quotient("(2 * inner + smooth) / (total + 2 * smooth)"),
        _quotient("2 * inner / total + smooth"),
    ),
    known(
        "smooth-ignored",
        "The smoothing is missing, or a number of your own",
        "The caller says how much is smoothed: an argument that is not used is a promise that is not kept.",
        "Does your result change when smooth does?",
        DICE,
        _quotient("2 * inner / total"),
        _quotient("(2 * inner + 1) / (total + 1)"),
        _quotient("(2 * inner + 1e-6) / (total + 1e-6)"),
    ),
    known(
        "dice-without-the-two",
        "The intersection is not doubled",
        "The sum of p and g counts the common part twice. Without the 2, a perfect mask scores one half.",
        "What is the loss of a mask that equals the truth?",
        DICE,
        _quotient("(inner + smooth) / (total + smooth)"),
    ),
    known(
        "jaccard-for-dice",
        "The IoU of the masks was taken",
        "Intersection over union is the Jaccard index. It ranks as Dice does, and has other values and another slope.",
        "What stands below the line: the sum of both areas, or their union?",
        DICE,
        _quotient("(inner + smooth) / (total - inner + smooth)"),
    ),
    known(
        "squared-sums",
        "The probabilities are squared below the line",
        "That is V-Net's Dice loss, a good one too, with other values. Here the sums are plain.",
        "Compare your denominator with the formula of the task.",
        DICE,
        Edit((TOTAL, "total = (p**2 + g**2).sum(axis=(1, 2))")),
    ),
    known(
        "no-one-minus",
        "The score is returned, not the loss",
        "Dice and IoU are largest where the prediction is perfect. An optimizer that makes them smaller unlearns.",
        "What should the loss of a perfect prediction be?",
        BOXES,
        *every(*(Edit((old, f"return {name}.mean()")) for name, old in _SCORES)),
        *every(*(Edit((old, f"return -{name}.mean()")) for name, old in _SCORES)),
        Edit((IOU_RESULT, "return iou.mean()"), (GIOU_RESULT, "return giou.mean()")),
        Edit((IOU_RESULT, "return -iou.mean()"), (GIOU_RESULT, "return -giou.mean()")),
    ),
    known(
        "sum-for-mean",
        "A sum is returned where the mean was asked for",
        "The loss grows with the number of images or boxes, and with it the step.",
        "Does your loss double when every image or box is given twice?",
        "Chapter 13, Batch size and the scaling rule",
        *every(*(Edit((old, f"return (1 - {name}).sum()")) for name, old in _SCORES)),
        Edit((IOU_RESULT, "return (1 - iou).sum()"), (GIOU_RESULT, "return (1 - giou).sum()")),
        Edit((DICE_RESULT, "return (1 - dice).sum() / len(p)")),
    ),
    known(
        "one-minus-the-sum",
        "The sum is taken from 1",
        "1 - IoU belongs to each pair. 1 minus the sum of all IoUs becomes negative as soon as two pairs match.",
        "What is your loss for ten perfect boxes?",
        BOXES,
        *every(*(Edit((old, f"return 1 - {name}.sum()")) for name, old in _SCORES)),
        Edit((IOU_RESULT, "return 1 - iou.sum()"), (GIOU_RESULT, "return 1 - giou.sum()")),
    ),
    known(
        "loss-of-each",
        "One loss for each pair or class is returned, not their mean",
        "Training needs one number: what the gradient is taken of.",
        "How many numbers should a loss have?",
        "Chapter 13, The loss as elevation",
        *every(*(Edit((old, f"return 1 - {name}")) for name, old in _SCORES)),
        Edit((IOU_RESULT, "return 1 - iou"), (GIOU_RESULT, "return 1 - giou")),
    ),
    known(
        "changes-its-inputs",
        "The caller's arrays are overwritten",
        "`p *= g` and `scores -= ...` write into the arrays that were passed in; a row of an array is a view of it.",
        "Which operators write in place?",
        DICE,
        *every(
            Edit((INNER, ""), (TOTAL, TOTAL + "\n    p *= g\n    inner = p.sum(axis=(1, 2))")),
            Edit(
                (
                    LOGITS,
                    'outputs["class_logits"][image] -= outputs["class_logits"][image].max(axis=1, keepdims=True)\n'
                    "            " + LOGITS,
                )
            ),
        ),
    ),
)
