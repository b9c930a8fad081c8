"""Answers to 16.2."""

from __future__ import annotations

from coursekit.autograders.ch16.e16_2 import EXERCISE
from coursekit.grading.answers import Answers, Edit, Form, Misconception

from .variants_16_2 import VARIANTS

SOLUTION = """\
import tensorflow as tf


def validate(model, loss_fn, dataset):
    loss, correct, count = 0.0, 0, 0
    for images, labels in dataset:
        outputs = model(images, training=False)
        loss += float(loss_fn(labels, outputs)) * len(labels)
        correct += int(tf.reduce_sum(tf.cast(tf.argmax(outputs, axis=1) == labels, tf.int32)))
        count += len(labels)
    penalty = float(sum(model.losses))
    return {"loss": loss / count + penalty, "accuracy": correct / count}
"""

_MODES = "Chapter 16, training="
_MEANS = "Chapter 14, Metrics as means over samples"
_LOSSES = "Chapter 13, Logits against probabilities"

_START = "    loss, correct, count = 0.0, 0, 0\n"
_RUN = "        outputs = model(images, training=False)\n"
_CALL = "model(images, training=False)"
_LOSS = "float(loss_fn(labels, outputs))"
_COUNT = "        count += len(labels)\n"
_HITS = "tf.reduce_sum(tf.cast(tf.argmax(outputs, axis=1) == labels, tf.int32))"
_SHARE = "float(tf.reduce_mean(tf.cast(tf.argmax(outputs, axis=1) == labels, tf.float32)))"
_PENALTY = "    penalty = float(sum(model.losses))\n"
_RETURN = 'return {"loss": loss / count + penalty, "accuracy": correct / count}'
_MEAN_LOSS, _MEAN_RIGHT = '"loss": loss / count + penalty', '"accuracy": correct / count'


def _known(name: str, title: str, explanation: str, hint: str, *forms: Form, reading: str = _MEANS) -> Misconception:
    return Misconception(name=name, title=title, explanation=explanation, hint=hint, reading=reading, forms=forms)


MODEL = (
    _known(
        "training-mode",
        "The model is called with training=True",
        "Copied from the training step. Dropout drops, the prediction of an image depends on its neighbours, and batch "
        "norm moves its statistics towards the validation data. A plain call would have been right.",
        "What does training=True switch on, and is any of it wanted here?",
        Edit((_CALL, "model(images, training=True)")),
        reading=_MODES,
    ),
    _known(
        "both-modes",
        "The model runs a second time in training mode",
        "One pass for the loss and another for the accuracy, and one of them in training mode: the two figures belong "
        "to different networks, and batch norm's statistics have moved in between.",
        "How many passes does your loop make for each batch, and in which mode?",
        Edit((_LOSS, "float(loss_fn(labels, model(images, training=True)))")),
        Edit(("tf.argmax(outputs, axis=1)", "tf.argmax(model(images, training=True), axis=1)")),
        reading=_MODES,
    ),
    _known(
        "trainable-for-training",
        "trainable is switched instead of training",
        "trainable says which weights an optimizer may change; it is no mode, although a frozen batch norm runs in "
        "inference mode. Switched for a whole model and back, it forgets which layers were frozen.",
        "What is the difference between layer.trainable and the argument training=?",
        Edit((_START, _START + "    model.trainable = False\n")),
        Edit(
            (_START, _START + "    model.trainable = False\n"),
            ("    " + _RETURN, "    model.trainable = True\n    " + _RETURN),
        ),
        Edit(
            (_START, _START + "    model.trainable = False\n"),
            (_CALL, "model(images, training=True)"),
            ("    " + _RETURN, "    model.trainable = True\n    " + _RETURN),
        ),
        Edit((_START, _START + "    model.trainable = False\n"), (_CALL, "model(images, training=True)")),
        reading="Chapter 16, trainable against training",
    ),
    _known(
        "model-losses-ignored",
        "The model's own losses are left out",
        "fit and evaluate count them. Without them the validation loss lies below the training loss by the penalty, "
        "and looks better than it is.",
        "Where does a regularizer put its penalty?",
        Edit((_PENALTY, ""), (" + penalty", "")),
        reading="Chapter 15, Weight decay and penalties",
    ),
    _known(
        "penalty-per-batch",
        "The penalty is added once per batch, and then shared among the images",
        "Added to a sum that is divided by the number of images, the penalty comes out too small, and depends on the "
        "number of batches.",
        "By what is the penalty multiplied before you divide by the number of images?",
        Edit((_COUNT, "        loss += float(sum(model.losses))\n" + _COUNT), (_PENALTY, ""), (" + penalty", "")),
        reading="Chapter 15, Weight decay and penalties",
    ),
    _known(
        "penalty-per-batch-whole",
        "The penalty is added once for each batch",
        "It belongs to the weights, and they are the same for all batches: once is enough.",
        "Does model.losses depend on the images?",
        Edit(
            (_START, _START + "    penalty = 0.0\n"),
            (_COUNT, "        penalty += float(sum(model.losses))\n" + _COUNT),
            (_PENALTY, ""),
        ),
        reading="Chapter 15, Weight decay and penalties",
    ),
    _known(
        "only-one-penalty",
        "Only one of the model's losses is added",
        "model.losses is a list: each layer with a regularizer has its own entry.",
        "How long is the list model.losses?",
        Edit((_PENALTY, "    penalty = float(model.losses[0]) if model.losses else 0.0\n")),
        Edit((_PENALTY, "    penalty = float(model.losses[-1]) if model.losses else 0.0\n")),
        Edit((_PENALTY, "    penalty = float(tf.reduce_mean(model.losses)) if model.losses else 0.0\n")),
        reading="Chapter 15, Weight decay and penalties",
    ),
)

