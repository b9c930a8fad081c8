"""Answers to 13.5."""

from __future__ import annotations

from coursekit.autograders.ch13.answers.repair_variants import KERAS
from coursekit.autograders.ch13.e13_5 import EXERCISE
from coursekit.grading.answers import Answers, Edit, Form, Misconception

SOLUTION = """\
import keras


def build_model():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="tanh"),
            keras.layers.Dense(5),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(0.5),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def mean_loss(model, images, labels):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return float(loss(labels, model.predict(images, verbose=0)))


def probabilities(model, images):
    logits = model.predict(images, verbose=0)
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits, axis=-1))
"""

ENTROPY = "keras.losses.SparseCategoricalCrossentropy"
HEAD = "keras.layers.Dense(5)"
COMPILED = f"        loss={ENTROPY}(from_logits=True)"
MEASURED = f"    loss = {ENTROPY}(from_logits=True)"
VALUE = "float(loss(labels, model.predict(images, verbose=0)))"
SHARES = "keras.ops.convert_to_numpy(keras.ops.softmax(logits, axis=-1))"

WITH_SOFTMAX = Edit((HEAD, 'keras.layers.Dense(5, activation="softmax")'), (SHARES, "logits"))
"""The model keeps its softmax; whoever asks for probabilities gets what it gives."""
TRAINED_ON_SHARES = Edit((COMPILED, f"        loss={ENTROPY}(from_logits=False)"))
MEASURED_ON_SHARES = Edit((MEASURED, f"    loss = {ENTROPY}(from_logits=False)"))


def _shares(what: str) -> Edit:
    return Edit((SHARES, what))


def _value(what: str) -> Edit:
    return Edit((VALUE, what))


def _known(
    name: str, title: str, explanation: str, hint: str, *forms: Form, kin: tuple[Form, ...] = ()
) -> Misconception:
    reading = "Chapter 13, Logits against probabilities"
    return Misconception(
        name=name, title=title, explanation=explanation, hint=hint, reading=reading, forms=forms, kin=kin
    )


def _of_shares(small: str) -> Edit:
    """mean_loss by hand from probabilities, with a small number inside the logarithm."""
    picked = "keras.ops.take_along_axis(probabilities(model, images), labels[:, None], 1)"
    return _value(f"float(-keras.ops.mean(keras.ops.log({picked} + {small})))")


_POWERS = "keras.ops.exp(logits) / keras.ops.sum(keras.ops.exp(logits), axis=-1, keepdims=True)"

