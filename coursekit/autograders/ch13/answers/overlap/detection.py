"""Misconceptions of 13.3 about the weighted sum of a detector."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import (
    ANY,
    APPEND,
    BINARY,
    BOX_LOSS,
    CLASS_LOSS,
    CLASSES,
    DETECTION,
    GIOU_RESULT,
    LOGITS,
    OBJECTNESS,
    POSITIVE,
    RESULT,
    WEIGHTED,
    WEIGHTS,
    every,
    known,
)

_ALL_CLASSES = Edit(
    (LOGITS, LOGITS.replace("[positive]", "")),
    (CLASSES, CLASSES.replace("[positive]", "")),
)
_ALL_BOXES = Edit((BOX_LOSS, BOX_LOSS.replace("[positive]", "")))
_IN_BATCH = 'len(targets["objectness"]) / (targets["objectness"] == 1).sum()'
_WITH_OBJECT = 'len(targets["objectness"]) / (targets["objectness"] == 1).any(axis=1).sum()'

_WHOLE_CLASSES = Edit((CLASS_LOSS, "class_loss = (-log_p[np.arange(len(classes)), classes]).astype(int).mean()"))
_WHOLE_BOXES = Edit(
    (
        BOX_LOSS,
        'pairs = outputs["boxes"][image][positive], targets["boxes"][image][positive]\n'
        "            box_loss = np.mean([int(giou_loss(box[None], true[None])) for box, true in zip(*pairs)])",
    )
)
_WHOLE_OBJECTNESS = Edit((OBJECTNESS, OBJECTNESS.replace("binary", "binary.astype(int)")))

OF_DETECTION = (
    known(
        "negatives-counted",
        "Classes and boxes count where there is no object",
        "The class and the box of an empty location mean nothing: the network learns to call the background class 0 "
        "and to shrink its boxes to nothing.",
        "What is the true box of a location without an object?",
        DETECTION,
        *every(_ALL_CLASSES, _ALL_BOXES),
        Edit((POSITIVE, "positive = objectness >= 0")),
    ),
    known(
        "objectness-of-positives",
        "Objectness is learned from the objects alone",
        "A term that sees only ones is smallest when it says one everywhere: then everything is an object.",
        "Which locations teach the network to say no?",
        DETECTION,
        Edit((OBJECTNESS, "loss = objectness_weight * binary[positive].mean() if positive.any() else 0.0")),
        Edit((OBJECTNESS, f"loss = objectness_weight * binary[positive].sum() * {_IN_BATCH}")),
    ),
    known(
        "divided-by-all-locations",
        "The class and box terms are divided by all locations",
        "Most locations are empty: divided by all of them, class and box nearly vanish beside objectness.",
        "How many losses are added up in the class term, and by what are they divided?",
        DETECTION,
        *every(
            Edit((CLASS_LOSS, CLASS_LOSS + " * positive.mean()")),
            Edit((BOX_LOSS, BOX_LOSS + " * positive.mean()")),
        ),
    ),
    known(
        "divided-by-objects-of-the-batch",
        "The class and box terms are divided by the objects of the whole batch",
        "Many detectors do that. Here every image counts the same: its mean is over its own objects.",
        "By what is the class term of an image with four objects divided, and that of one with a single object?",
        DETECTION,
        *every(
            Edit((CLASS_LOSS, CLASS_LOSS + f" * len(classes) * {_IN_BATCH}")),
            Edit((BOX_LOSS, BOX_LOSS + f" * len(classes) * {_IN_BATCH}")),
        ),
    ),
    known(
        "empty-images-not-counted",
        "Images without an object are not counted in the mean",
        "An image without objects still has an objectness term, and it is one of the N images in all three means.",
        "By how many images do you divide?",
        DETECTION,
        Edit((APPEND, "        if positive.any():\n            losses.append(loss)")),
        Edit(
            (APPEND, "        if positive.any():\n            losses.append(loss)"),
            (RESULT, "return np.mean(losses or 0)"),
        ),
        Edit((APPEND, "        losses.append(loss if positive.any() else 0.0)")),
        Edit((WEIGHTED, f"loss += (class_weight * class_loss + box_weight * box_loss) * {_WITH_OBJECT}")),
        Edit(
            (WEIGHTED, f"loss += (class_weight * class_loss + box_weight * box_loss) * {_WITH_OBJECT}"),
            (RESULT, 'return np.mean(losses) + (0.0 if (targets["objectness"] == 1).any() else np.nan)'),
        ),
    ),
    known(
        "mean-of-nothing",
        "The mean over no objects is NaN",
        "An image without objects divides zero by zero. One NaN makes the weights NaN, and that is for good.",
        "What is np.mean of an empty array?",
        DETECTION,
        Edit((ANY, "if True:")),
        Edit((ANY, "if True:"), (GIOU_RESULT, "return 1 - sum(giou.tolist()) / len(giou)")),
    ),
    known(
        "terms-summed",
        "Sums stand where means were asked for",
        "The term grows with the number of locations or objects: the weights mean something else in every image.",
        "Does your term double when all locations are there twice?",
        DETECTION,
        *every(
            Edit((CLASS_LOSS, CLASS_LOSS.replace("mean", "sum"))),
            Edit((BOX_LOSS, BOX_LOSS + " * len(classes)")),
            Edit((OBJECTNESS, OBJECTNESS.replace("mean", "sum"))),
        ),
        Edit((OBJECTNESS, OBJECTNESS.replace("mean()", 'sum() * len(targets["objectness"])'))),
        Edit((CLASS_LOSS, CLASS_LOSS.replace("mean", "sum")), (BOX_LOSS, BOX_LOSS + " * len(classes)")),
    ),
    known(
        "losses-cut-to-whole-numbers",
        "Losses are put into an array of integers",
        "np.zeros_like(objectness) is an array of int64, as objectness is: what is assigned to it loses its decimals "
        "without an error. A box loss of 0.8 becomes 0, and the network learns nothing of boxes.",
        "What is the dtype of the array that you put your losses into? What does it hold after a[0] = 0.8?",
        DETECTION,
        *every(_WHOLE_CLASSES, _WHOLE_BOXES, _WHOLE_OBJECTNESS),
        _WHOLE_CLASSES.join(_WHOLE_BOXES),
    ),
    known(
        "images-summed",
        "The losses of the images are summed",
        "The loss grows with the batch, and with it the step.",
        "Does your loss double when every image is given twice?",
        "Chapter 13, Batch size and the scaling rule",
        Edit((RESULT, "return sum(losses)")),
    ),
    known(
        "weights-normalised",
        "The weights are made to add up to 1",
        "They are factors, not shares: with one weight changed, the other two terms must stay as they are.",
        "Does your loss double when all three weights do?",
        DETECTION,
        Edit((WEIGHTS, WEIGHTS.replace("= weights", "= (weight / sum(weights) for weight in weights)"))),
        Edit((RESULT, "return np.mean(losses) / 3")),
    ),
    known(
        "weights-left-out",
        "A term stands in the sum without its weight",
        "Then the caller cannot switch it off nor balance it.",
        "What is left of your loss when all weights are 0?",
        DETECTION,
        *every(
            Edit((WEIGHTED, "loss += class_loss + box_loss")),
            Edit((OBJECTNESS, "loss = binary.mean()")),
        ),
        Edit((WEIGHTED, "loss += class_loss + box_weight * box_loss")),
        Edit((WEIGHTED, "loss += class_weight * class_loss + box_loss")),
    ),
    known(
        "weights-in-another-order",
        "The weights are taken in another order",
        "They come as class, box, objectness.",
        "Which number belongs to which term?",
        DETECTION,
        Edit((WEIGHTS, "box_weight, class_weight, objectness_weight = weights")),
        Edit((WEIGHTS, "class_weight, objectness_weight, box_weight = weights")),
        Edit((WEIGHTS, "objectness_weight, box_weight, class_weight = weights")),
    ),
    known(
        "activated-twice",
        "Logits go through a softmax or sigmoid twice",
        "The cross-entropy of logits has the softmax or sigmoid inside. Probabilities taken for logits lie between 0 "
        "and 1: no prediction can become sure.",
        "Which of your lines turns logits into probabilities, and what does the next one expect?",
        "Chapter 13, Logits against probabilities",
        *every(
            Edit(
                (LOGITS, LOGITS + "\n            logits = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)")
            ),
            Edit((BINARY, "scores = 1 / (1 + np.exp(-scores))\n        " + BINARY)),
        ),
    ),
    known(
        "half-a-binary-cross-entropy",
        "The binary cross-entropy has only one of its halves",
        "-t log(p) says nothing where t is 0: empty locations teach nothing.",
        "What does your term say of an empty location with a score of 3?",
        DETECTION,
        Edit((BINARY, "binary = objectness * np.log(1 + np.exp(-scores))")),
        Edit((BINARY, "binary = (1 - objectness) * np.log(1 + np.exp(scores))")),
    ),
    known(
        "squared-objectness",
        "Objectness is a squared error",
        "The first YOLO had that. Its slope vanishes where the sigmoid is sure and wrong; cross-entropy was asked for.",
        "How does your term grow as a wrong score goes from 3 to 30?",
        DETECTION,
        Edit((BINARY, "binary = (1 / (1 + np.exp(-scores)) - objectness) ** 2")),
    ),
    known(
        "flipped-sign",
        "The cross-entropy has the wrong sign",
        "The logarithm of a probability is negative; without the minus the class term rewards mistakes.",
        "Is your class term positive?",
        DETECTION,
        Edit((CLASS_LOSS, CLASS_LOSS.replace("-log_p", "log_p"))),
        Edit((BINARY, "binary = objectness * scores - np.log(1 + np.exp(scores))")),
    ),
)