LOSSES = (
    _known(
        "swapped-loss-arguments",
        "Labels and outputs are given to the loss the wrong way round",
        "Keras's losses take (y_true, y_pred), PyTorch's (outputs, labels).",
        "In which order does a Keras loss take its arguments?",
        Edit(("loss_fn(labels, outputs)", "loss_fn(outputs, labels)")),
        reading=_LOSSES,
    ),
    _known(
        "softmax-before-loss",
        "The outputs go through a softmax before the loss",
        "The loss is built with from_logits=True and has its softmax inside. Twice, it cannot come near zero.",
        "What does loss_fn expect: logits or probabilities?",
        Edit((_CALL, "tf.nn.softmax(model(images, training=False))")),
        Edit((_CALL, "tf.nn.log_softmax(model(images, training=False))")),
        reading=_LOSSES,
    ),
    _known(
        "another-loss",
        "A cross-entropy of one's own is measured instead of loss_fn",
        "The validation loss can be compared with the training loss only if both are the same function.",
        "Where do you use loss_fn?",
        Edit(
            (
                _LOSS,
                "float(tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=outputs)))",
            )
        ),
        reading=_LOSSES,
    ),
    _known(
        "logits-without-from-logits",
        "Logits are given to a cross-entropy that expects probabilities",
        "Keras's cross-entropies take probabilities unless from_logits=True is said. They clip and scale what they "
        "get, and return a number that means nothing. The loss_fn that was handed over knows better.",
        "What does SparseCategoricalCrossentropy() assume about its input?",
        Edit((_LOSS, "float(tf.keras.losses.SparseCategoricalCrossentropy()(labels, outputs))")),
        reading=_LOSSES,
    ),
)