MISCONCEPTIONS = (
    _known(
        "softmax-before-logits-loss",
        "Probabilities still go into a loss with from_logits=True",
        "The loss applies a softmax itself. A softmax of probabilities is nearly flat: with 5 classes the loss cannot "
        "fall under log(e + 4) - 1 = 0.905. No warning comes, for predict returned a plain array.",
        "What does model.predict give, and what was the loss in mean_loss told to expect?",
        WITH_SOFTMAX.join(TRAINED_ON_SHARES),
        _value("float(loss(labels, probabilities(model, images)))"),
        WITH_SOFTMAX,
    ),
    _known(
        "logits-without-from-logits",
        "The softmax is gone, and from_logits=True with it",
        "One of the two had to go. Now logits are taken for probabilities: divided by their sum, cut off at 0 and 1, "
        "and then put under a logarithm. The figure means nothing, and training goes anywhere.",
        "What does the model give now, and what does the loss take it for?",
        TRAINED_ON_SHARES.join(MEASURED_ON_SHARES),
        TRAINED_ON_SHARES,
        MEASURED_ON_SHARES,
    ),
    _known(
        "logits-as-probabilities",
        "The softmax is gone from the model, and nobody puts it back for the probabilities",
        "The losses are mended, but callers of probabilities now get logits: negative numbers, rows of any sum.",
        "Who else relied on the softmax that you took out?",
        _shares("logits"),
    ),
    _known(
        "log-of-softmax",
        "The logarithm is taken of a finished softmax",
        "It fits, nearly: but float32 rounds small probabilities to 0, and Keras cuts them off at 1e-7, so that no "
        "image can cost more than 16.1. From logits, cross-entropy is exact however sure the model is.",
        "What does your loss give for an image whose right class has probability exp(-300)?",
        WITH_SOFTMAX.join(TRAINED_ON_SHARES).join(MEASURED_ON_SHARES),
        _value(f"float({ENTROPY}()(labels, probabilities(model, images)))"),
        _of_shares("0.0"),
        _of_shares("1e-8"),
        kin=(_of_shares("1e-7"), _of_shares("1e-9"), _of_shares("1e-10"), _of_shares("1e-12")),
    ),
    _known(
        "rescued-in-training",
        "Training still relies on Keras looking behind the softmax",
        "TensorFlow's backend finds the logits behind a softmax that it was given by mistake, and warns. With one more "
        "layer after the softmax, or with another backend, it does not, and the training is wrong without a word.",
        "What does Keras warn of when you call fit?",
        WITH_SOFTMAX.join(_value("model.evaluate(images, labels, verbose=0)")),
        WITH_SOFTMAX.join(MEASURED_ON_SHARES),
    ),
    _known(
        "softmax-twice-everywhere",
        "The model's softmax stays, and another one is put on top",
        "A second softmax flattens what the first one gave: no class can get more than e / (e + 4) = 40% any more.",
        "What does the model give, before probabilities touches it?",
        Edit((HEAD, 'keras.layers.Dense(5, activation="softmax")')),
        Edit((HEAD, 'keras.layers.Dense(5, activation="softmax")')).join(TRAINED_ON_SHARES).join(MEASURED_ON_SHARES),
    ),
    _known(
        "sigmoid-for-softmax",
        "A sigmoid makes the probabilities",
        "A sigmoid looks at each class alone: the rows do not sum to 1. It belongs to tasks in which several classes, "
        "or none, may be right.",
        "What do your rows sum to?",
        _shares("keras.ops.convert_to_numpy(keras.ops.sigmoid(logits))"),
    ),
    _known(
        "softmax-over-the-batch",
        "The softmax runs over the images",
        "Axis 0 is the batch: then the columns sum to 1, and the probability of an image depends on its neighbours.",
        "Which sums are 1: those of the rows, or those of the columns?",
        _shares("keras.ops.convert_to_numpy(keras.ops.softmax(logits, axis=0))"),
    ),
    _known(
        "log-probabilities",
        "Callers of probabilities get their logarithms",
        "log_softmax serves a loss. A probability is not negative.",
        "Can a probability be -2?",
        _shares("keras.ops.convert_to_numpy(keras.ops.log_softmax(logits, axis=-1))"),
    ),
    _known(
        "exp-overflows",
        "The softmax takes the exponential of large logits",
        "float32's exp is infinite from 89 on, and infinity over infinity is NaN: just where the model is most sure, "
        "it says nothing. With the largest logit of each row taken off first, the quotient is the same and no "
        "exponential is above 1; keras.ops.softmax does so.",
        "What is np.exp(np.float32(100)), and what is that divided by itself?",
        _shares(f"keras.ops.convert_to_numpy({_POWERS})"),
        _shares(f"keras.ops.convert_to_numpy(keras.ops.nan_to_num({_POWERS}))"),
    ),
    _known(
        "tensor-for-array",
        "Callers of probabilities get a tensor instead of a NumPy array",
        "predict gave an array, and so callers expect one. What a function returns is part of what it promises.",
        "What is type(probabilities(model, images)), before and after your change?",
        _shares("keras.ops.softmax(logits, axis=-1)"),
    ),
    _known(
        "winner-takes-all",
        "The largest class gets probability 1",
        "That is a decision, no distribution: how sure the network is has been lost.",
        "What do your probabilities say about an image on which the network hesitates?",
        _shares("keras.ops.convert_to_numpy(keras.ops.one_hot(logits.argmax(axis=1), 5))"),
        _shares("logits.argmax(axis=1)"),
    ),
    _known(
        "sum-for-mean",
        "mean_loss is a sum over the images",
        "A sum grows with the data set, and cannot be compared with the loss that fit reports.",
        "What would your figure be for twice as many images?",
        Edit((MEASURED, f'    loss = {ENTROPY}(from_logits=True, reduction="sum")')),
    ),
    _known(
        "trained-by-measuring",
        "Measuring the loss takes a training step",
        "train_on_batch and fit report the loss of the model as it was, and change its weights. Every look at a "
        "validation set then trains on it. evaluate and test_on_batch measure without a step.",
        "Are model.get_weights() the same before and after a call of mean_loss?",
        _value('(model.reset_metrics(), float(model.train_on_batch(images, labels, return_dict=True)["loss"]))[1]'),
        _value("float(model.train_on_batch(images, labels))"),
    ),
    _known(
        "mean-of-batch-means",
        "mean_loss is the mean of the means of batches",
        "Images of a small last batch count more than the others then.",
        "How much does one image of a batch of 5 count, and how much one of a batch of 32?",
        _value(
            "sum(float(loss(labels[i : i + 32], model.predict(images[i : i + 32], verbose=0))) "
            "for i in range(0, len(labels), 32)) / len(range(0, len(labels), 32))"
        ),
    ),
)

VARIANTS: dict[str, Form] = {
    "as fit does it": _value("model.evaluate(images, labels, verbose=0)"),
    "the softmax stays, and nobody sees it in training": WITH_SOFTMAX.join(TRAINED_ON_SHARES).join(
        _value("float(model.evaluate(images, labels, verbose=0, batch_size=len(labels)))")
    ),
    "the softmax stays, the loss goes around it": WITH_SOFTMAX.join(TRAINED_ON_SHARES).join(
        _value(
            "float(loss(labels, keras.ops.matmul(keras.Model(model.inputs, model.layers[-2].output)(images), "
            "model.layers[-1].kernel) + model.layers[-1].bias))"
        )
    ),
    "log-softmax in the model": Edit(
        (HEAD, 'keras.layers.Dense(5, activation="log_softmax")'),
        (SHARES, "keras.ops.convert_to_numpy(keras.ops.exp(logits))"),
    ),
    **KERAS,
}

OF_PRINTING = ("without verbose: model.predict(images, verbose=0)", "0 becomes 1: 0", "0 becomes -1: 0")

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=MISCONCEPTIONS,
    variants=VARIANTS,
    equivalent={
        "line 22: the call gives its argument: float(loss(labels, model.predict(images, verbose=0)))": "one number is "
        "asked for, and a tensor holds one",
        "line 27: without axis: keras.ops.softmax(logits, axis=-1)": "the last axis is the default",
        "line 27: without USub: -1": "of two axes, the last one is number 1",
        **{
            f"line {line}: {what}": "what is printed is no part of the task"
            for line in (22, 26)
            for what in OF_PRINTING
        },
    },
)
