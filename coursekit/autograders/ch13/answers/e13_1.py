"""Answers to 13.1."""

from __future__ import annotations

from coursekit.autograders.ch13.e13_1 import EXERCISE
from coursekit.grading.answers import Answers, Edit, Form, Misconception

SOLUTION = """\
import numpy as np


def cross_entropy(logits, labels):
    rows = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_p[rows, labels].mean()
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1.0
    gradient = gradient / len(labels)
    return float(loss), gradient
"""

_NAIVE = "shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))"
_LOG_SUM_EXP = "Chapter 13, Cross-entropy and its log-sum-exp form"
_SHIFT = "logits - logits.max(axis=1, keepdims=True)"


def _probabilities(before_log: str, shift: str = _SHIFT) -> Edit:
    """A softmax first, and its logarithm afterwards."""
    return Edit(
        (_SHIFT, shift),
        (
            f"log_p = {_NAIVE}",
            "p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)\n    log_p = np.log(" + before_log + ")",
        ),
        ("gradient = np.exp(log_p)", "gradient = p.copy()"),
    )


def _clipped(*constants: str) -> tuple[Edit, ...]:
    return tuple(
        _probabilities(text)
        for constant in constants
        for text in (f"p + {constant}", f"np.clip(p, {constant}, None)", f"np.clip(p, {constant}, 1 - {constant})")
    )


