"""16.2: a validation loop in TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain, type_name

STATEMENT = """\
Write `validate(model, loss_fn, dataset)`: the validation loop that runs **after each epoch of a training loop of one's
own** in TensorFlow.

| argument | is |
|---|---|
| `model` | a `keras.Model`, not compiled; called with `images`, it gives the outputs (logits), `(N, classes)` |
| `loss_fn` | a Keras loss on logits, `loss_fn(labels, outputs)`: the mean loss of the batch, a tensor |
| `dataset` | a `tf.data.Dataset` of batches `(images, labels)`: float32 `(N, H, W, C)` and int64 `(N,)`; the last \
batch may be smaller than the others |

It returns `{"loss": ..., "accuracy": ...}`, both Python `float`s:

- the loss: the mean of `loss_fn` over all images, **plus** the model's own losses (`model.losses`: penalties on
  weights, if it has any), once and whole, whatever the number of batches. That is the figure that Keras calls
  `val_loss`, and it can be compared with the loss that training minimises;
- the accuracy: the fraction (0 to 1) of all images whose largest output is that of their label.

Every image counts the same, in whatever batch it comes. The model predicts in inference mode, and nothing of it is
changed: neither a weight, nor a statistic of batch norm, nor which layers are `trainable`.

It is called again and again, for different models, losses and data sets; each call stands for itself.
"""

STARTER = '''\
import tensorflow as tf


def validate(model, loss_fn, dataset):
    """Return the mean loss and the accuracy on a data set."""
    raise NotImplementedError
'''

CLASSES = 5
# Batches as large as there are classes take a wrong axis without complaint.
BATCH = 5


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """A validation, a second one on other data with another loss, penalties, and layers that depend on the mode."""
    import keras

    from coursekit.autograders.ch16.keras_modes import network

    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def one_hot_error(y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean((keras.ops.one_hot(y_true, y_pred.shape[-1]) - y_pred) ** 2)

    events: list[str] = []
    plain_model, punished, moody = (
        network(rng, events, channels=2, classes=CLASSES, layers=layers)
        for layers in ("", "penalty", "norm dropout frozen")
    )
    return {
        "first": _run(student, rng, events, plain_model, cross_entropy, 5 * BATCH + 1),
        "second": _run(student, rng, events, plain_model, one_hot_error, 2 * BATCH + 2),
        "penalty": _run(student, rng, events, punished, cross_entropy, 2 * BATCH + 3),
        "modes": _run(student, rng, events, moody, cross_entropy, 3 * BATCH),
    }


def _run(
    student: Student, rng: np.random.Generator, events: list[str], model: Any, loss_fn: Any, count: int
) -> dict[str, Plain]:
    """One call: what it returned, in which modes the model ran, and what it left behind."""
    import tensorflow as tf

    from coursekit.autograders.ch16.keras_modes import state_of

    images = rng.standard_normal((count, 4, 4, 2)).astype(np.float32)
    # Right but for one image of a full batch and the last of all: no mistake of one image makes up for another's.
    labels = np.argmax(np.array(model(images, training=False)), axis=1).astype(np.int64)
    wrong = [int(rng.integers(BATCH)), count - 1]
    labels[wrong] = (labels[wrong] + rng.integers(1, CLASSES, 2)) % CLASSES
    events.clear()
    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).batch(BATCH)
    variables = list(model.variables)
    returned = student.outcome("validate", model, loss_fn, dataset, read=_read)
    figures = {name: returned.get(name, returned) for name in ("loss", "accuracy")}
    return {
        **{name: value.get("value", value) for name, value in figures.items()},
        "kinds": {name: value.get("kind", value) for name, value in figures.items()},
        "ran": sorted(set(events)),
        # Code that never calls the model leaves it alone, too; that is not what is asked.
        "called": "called" if events else "never called",
        **state_of(model, variables),
    }


def _read(value: object) -> Plain:
    from coursekit.autograders.tensorflow_scene import read_number

    if type(value) is not dict:
        return {key: {"kind": f"a {type_name(value)}, no dict", "value": plain(value)} for key in ("loss", "accuracy")}
    absent = {"kind": "nothing", "value": "nothing"}
    return {name: read_number(value[name]) if name in value else absent for name in ("loss", "accuracy")}


EXERCISE = Exercise(
    id="16.2",
    title="A validation loop in TensorFlow",
    statement=STATEMENT,
    starter=STARTER,
    entry=("validate",),
    framework="tensorflow",
    observe=observe,
    seconds=60.0,
    rounds=1,
    reading="Chapter 16, Validation loops",
    checks=(
        Check(
            name="loss",
            title="Returns the mean loss over all images",
            points=2,
            fields={"first.loss": "loss"},
            rtol=1e-4,
            atol=1e-5,
            advice="A last batch of one image: how much does that image weigh in your mean?",
        ),
        Check(
            name="accuracy",
            title="Returns the fraction of images that are classified rightly",
            points=2,
            fields={"first.accuracy": "accuracy"},
            advice="Which axis of the outputs holds the classes, and how many images are there in all?",
        ),
        Check(
            name="penalties",
            title="The model's own losses are in the loss, once",
            points=1,
            fields={"penalty.loss": "loss of a model with penalties on weights"},
            rtol=1e-4,
            atol=1e-5,
            advice="Look at model.losses of a model with a regularizer: does it depend on the images?",
        ),
        Check(
            name="inference",
            title="The model predicts in inference mode",
            points=2,
            fields={
                "modes.ran": "mode in which the model ran",
                "first.ran": "mode in which a model without dropout and batch norm ran",
            },
            advice="Which value of training= does each call of the model get?",
        ),
        Check(
            name="unchanged",
            title="Weights, statistics and trainable layers are as before",
            points=1,
            fields={
                "modes.variables": "variables afterwards",
                "modes.trainable": "trainable afterwards",
                "modes.called": "the model",
                "penalty.variables": "variables of a model with penalties afterwards",
                "penalty.trainable": "trainable of a model with penalties afterwards",
            },
            rtol=1e-6,
            advice="Compare model.get_weights(), and trainable of each layer, before and after.",
        ),
        Check(
            name="again",
            title="A second call, with other data and another loss, knows nothing of the first",
            points=1,
            fields={"second.loss": "loss of a second call", "second.accuracy": "accuracy of a second call"},
            rtol=1e-4,
            atol=1e-5,
            advice="What does your function keep from one call to the next?",
        ),
        Check(
            name="float",
            title="Both figures are Python floats, in a dict",
            points=1,
            fields={"first.kinds": "types of what was returned", "penalty.kinds": "types of what was returned"},
            advice="Print the type of each value that you return.",
        ),
    ),
    hints=(
        "Batches may differ in size: what must be added up so that each image counts the same? And what does "
        "training= say to batch norm and dropout?",
        "Multiply the loss of a batch by its size, and divide the sum by the number of images. The penalties in "
        "model.losses belong to the weights, not to a batch.",
        "In the loop: outputs = model(images, training=False); add loss_fn(labels, outputs) times the batch size, the "
        "number of places where the argmax along axis 1 equals the label, and the batch size. After it: divide both "
        "sums, add sum(model.losses) to the loss, make floats.",
    ),
)
