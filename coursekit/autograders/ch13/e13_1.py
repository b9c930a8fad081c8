"""13.1: softmax cross-entropy from scratch, stable for any logits."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain, type_name

STATEMENT = """\
Write `cross_entropy(logits, labels)` in NumPy: the **softmax cross-entropy** of a batch, and its gradient.

| argument | is |
|---|---|
| `logits` | float array `(N, C)`: one row of scores for each image, any real numbers, also 1000 or -1000 |
| `labels` | int array `(N,)`: the right class of each image, from 0 to C - 1 |

Return the pair `(loss, gradient)`. `loss` is a number: the mean over the batch of `-log(softmax(logits)[label])`,
with the natural logarithm. `gradient` is a float array `(N, C)`: the derivative of that mean with respect to each
logit. Both are finite and right for every finite input: large logits must not overflow, and a class that is certain
to be wrong must still have its true loss. `logits` and `labels` stay unchanged. Only NumPy and the standard library
are used.
"""

STARTER = '''\
import numpy as np


def cross_entropy(logits, labels):
    """Return the mean softmax cross-entropy of a batch and its gradient."""
    raise NotImplementedError
'''


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Ordinary batches, large logits, rows of very different levels; whether the inputs stayed as they were."""
    ordinary = _call(student, 2.0 * rng.standard_normal((7, 4)), rng.integers(0, 4, 7))
    square = _call(student, 2.0 * rng.standard_normal((5, 5)), rng.integers(0, 5, 5))
    large_logits = rng.choice([-1000.0, 1000.0], (6, 3)) + rng.standard_normal((6, 3))
    large = _call(student, large_logits, rng.integers(0, 3, 6))
    levels = np.array([0.0, -3000.0, 3000.0, 900.0])[:, None]
    uneven = _call(student, levels + rng.standard_normal((4, 3)), rng.integers(0, 3, 4))
    single = _call(student, rng.standard_normal((1, 6)).astype(np.float32), rng.integers(0, 6, 1))
    return {"ordinary": ordinary, "square": square, "large": large, "uneven": uneven, "single": single}


def _call(student: Student, logits: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> dict[str, Plain]:
    given = logits.copy(), labels.copy()
    outcome = student.outcome("cross_entropy", *given, read=_read)
    untouched = np.array_equal(given[0], logits) and np.array_equal(given[1], labels)
    parts = outcome if "loss" in outcome else {"loss": outcome, "gradient": outcome, "kinds": outcome}
    done = parts["kinds"] == "two values"
    return {**parts, "inputs": ("unchanged" if untouched else "changed") if done else "nothing was worked out"}


def _read(value: object) -> Plain:
    if type(value) not in (tuple, list) or len(value) != 2:  # type: ignore[arg-type]  # a tuple or a list has a length
        return {"loss": plain(value), "gradient": None, "kinds": f"one value of type {type_name(value)}"}
    loss, gradient = (plain(part) for part in value)  # type: ignore[attr-defined]  # it is a tuple or a list
    if isinstance(loss, np.ndarray) and loss.shape == ():
        loss = float(loss)
    # A list of lists holds the same numbers.
    if type(gradient) is list:
        with contextlib.suppress(ValueError, TypeError):
            gradient = np.array(gradient, dtype=np.float64)
    return {"loss": loss, "gradient": gradient, "kinds": "two values"}


EXERCISE = Exercise(
    id="13.1",
    title="Cross-entropy from scratch",
    statement=STATEMENT,
    starter=STARTER,
    entry=("cross_entropy",),
    observe=observe,
    reading="Chapter 13, Cross-entropy and its log-sum-exp form",
    checks=(
        Check(
            name="loss",
            title="The loss of ordinary batches is right",
            points=3,
            fields={
                "ordinary.loss": "loss of 7 images, 4 classes",
                "square.loss": "loss of 5 images, 5 classes",
                "single.loss": "loss of one image",
                "ordinary.kinds": "what was returned",
            },
            rtol=1e-5,
            atol=1e-6,
            advice="Work it out by hand for one image and two classes. Over what is the mean taken?",
        ),
        Check(
            name="gradient",
            title="The gradient of ordinary batches is right",
            points=3,
            fields={
                "ordinary.gradient": "gradient for 7 images, 4 classes",
                "square.gradient": "gradient for 5 images, 5 classes",
                "single.gradient": "gradient for one image",
            },
            rtol=1e-4,
            atol=1e-6,
            advice="Nudge one logit by 1e-5 and see how the loss answers: that is the number to get.",
        ),
        Check(
            name="stable",
            title="Logits of 1000 and rows of very different levels are no trouble",
            points=3,
            fields={
                "large.loss": "loss of logits about 1000 and -1000",
                "uneven.loss": "loss of rows at levels from -3000 to 3000",
                "large.gradient": "gradient for logits about 1000 and -1000",
                "uneven.gradient": "gradient for rows at levels from -3000 to 3000",
            },
            rtol=1e-5,
            atol=1e-6,
            advice="exp(1000) is infinite and exp(-1000) is zero, whose logarithm is not finite. A softmax does not "
            "change when a number "
            "is subtracted from a whole row.",
        ),
        Check(
            name="inputs",
            title="The arrays that were passed in stay unchanged",
            points=1,
            fields={
                "ordinary.inputs": "logits and labels after the call",
                "large.inputs": "logits and labels after the call",
            },
            advice="Which of your lines writes into an array instead of making a new one?",
        ),
    ),
    hints=(
        "Write the loss of one row as log(sum(exp(row))) - row[label], on paper, before any NumPy.",
        "Subtract from each row its own largest value first: the softmax stays the same, and no exp can overflow. "
        "Then take the "
        "logarithm of the sum, never of a single small probability.",
        "log_p = shifted - log(sum(exp(shifted))) along the classes, with keepdims. The loss is the mean of -log_p "
        "at the labels; the "
        "gradient is the softmax minus a one in each row at its label, and the mean brings in 1 / N.",
    ),
)