MISCONCEPTIONS = (
    Misconception(
        name="overflow",
        title="exp overflows for large logits",
        explanation="exp(1000) is infinite in float64, and infinity divided by infinity is NaN. Small logits work, "
        "so that it is "
        "found in the middle of a training run.",
        hint="What may be subtracted from all logits of a row without changing its softmax?",
        reading=_LOG_SUM_EXP,
        forms=(
            Edit((_SHIFT, "logits")),
            *(_probabilities(text, "logits") for text in ("p", "p + 1e-12")),
        ),
        kin=tuple(_probabilities(f"p + {constant}", "logits") for constant in ("1e-6", "1e-7", "1e-8")),
    ),
    Misconception(
        name="log-of-zero",
        title="The logarithm of a probability that has become zero",
        explanation="After a stable softmax a very unlikely class has probability exactly zero, and its logarithm is "
        "minus infinity. The "
        "logarithm has to be taken before the exponential is made small: log-sum-exp.",
        hint="Can log(softmax) be written without dividing and without the logarithm of a small number?",
        reading=_LOG_SUM_EXP,
        forms=(_probabilities("p"),),
    ),
    Misconception(
        name="log-clipped",
        title="A small constant is hidden in the logarithm",
        explanation="log(p + 1e-12) never gets above 27.6: a confident mistake looks cheaper than it is. It hides the "
        "infinity and does not mend it.",
        hint="What is the true loss of a class whose logit is 2000 below the largest?",
        reading=_LOG_SUM_EXP,
        forms=_clipped("1e-12", "1e-15", "1e-10", "1e-9", "1e-20", "1e-300"),
        kin=_clipped("1e-8", "1e-7", "1e-6", "1e-5", "1e-4"),
    ),
    Misconception(
        name="one-maximum-for-all",
        title="One maximum is subtracted from the whole batch",
        explanation="Rows far below the largest logit of the batch underflow: all their exponentials are zero. Each "
        "row has a maximum of its own.",
        hint="What happens to a row whose logits are all 3000 below those of another?",
        reading=_LOG_SUM_EXP,
        forms=(
            Edit((_SHIFT, "logits - logits.max()")),
            Edit((_SHIFT, "logits - logits.max(axis=0)")),
            _probabilities("p", "logits - logits.max()"),
            Edit(
                (_SHIFT, "logits - logits.max()"),
                ("gradient = np.exp(log_p)", "e = np.exp(shifted)\n    gradient = e / e.sum(axis=1, keepdims=True)"),
            ),
        ),
    ),
    Misconception(
        name="softmax-over-batch",
        title="The softmax runs over the images instead of the classes",
        explanation="Along axis 0 the images of a batch compete for each class: the loss of an image depends on its "
        "neighbours.",
        hint="Which axis holds the classes? Which sums should be one?",
        reading="Chapter 13, Logits against probabilities",
        forms=(
            Edit(
                (_SHIFT, "logits - logits.max(axis=0, keepdims=True)"),
                (_NAIVE, "shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))"),
            ),
            Edit((_NAIVE, "shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))")),
        ),
    ),
    Misconception(
        name="softmax-over-everything",
        title="One softmax runs over the whole batch",
        explanation="A sum without an axis takes all images and classes together: every image's probabilities should "
        "sum to one of their own.",
        hint="Print the sum of the probabilities of one image.",
        reading="Chapter 13, Logits against probabilities",
        forms=(
            Edit((_SHIFT, "logits - logits.max()"), (_NAIVE, "shifted - np.log(np.exp(shifted).sum())")),
            Edit((_NAIVE, "shifted - np.log(np.exp(shifted).sum())")),
        ),
    ),
    Misconception(
        name="sum-for-mean",
        title="A sum over the batch where the mean was asked for",
        explanation="Loss and gradient grow with the batch size, and with them the steps.",
        hint="Does your loss double when every image is given twice?",
        reading="Chapter 13, Batch size and the scaling rule",
        forms=(
            Edit(("[rows, labels].mean()", "[rows, labels].sum()"), ("gradient = gradient / len(labels)", "pass")),
            Edit(("[rows, labels].mean()", "[rows, labels].sum()")),
        ),
    ),
    Misconception(
        name="gradient-of-the-sum",
        title="The gradient is not divided by the batch size",
        explanation="The loss is a mean, so its derivative carries 1/N. Without it, the gradient belongs to the sum.",
        hint="Compare with a numerical gradient of your own loss.",
        reading="Chapter 13, Numerical gradient check",
        forms=(Edit(("gradient = gradient / len(labels)", "pass")),),
    ),
    Misconception(
        name="mean-over-everything",
        title="The mean also divides by the number of classes",
        explanation="The mean of one-hot times log-probabilities over all N x C entries counts C - 1 zeros for every "
        "image.",
        hint="How many numbers does your mean run over, and how many images are there?",
        reading=_LOG_SUM_EXP,
        forms=(
            Edit(("[rows, labels].mean()", "[rows, labels].sum() / logits.size")),
            Edit(("[rows, labels].mean()", "[rows, labels].sum() / logits.size"), ("/ len(labels)", "/ logits.size")),
            Edit(("/ len(labels)", "/ logits.size")),
            Edit(("[rows, labels].mean()", "[rows, labels].sum() / logits.shape[1]")),
        ),
    ),
    Misconception(
        name="gradient-without-one-hot",
        title="The gradient is the softmax alone",
        explanation="The derivative is softmax minus one-hot. Without the one at the label, every logit is pushed "
        "down, the right one too.",
        hint="In which direction should the right class's logit move?",
        reading="Chapter 13, The gradient of softmax cross-entropy",
        forms=(Edit(("gradient[rows, labels] -= 1.0", "pass")),),
    ),
    Misconception(
        name="flipped-gradient",
        title="The gradient has the wrong sign",
        explanation="One-hot minus softmax is the direction of descent. The gradient points uphill.",
        hint="Compare its sign with a numerical gradient.",
        reading="Chapter 13, Numerical gradient check",
        forms=(
            Edit(("gradient = gradient / len(labels)", "gradient = -gradient / len(labels)")),
            Edit(("gradient = gradient / len(labels)", "gradient = -gradient")),
        ),
    ),
    Misconception(
        name="flipped-sign",
        title="The loss has the wrong sign",
        explanation="A logarithm of a probability is negative. The loss is its opposite, so that better predictions "
        "have a smaller loss, never below 0.",
        hint="Can a cross-entropy be negative?",
        reading=_LOG_SUM_EXP,
        forms=(
            Edit(("loss = -log_p", "loss = log_p")),
            Edit(
                ("loss = -log_p", "loss = log_p"),
                ("gradient = gradient / len(labels)", "gradient = -gradient / len(labels)"),
            ),
        ),
    ),
    Misconception(
        name="probabilities-for-logits",
        title="A softmax is taken of what is a softmax already",
        explanation="A second softmax squeezes the probabilities together: the loss cannot come near zero.",
        hint="How often does exp stand in your way from logits to loss?",
        reading="Chapter 13, Logits against probabilities",
        forms=(
            Edit(
                (
                    "np.arange(len(labels))",
                    "np.arange(len(labels))\n    logits = np.exp(logits - logits.max(axis=1, keepdims=True))\n"
                    "    logits = logits / logits.sum(axis=1, keepdims=True)",
                )
            ),
        ),
    ),
    Misconception(
        name="logits-for-probabilities",
        title="The logits are used as if they were probabilities",
        explanation="Logits may be negative, where there is no logarithm, and they do not sum to one.",
        hint="What turns scores into probabilities?",
        reading="Chapter 13, Logits against probabilities",
        forms=(
            Edit((_NAIVE, "np.log(logits)")),
            Edit(
                (_NAIVE, "np.log(logits)"),
                (
                    "gradient = np.exp(log_p)",
                    "gradient = np.exp(shifted)\n    gradient = gradient / gradient.sum(axis=1, keepdims=True)",
                ),
            ),
        ),
    ),
    Misconception(
        name="wrong-logarithm",
        title="The logarithm is not the natural one",
        explanation="With log2 or log10 the loss is a constant factor off, and the gradient no longer belongs to it.",
        hint="What is the loss of ten equal logits? It should be log(10) = 2.303.",
        reading=_LOG_SUM_EXP,
        forms=tuple(
            Edit(("loss = -log_p[rows, labels].mean()", f"loss = -log_p[rows, labels].mean() / np.log({base})"))
            for base in (2, 10)
        ),
    ),
    Misconception(
        name="labels-off-by-one",
        title="The labels are counted from one",
        explanation="Labels run from 0 to C - 1. Shifted by one, each image is compared with its neighbour class.",
        hint="Which column belongs to label 0?",
        reading=_LOG_SUM_EXP,
        forms=(Edit(("rows = np.arange(len(labels))", "rows = np.arange(len(labels))\n    labels = labels - 1")),),
    ),
    Misconception(
        name="argmax-for-labels",
        title="The predicted class stands where the label should be",
        explanation="The loss of the most likely class is always small: the network is told that it is right "
        "whatever it says.",
        hint="Where do the labels come into your loss?",
        reading=_LOG_SUM_EXP,
        forms=(
            Edit(
                ("rows = np.arange(len(labels))", "rows = np.arange(len(labels))\n    labels = logits.argmax(axis=1)")
            ),
        ),
    ),
    Misconception(
        name="changes-its-input",
        title="The caller's logits are overwritten",
        explanation="`logits -= ...` writes into the array that was passed in: whoever uses it afterwards works with "
        "other numbers.",
        hint="Which operators write in place?",
        reading="Chapter 13, From scratch in NumPy",
        forms=(Edit((f"shifted = {_SHIFT}", "logits -= logits.max(axis=1, keepdims=True)\n    shifted = logits")),),
    ),
    Misconception(
        name="one-loss-per-image",
        title="The losses of the images are returned, not their mean",
        explanation="A loss to descend is one number for the batch.",
        hint="What is the shape of what you return first?",
        reading=_LOG_SUM_EXP,
        forms=(
            Edit(("[rows, labels].mean()", "[rows, labels]"), ("float(loss)", "loss")),
            Edit(
                ("[rows, labels].mean()", "[rows, labels]"),
                ("float(loss)", "loss"),
                ("gradient = gradient / len(labels)", "pass"),
            ),
        ),
    ),
    Misconception(
        name="loss-alone",
        title="The loss is returned without its gradient",
        explanation="The exercise asks for the pair (loss, gradient).",
        hint="Read the line that begins with Return.",
        reading="Chapter 13, The gradient of softmax cross-entropy",
        forms=(Edit(("return float(loss), gradient", "return float(loss)")),),
    ),
)

