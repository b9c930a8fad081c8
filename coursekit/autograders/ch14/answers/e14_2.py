"""Answers to 14.2."""

from __future__ import annotations

from coursekit.autograders.ch14.e14_2 import EXERCISE
from coursekit.grading.answers import Answers, Edit, Form, Misconception

SOLUTION = """\
import tensorflow as tf


def train_step(model, optimizer, loss_fn, images, labels):
    with tf.GradientTape() as tape:
        outputs = model(images, training=True)
        loss = loss_fn(labels, outputs)
        loss += sum(model.losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return float(loss)
"""

_TAPE = "Chapter 14, The loop with GradientTape"
_APPLY = "    optimizer.apply_gradients(zip(gradients, model.trainable_variables))\n"


def _known(name: str, title: str, explanation: str, hint: str, *forms: Form, reading: str = _TAPE) -> Misconception:
    return Misconception(name=name, title=title, explanation=explanation, hint=hint, reading=reading, forms=forms)


MISCONCEPTIONS = (
    _known(
        "no-training-argument",
        "The model learns in inference mode",
        "A plain call of a Keras model means inference: dropout is off and batch norm uses its running statistics.",
        "What does model(images) assume about training?",
        Edit(("model(images, training=True)", "model(images)")),
        reading="Chapter 14, The nine steps",
    ),
    _known(
        "swapped-loss-arguments",
        "Labels and outputs are given to the loss the wrong way round",
        "Keras's losses take (y_true, y_pred), PyTorch's (outputs, labels).",
        "In which order does a Keras loss take its arguments?",
        Edit(("loss_fn(labels, outputs)", "loss_fn(outputs, labels)")),
    ),
    _known(
        "softmax-before-loss",
        "The outputs go through a softmax before the loss",
        "The loss is built with from_logits=True and has its softmax inside.",
        "What does loss_fn expect: logits or probabilities?",
        Edit(("loss_fn(labels, outputs)", "loss_fn(labels, tf.nn.softmax(outputs))")),
        reading="Chapter 13, Logits against probabilities",
    ),
    _known(
        "model-losses-ignored",
        "The model's own losses are left out",
        "In a loop of one's own, penalties on weights act only if model.losses is added to the loss: fit does that, "
        "a tape does not.",
        "Where does a regularizer put its penalty?",
        Edit(("        loss += sum(model.losses)\n", "")),
    ),
    _known(
        "no-step",
        "The gradients are never applied",
        "They are computed and dropped: the weights stay as they were.",
        "Who changes the weights?",
        Edit((_APPLY, "")),
    ),
    _known(
        "two-steps",
        "The gradients are applied twice",
        "The second step repeats the first with gradients that no longer belong to the weights.",
        "Count the calls of the optimizer.",
        Edit((_APPLY, _APPLY + _APPLY)),
    ),
    _known(
        "loss-outside-tape",
        "The forward pass is not on the tape",
        "The tape records what happens inside its block. What comes before is constant to it: there is no gradient.",
        "Which lines have to be inside the with block?",
        Edit(
            ("    with tf.GradientTape() as tape:\n        outputs", "    outputs"),
            ("        loss = loss_fn", "    with tf.GradientTape() as tape:\n        loss = loss_fn"),
        ),
        Edit(
            (
                "        loss = loss_fn(labels, outputs)\n        loss +=",
                "    loss = loss_fn(labels, outputs)\n    loss +=",
            )
        ),
    ),
    _known(
        "flipped-sign",
        "The loss is climbed, not descended",
        "The optimizer goes downhill on whatever the tape differentiates.",
        "Does the loss of the same batch fall after a step?",
        Edit(("        loss += sum(model.losses)\n", "        loss = -loss - sum(model.losses)\n")),
        Edit(
            (
                "tape.gradient(loss, model.trainable_variables)",
                "[-g for g in tape.gradient(loss, model.trainable_variables)]",
            )
        ),
    ),
    _known(
        "sum-for-mean",
        "The gradient is that of a sum over the batch",
        "The step grows with the batch size.",
        "Does your step become longer with more images?",
        Edit(("loss = loss_fn(labels, outputs)", "loss = loss_fn(labels, outputs) * len(images)")),
        reading="Chapter 13, Batch size and the scaling rule",
    ),
    _known(
        "loss-clipped",
        "The loss is clipped",
        "A clipped loss is constant where it was large: there its gradient is zero.",
        "What is the derivative of min(loss, 1) where the loss is 5?",
        Edit(("loss = loss_fn(labels, outputs)", "loss = tf.minimum(loss_fn(labels, outputs), 10.0)")),
        reading="Chapter 13, Clipping by global norm",
    ),
    _known(
        "returns-a-tensor",
        "A tensor is returned where a float was asked for",
        "It stays on its device and is no number to a logger or to JSON.",
        "How does one get at the one number in a tensor?",
        Edit(("return float(loss)", "return loss")),
    ),
    _known(
        "returns-nothing",
        "Nothing is returned",
        "The step is made, and the caller has no number to log.",
        "What does a Python function give back that has no return?",
        Edit(("return float(loss)", "print(float(loss))")),
    ),
    _known(
        "loss-after-step",
        "The loss is measured after the step",
        "It belongs to other weights than the gradients.",
        "Which weights does your number belong to?",
        Edit(("return float(loss)", "return float(loss_fn(labels, model(images, training=True)) + sum(model.losses))")),
    ),
    _known(
        "last-layer-only",
        "Only the last layer is trained",
        "Gradients were taken and applied for its variables alone.",
        "How many variables does the model have, and how many do you pass on?",
        Edit(
            (
                "tape.gradient(loss, model.trainable_variables)",
                "tape.gradient(loss, model.layers[-1].trainable_variables)",
            ),
            ("zip(gradients, model.trainable_variables)", "zip(gradients, model.layers[-1].trainable_variables)"),
        ),
    ),
)

VARIANTS: dict[str, Form] = {
    "add-n": Edit(("loss += sum(model.losses)", "loss = tf.add_n([loss] + model.losses)")),
    "keras-apply": Edit(
        (_APPLY, "    optimizer.apply(gradients, model.trainable_variables)\n"), ("float(loss)", "loss.numpy().item()")
    ),
    "persistent-tape": """\
import tensorflow as tf

def train_step(model, optimizer, loss_fn, images, labels):
    variables = model.trainable_variables
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        for variable in variables:
            tape.watch(variable.value if hasattr(variable, "value") else variable)
        total = loss_fn(labels, model(images, True if False else None, ) if False else model(images, training=1 == 1))
        if model.losses:
            total = total + tf.reduce_sum(tf.stack(model.losses))
    pairs = [(tape.gradient(total, v), v) for v in variables]
    del tape
    optimizer.apply_gradients(pairs)
    return float(total.numpy())
""",
    "compiled": """\
import tensorflow as tf

def train_step(model, optimizer, loss_fn, images, labels):
    @tf.function(reduce_retracing=True)
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y_true=y, y_pred=model(x, training=True)) + sum(model.losses)
        grads = tape.gradient(loss, model.trainable_weights)
        optimizer.apply_gradients(zip(grads, model.trainable_weights))
        return loss
    return float(step(images, labels))
""",
    "gradient-inside-the-block": Edit(
        ("    gradients = tape", "        gradients = tape"), ("float(loss)", "float(tf.squeeze(loss).numpy())")
    ),
}

ANSWERS = Answers(exercise=EXERCISE, solution=SOLUTION, misconceptions=MISCONCEPTIONS, variants=VARIANTS)
