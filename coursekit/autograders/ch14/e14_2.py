"""14.2: one training step in TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain

STATEMENT = """\
Write `train_step(model, optimizer, loss_fn, images, labels)`: **one training step** in TensorFlow with `GradientTape`.

| argument | is |
|---|---|
| `model` | a `keras.Model`; `model(images, ...)` gives the outputs (logits) |
| `optimizer` | a `keras.optimizers.Optimizer` |
| `loss_fn` | a Keras loss on logits, `loss_fn(labels, outputs)`: the mean loss of the batch |
| `images`, `labels` | one batch: float32 `(N, H, W, C)` and int64 `(N,)`; `N` differs from batch to batch |

A call makes one step of the optimizer on all trainable variables of the model, in training mode. What is minimised is
the loss of the batch plus the model's own losses (`model.losses`: penalties on weights), if any. The value of that
sum, as it was before the step, is returned as a Python `float`. It is called for one batch after the other.
"""

STARTER = '''\
import tensorflow as tf


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss as a float."""
    raise NotImplementedError
'''

SIZES = (6, 4, 5)


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Four short runs: SGD with momentum, Adam with dropout and batch norm, a very large loss, a weight penalty."""
    import keras

    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def one_hot_error(y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean((keras.ops.one_hot(y_true, y_pred.shape[-1]) - y_pred) ** 2)

    def large(y_true: Any, y_pred: Any) -> Any:
        return 1000.0 * cross_entropy(y_true, y_pred)

    return {
        "sgd": _run(student, rng, "", keras.optimizers.SGD(0.3, momentum=0.9), cross_entropy),
        "adam": _run(student, rng, "norm dropout", keras.optimizers.Adam(0.05), one_hot_error),
        "large": _run(student, rng, "", keras.optimizers.SGD(1e-4), large),
        "penalty": _run(student, rng, "penalty", keras.optimizers.SGD(0.3), cross_entropy),
    }


def _run(student: Student, rng: np.random.Generator, layers: str, optimizer: Any, loss_fn: Any) -> dict[str, Plain]:
    """Train on three batches of different sizes; note the weights, what was returned, steps and modes."""
    import tensorflow as tf

    from coursekit.autograders.tensorflow_scene import read_number, small_network, weights_of

    events: list[str] = []
    model = small_network(rng, events, channels=2, classes=3, layers=layers)
    optimizer.build(model.trainable_variables)
    returned, weights, steps, modes = [], [], [], []
    for size in SIZES:
        images = rng.standard_normal((size, 4, 4, 2)).astype(np.float32)
        batch = tf.constant(images), tf.constant(rng.integers(0, 3, size))
        events.clear()
        before = int(optimizer.iterations)
        returned.append(student.outcome("train_step", model, optimizer, loss_fn, *batch, read=read_number))
        weights.append(weights_of(model))
        steps.append(int(optimizer.iterations) - before)
        modes.append(sorted({event.partition(" in ")[2] for event in events}))
        if "raised" in returned[-1]:
            break
    first = returned[0]
    return {
        "first": weights[0],
        "later": weights[1:],
        "steps": steps,
        "modes": modes,
        "loss": first.get("value", first),
        "kinds": [value.get("kind", value) for value in returned],
    }


def _weights(run: str, words: str) -> dict[str, str]:
    return {f"{run}.first": f"weights after one batch ({words})", f"{run}.later": f"weights after the next ({words})"}


EXERCISE = Exercise(
    id="14.2",
    title="One training step in TensorFlow",
    statement=STATEMENT,
    starter=STARTER,
    entry=("train_step",),
    framework="tensorflow",
    observe=observe,
    seconds=60.0,
    rounds=1,
    reading="Chapter 14, The loop with GradientTape",
    checks=(
        Check(
            name="update",
            title="The weights after each batch are right",
            points=4,
            fields=_weights("sgd", "SGD with momentum") | _weights("large", "a very large loss"),
            rtol=1e-4,
            atol=1e-5,
            advice="Of which value does the tape take the gradient, and with respect to what?",
        ),
        Check(
            name="one-step",
            title="Each batch is one step of the optimizer",
            points=1,
            fields={
                "sgd.steps": "steps of the optimizer in each call",
                "large.steps": "steps of the optimizer in each call",
            },
            advice="Count the calls of the optimizer.",
        ),
        Check(
            name="mode",
            title="The model learns in training mode",
            points=2,
            fields={"adam.modes": "mode in which the model learned", **_weights("adam", "dropout, batch norm, Adam")},
            rtol=1e-3,
            atol=1e-4,
            advice="A plain call of a Keras model means inference.",
        ),
        Check(
            name="penalties",
            title="The model's own losses are part of what is minimised",
            points=1,
            fields=_weights("penalty", "a penalty on weights"),
            rtol=1e-4,
            atol=1e-5,
            advice="Look at model.losses after a forward pass of a model with a regularizer.",
        ),
        Check(
            name="loss",
            title="The minimised loss is returned, as it was before the step",
            points=1,
            fields={"sgd.loss": "loss of the first batch", "large.loss": "loss of a batch with a very large loss"},
            rtol=1e-4,
            atol=1e-5,
            advice="Compare with loss_fn(labels, model(images, training=True)) on the untouched model.",
        ),
        Check(
            name="float",
            title="What is returned is a Python float",
            points=1,
            fields={"sgd.kinds": "types of what was returned", "adam.kinds": "types of what was returned"},
            advice="Print type(...) of what you return.",
        ),
    ),
    hints=(
        "What has to happen inside the `with tf.GradientTape() as tape:` block, and what after it?",
        "A Keras model called without `training=True` runs as for inference. And its penalties wait in `model.losses`.",
        "In the tape: outputs with training=True, loss plus tf.add_n(model.losses) if there are any. After it: "
        "tape.gradient with "
        "respect to model.trainable_variables, apply_gradients on zip of both, and the float of the loss.",
    ),
)