VARIANTS: dict[str, Form] = {
    "logaddexp": """\
import numpy as np

def cross_entropy(logits, labels):
    n, c = logits.shape
    lse = np.logaddexp.reduce(logits.astype(np.float64), axis=1)
    picked = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    softmax = np.exp(logits - lse[:, None])
    return np.mean(lse - picked), (softmax - np.eye(c)[labels]) / n
""",
    "loops-in-plain-python": """\
import math
import numpy as np

def cross_entropy(logits, labels):
    total, gradient = 0.0, []
    for row, label in zip(logits.tolist(), labels.tolist()):
        top = max(row)
        exps = [math.exp(z - top) for z in row]
        s = math.fsum(exps)
        total += math.log(s) + top - row[label]
        gradient.append([(e / s - (k == label)) / len(labels) for k, e in enumerate(exps)])
    return total / len(labels), gradient
""",
    "one-hot": """\
import numpy as np

def cross_entropy(logits, labels):
    one_hot = (np.arange(logits.shape[1]) == labels[:, np.newaxis]).astype(float)
    z = logits.T - np.max(logits, axis=-1)
    log_p = (z - np.log(np.sum(np.exp(z), axis=0))).T
    loss = -np.sum(one_hot * log_p) / one_hot.sum()
    return [loss, (np.exp(log_p) - one_hot) / one_hot.sum()]
""",
    "softmax-and-log-softmax-apart": """\
import numpy as np

def softmax(z):
    e = np.exp(z - np.max(z, axis=1)[:, None])
    return e / np.sum(e, axis=1)[:, None]

def log_softmax(z):
    z = z - np.max(z, axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(1))[:, None]

def cross_entropy(logits, labels):
    N = logits.shape[0]
    g = softmax(logits)
    g[range(N), labels] -= 1
    g /= N
    return np.float32(-np.average(log_softmax(logits)[range(N), labels])), g
""",
    "copies-first": """\
import numpy as np

def cross_entropy(logits, labels):
    work = np.array(logits, dtype=np.longdouble)
    work -= np.amax(work, axis=1, keepdims=True)
    norm = np.log(np.exp(work).sum(axis=1))
    losses = norm - work[np.arange(labels.size), labels]
    probabilities = np.exp(work - norm.reshape(-1, 1))
    np.subtract.at(probabilities, (np.arange(labels.size), labels), 1)
    return losses.mean(), probabilities / labels.size
""",
    "row-by-row": """\
import numpy as np

def cross_entropy(logits, labels):
    out = np.zeros(logits.shape)
    losses = []
    for i in range(len(logits)):
        z = logits[i] - logits[i].max()
        losses.append(np.log(np.exp(z).sum()) - z[labels[i]])
        out[i] = np.exp(z) / np.exp(z).sum()
        out[i, labels[i]] -= 1
    return np.array(sum(losses) / len(losses)), out / len(out)
""",
}

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=MISCONCEPTIONS,
    variants=VARIANTS,
    equivalent={
        "line 12: the call gives its argument: float(loss)": "NumPy's float64 is a number as well, and a number is "
        "what is asked for",
    },
)
