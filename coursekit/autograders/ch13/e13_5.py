"""13.5: repair in Keras: a softmax in front of a loss with from_logits=True."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain, type_name

STATEMENT = """\
The code below runs, but its figures do not fit together: the loss that `fit` reports for a data set is another one than
`mean_loss` gives for the same images. And where it trains, Keras warns that the output does *not represent logits*.
(With TensorFlow, Keras looks behind the softmax while it trains, so that the training is right by luck; it cannot do
so for an array that came out of `predict`.) **Mend it.** Not every function needs a change.

| function | is to do |
|---|---|
| `build_model()` | returns a new `keras.Model`: flatten, dense 16 with tanh, dense 5; **compiled**, SGD with rate 0.5 |
| `mean_loss(model, images, labels)` | returns the mean cross-entropy between labels and predicted distribution |
| `probabilities(model, images)` | returns the predicted distribution: the softmax of what the last dense layer gives |

`images` is a float32 array `(N, 6, 6, 1)`, `labels` an int64 array `(N,)` with classes from 0 to 4, `N` is 1 or more,
perhaps more than a batch of `predict`. `model` always comes from your own `build_model()`, so what it gives for images
is between your three functions.

- The model's weights are those of the two dense layers, in their order, as they are now, and there from the start (the
  model is built). The caller sets their values by `model.set_weights`, kernel and bias of the first layer, then of the
  second: do not count on the initial ones.
- The model can be trained: `model.fit(images, labels)` and `model.train_on_batch(images, labels)` minimise the mean
  cross-entropy and report it, **without the warning**.
- `mean_loss` returns one number, right up to a thousandth of it. It is so also where the model is very sure and wrong:
  for logits of 300 it is about 300, neither infinite nor cut off.