FIGURES = (
    _known(
        "mean-of-batch-means",
        "The means of the batches are averaged",
        "A last batch of one image weighs as much as a full one. keras.metrics.Mean does this, too, when it is given "
        "batch losses without sample_weight.",
        "How much does each image of a small last batch weigh?",
        Edit(
            (" * len(labels)\n", "\n"),
            ("int(" + _HITS + ")", _SHARE),
            ("count += len(labels)", "count += 1"),
        ),
        Edit((" * len(labels)\n", "\n"), (_MEAN_LOSS, '"loss": loss / len(dataset) + penalty')),
        Edit(("int(" + _HITS + ")", _SHARE), (_MEAN_RIGHT, '"accuracy": correct / len(dataset)')),
    ),
    _known(
        "sum-for-mean",
        "A sum is returned where the mean was asked for",
        "The figure grows with the number of batches and cannot be compared with any other.",
        "Would your number double with twice the images?",
        Edit((_MEAN_LOSS, '"loss": loss + penalty')),
        Edit((" * len(labels)\n", "\n"), (_MEAN_LOSS, '"loss": loss + penalty')),
        Edit((_MEAN_RIGHT, '"accuracy": correct')),
        Edit((_MEAN_LOSS, '"loss": loss + penalty'), (_MEAN_RIGHT, '"accuracy": correct')),
    ),
    _known(
        "wrong-divisor",
        "What is added up does not fit what it is divided by",
        "Means of batches divided by the number of images, or sums over images divided by the number of batches.",
        "What have you added up: one number per batch, or one per image?",
        Edit((" * len(labels)\n", "\n")),
        Edit((_MEAN_LOSS, '"loss": loss / len(dataset) + penalty')),
        Edit((_MEAN_RIGHT, '"accuracy": correct / len(dataset)')),
        Edit(
            (_MEAN_LOSS, '"loss": loss / len(dataset) + penalty'), (_MEAN_RIGHT, '"accuracy": correct / len(dataset)')
        ),
        Edit((" * len(labels)\n", "\n"), (_MEAN_RIGHT, '"accuracy": correct / len(dataset)')),
    ),
    _known(
        "all-batches-counted-full",
        "The last batch is counted as if it were full",
        "The size of the first batch times the number of batches: too many images by those that the last one lacks.",
        "How many images are in your last batch?",
        Edit((_COUNT, "        count += next(iter(dataset))[1].shape[0]\n")),
        Edit(
            (" * len(labels)\n", " * next(iter(dataset))[1].shape[0]\n"),
            (_COUNT, "        count += next(iter(dataset))[1].shape[0]\n"),
        ),
    ),
    _known(
        "last-batch-only",
        "The figures are those of the last batch",
        "Assigned where it should be added: the curve jumps with whatever images the last batch holds.",
        "What happens to the first batch's loss when the second one comes?",
        Edit(
            ("loss += float", "loss = float"),
            ("correct += int", "correct = int"),
            ("count += len(labels)", "count = len(labels)"),
        ),
        Edit(("loss += float", "loss = float"), (" * len(labels)\n", "\n"), (_MEAN_LOSS, '"loss": loss + penalty')),
    ),
    _known(
        "first-batch-only",
        "The loop ends after the first batch",
        "A return or a break inside the loop: the rest of the data is never seen.",
        "How often does your loop run?",
        Edit((_COUNT, _COUNT + "        break\n")),
    ),
    _known(
        "last-batch-dropped",
        "The smaller last batch is left out",
        "Some images are never measured, and they are the same ones every time.",
        "How many images do you count, and how many are there?",
        Edit(("in dataset:", "in dataset.unbatch().batch(5, drop_remainder=True):")),
        Edit(("in dataset:", "in dataset.take(len(dataset) - 1):")),
    ),
    _known(
        "argmax-over-the-batch",
        "The largest output is looked for along the batch",
        "tf.argmax runs along axis 0 unless it is told otherwise: the images compete for each class. It fails only "
        "where the sizes do not fit by chance.",
        "Which axis does tf.argmax use when none is given?",
        Edit(("axis=1", "axis=0")),
        Edit(("tf.argmax(outputs, axis=1) == labels", "labels == tf.argmax(outputs, axis=0)")),
        Edit(("tf.argmax(outputs, axis=1) == labels", "tf.equal(tf.argmax(outputs), labels)")),
    ),
    _known(
        "never-reset",
        "The figures of earlier calls are still in the sums",
        "A keras.metrics.Mean that lives outside the function keeps its state until reset_state() is called. The curve "
        "becomes a mean over all epochs so far: smooth, late, and wrong from the second epoch on.",
        "Who sets your sums back to zero when the second epoch is measured?",
        Edit(
            ("def validate", "loss, correct, count = 0.0, 0, 0\n\n\ndef validate"),
            (_START, "    global loss, correct, count\n"),
        ),
        Edit(
            ("def validate", "correct, seen = 0, 0\n\n\ndef validate"),
            (_START, "    global correct, seen\n    loss, count = 0.0, 0\n"),
            (_COUNT, _COUNT + "        seen += len(labels)\n"),
            (_MEAN_RIGHT, '"accuracy": correct / seen'),
        ),
        Edit(
            ("def validate", "loss, seen = 0.0, 0\n\n\ndef validate"),
            (_START, "    global loss, seen\n    correct, count = 0, 0\n"),
            (_COUNT, _COUNT + "        seen += len(labels)\n"),
            (_MEAN_LOSS, '"loss": loss / seen + penalty'),
        ),
    ),
    _known(
        "percent",
        "The accuracy is in percent",
        "A fraction from 0 to 1 was asked for: whoever compares or averages it later gets it wrong by a hundred.",
        "Between which numbers does a fraction lie?",
        Edit((_MEAN_RIGHT, '"accuracy": 100 * correct / count')),
    ),
    _known(
        "errors-counted",
        "The fraction of wrong images is returned",
        "That is the error rate, 1 - accuracy.",
        "Does your figure rise when the model gets better?",
        Edit(("axis=1) == labels", "axis=1) != labels")),
    ),
    _known(
        "returns-tensors",
        "Tensors are returned where floats were asked for",
        "They are no numbers to a logger or to JSON, and hold on to their device.",
        "How does one get at the one number in a tensor?",
        Edit(
            (_MEAN_LOSS, '"loss": tf.constant(loss / count + penalty)'),
            (_MEAN_RIGHT, '"accuracy": tf.constant(correct / count)'),
        ),
        Edit((_MEAN_LOSS, '"loss": tf.constant(loss / count + penalty)')),
        Edit((_MEAN_RIGHT, '"accuracy": tf.constant(correct / count)')),
    ),
    _known(
        "returns-numpy",
        "NumPy's float32 is returned where floats were asked for",
        "It prints like a number, and JSON refuses it.",
        "What type does tensor.numpy() of one number have?",
        Edit(
            (_MEAN_LOSS, '"loss": tf.constant(loss / count + penalty).numpy()'),
            (_MEAN_RIGHT, '"accuracy": tf.constant(correct / count).numpy()'),
        ),
        Edit((_MEAN_LOSS, '"loss": tf.constant(loss / count + penalty).numpy()')),
        Edit((_MEAN_RIGHT, '"accuracy": tf.constant(correct / count).numpy()')),
    ),
    _known(
        "returns-nothing",
        "Nothing is returned",
        "The figures are computed, and the caller gets None.",
        "What does a Python function give back that has no return?",
        Edit((_RETURN, 'print({"loss": loss / count + penalty, "accuracy": correct / count})')),
    ),
    _known(
        "returns-a-pair",
        "A pair is returned where a dict was asked for",
        "The caller asks for the loss by its name.",
        "What type has the returned value?",
        Edit((_RETURN, "return loss / count + penalty, correct / count")),
    ),
)

MISCONCEPTIONS = MODEL + LOSSES + FIGURES

EQUIVALENT = {
    "line 7: without training: model(images, training=False)": "A plain call of a Keras model means inference.",
}

ANSWERS = Answers(
    exercise=EXERCISE, solution=SOLUTION, misconceptions=MISCONCEPTIONS, variants=VARIANTS, equivalent=EQUIVALENT
)