- `probabilities` returns a NumPy array `(N, 5)`, each row a distribution over the classes: not negative, with sum 1.
- Neither `mean_loss` nor `probabilities` changes the weights.
"""

STARTER = '''\
import keras


def build_model():
    """A compiled classifier for images (N, 6, 6, 1) of 5 classes."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="tanh"),
            keras.layers.Dense(5, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(0.5),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def mean_loss(model, images, labels):
    """The mean cross-entropy over all images, a float."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return float(loss(labels, model.predict(images, verbose=0)))


def probabilities(model, images):
    """The probability of each class: an array (N, 5), rows that sum to one."""
    return model.predict(images, verbose=0)
'''

CLASSES = 5
SHAPES = [[36, 16], [16], [16, 5], [5]]
STEPS = 4


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """One model, with weights drawn anew: more images than a batch, a single one, logits in the hundreds, training."""
    built: list[Any] = []
    shapes = student.outcome("build_model", read=lambda value: _shapes(value, built))
    model = built[0] if built and shapes == SHAPES else None
    return {
        "network": shapes,
        "many": _measure(student, rng, model, count=37),
        # As many images as classes: there a wrong axis raises no error.
        "square": _measure(student, rng, model, count=CLASSES),
        "single": _measure(student, rng, model, count=1),
        "sure": _measure(student, rng, model, count=6, scale=150.0),
        "training": _train(student, rng, model),
    }


def _shapes(value: Any, built: list[Any]) -> Plain:
    import keras

    if not isinstance(value, keras.Model):
        return f"no keras.Model, but {type(value).__name__}"
    built.append(value)
    return [list(weight.shape) for weight in value.get_weights()]


def _draw(rng: np.random.Generator, model: Any, scale: float, count: int) -> tuple[Any, Any]:
    weights = [rng.standard_normal(shape) / np.sqrt(shape[0]) for shape in SHAPES]
    weights[2] *= 2.0 * scale
    if model is not None:
        model.set_weights([values.astype(np.float32) for values in weights])
    return rng.standard_normal((count, 6, 6, 1)).astype(np.float32), rng.integers(0, CLASSES, count)


def _measure(
    student: Student, rng: np.random.Generator, model: Any, *, count: int, scale: float = 1.0
) -> dict[str, Plain]:
    """The loss of some images, and their probabilities."""
    from coursekit.autograders.tensorflow_scene import read_number

    images, labels = _draw(rng, model, scale, count)
    loss = student.outcome("mean_loss", model, images.copy(), labels.copy(), read=read_number)
    return {
        "loss": loss.get("value", loss),
        **_shares(student, model, images),
    }


def _shares(student: Student, model: Any, images: Any) -> dict[str, Plain]:
    """The probabilities, also where they came as a tensor; and what they came as."""
    import tensorflow as tf

    kinds: list[str] = []

    def read(value: Any) -> Plain:
        kinds.append("a tensor" if tf.is_tensor(value) else type_name(value))
        return plain(value.numpy() if type(value) is type(tf.constant(0.0)) else value)

    shares = student.outcome("probabilities", model, images.copy(), read=read)
    return {"probabilities": shares, "kind": kinds[0] if kinds else shares}


def _train(student: Student, rng: np.random.Generator, model: Any) -> dict[str, Plain]:
    """A few training steps with what the student compiled; and whether Keras warned in them."""
    images, labels = _draw(rng, model, 1.0, 9)
    if model is None:
        return dict.fromkeys(("losses", "weights", "warned"), "there is no model to train")
    losses: list[Plain] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(STEPS):
                value = model.train_on_batch(images, labels)
                losses.append(float(np.ravel(value)[0]))
    except Exception as error:  # whatever a model that is wrongly made or compiled may raise
        return {name: {"raised": student.note(error)} for name in ("losses", "weights", "warned")}
    return {
        "losses": losses,
        "weights": np.concatenate([np.ravel(weight) for weight in model.get_weights()]),
        "warned": any("logits" in str(warning.message) for warning in caught),
    }


EXERCISE = Exercise(
    id="13.5",
    title="Repair: softmax before a loss on logits in Keras",
    statement=STATEMENT,
    starter=STARTER,
    entry=("build_model", "mean_loss", "probabilities"),
    framework="tensorflow",
    observe=observe,
    repair=True,
    # Each round makes Keras trace a new model, which takes longer than all that is done with it.
    rounds=1,
    reading="Chapter 13, Logits against probabilities",
    checks=(
        Check(
            name="loss",
            title="mean_loss is the mean cross-entropy of the predicted distribution",
            points=3,
            fields={
                "network": "shapes of the model's weights",
                "many.loss": "loss of 37 images",
                "square.loss": "loss of 5 images",
                "single.loss": "loss of a single image",
            },
            rtol=1e-3,
            atol=1e-4,
            advice="Work out by hand the loss of one image for which the last dense layer gives (2, 0, 0, 0, 0) and "
            "whose label is 0: is it log(1 + 4 exp(-2)), 0.43?",
        ),
        Check(
            name="sure",
            title="mean_loss is exact where the model is very sure and wrong",
            points=1,
            fields={"sure.loss": "loss where logits are in the hundreds"},
            rtol=1e-3,
            atol=1e-3,
            advice="What is float32's exp(-300), and what is its logarithm?",
        ),
        Check(
            name="training",
            title="The compiled model minimises and reports the mean cross-entropy",
            points=2,
            fields={
                "training.losses": "losses that train_on_batch reports",
                "training.weights": "weights after four training steps",
            },
            rtol=1e-3,
            atol=1e-4,
            advice="Does what the model gives fit what the loss in compile was told to expect?",
        ),
        Check(
            name="warning",
            title="Keras has nothing to warn of in training",
            points=1,
            fields={"training.warned": "whether Keras warned that the outputs are no logits"},
            advice="Read the warning: what does it say about from_logits?",
        ),
        Check(
            name="probabilities",
            title="Whoever asks for probabilities still gets them",
            points=2,
            fields={
                "many.probabilities": "probabilities of 37 images",
                "square.probabilities": "probabilities of 5 images",
                "single.probabilities": "probabilities of a single image",
                "sure.probabilities": "probabilities where logits are in the hundreds",
            },
            rtol=1e-3,
            atol=1e-5,
            advice="Print probabilities(model, images).sum(axis=1).",
        ),
        Check(
            name="array",
            title="The probabilities are a NumPy array",
            points=1,
            fields={"many.kind": "type of the probabilities"},
            advice="Print type(probabilities(model, images)), of the code as it was and of yours.",
        ),
    ),
    hints=(
        "from_logits=True promises something about what the model gives. Is the promise kept?",
        "There are two ways to keep it: the model gives logits, or the losses are told that they get probabilities. "
        "Only one of them stays exact where the model is very sure. And someone else used the model's softmax, too.",
        "Take the softmax out of the last Dense layer; both losses may then keep from_logits=True. In probabilities, "
        "put keras.ops.softmax(..., axis=-1) on what predict gives, and make a NumPy array of it.",
    ),
)
