"""Answers to 13.2."""

from __future__ import annotations

from coursekit.autograders.ch13.e13_2 import EXERCISE
from coursekit.grading.answers import Answers, Edit, Form, Misconception

SOLUTION = """\
import numpy as np


def sgd_step(w, g, lr):
    return w - lr * g


def momentum_step(w, g, v, lr, mu):
    v = mu * v + g
    return w - lr * v, v


def rmsprop_step(w, g, s, lr, alpha, eps):
    s = alpha * s + (1 - alpha) * g**2
    return w - lr * g / (np.sqrt(s) + eps), s


def adam_step(w, g, m, s, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g * g
    mean = m / (1 - beta1**t)
    square = s / (1 - beta2**t)
    return w - lr * mean / (np.sqrt(square) + eps), m, s
"""

_SGD = "return w - lr * g\n"
_MOMENTUM = ("v = mu * v + g", "return w - lr * v, v")
_RMSPROP = "return w - lr * g / (np.sqrt(s) + eps), s"
_ADAM = "return w - lr * mean / (np.sqrt(square) + eps), m, s"
_CORRECTION = "    mean = m / (1 - beta1**t)\n    square = s / (1 - beta2**t)\n"
_RULES = "Chapter 13, SGD, momentum, RMSprop, Adam"


def _known(name: str, title: str, explanation: str, hint: str, *forms: Form) -> Misconception:
    return Misconception(name=name, title=title, explanation=explanation, hint=hint, reading=_RULES, forms=forms)


MISCONCEPTIONS = (
    _known(
        "uphill",
        "The step goes up the slope",
        "The gradient points to where the loss grows; w + lr * g climbs.",
        "In which direction does the loss fall?",
        Edit((_SGD, "return w + lr * g\n")),
        Edit(
            (_SGD, "return w + lr * g\n"),
            (_MOMENTUM[1], "return w + lr * v, v"),
            (_RMSPROP, _RMSPROP.replace("w -", "w +")),
            (_ADAM, _ADAM.replace("w -", "w +")),
        ),
    ),
    _known(
        "momentum-as-mean",
        "The velocity is a running mean of the gradients",
        "With (1 - mu) the steps are shorter by that factor: another rate is needed. PyTorch and Keras gather the "
        "whole gradient.",
        "How long does the velocity become when the gradient stays the same?",
        Edit((_MOMENTUM[0], "v = mu * v + (1 - mu) * g")),
    ),
    _known(
        "rate-inside-velocity",
        "The learning rate is kept inside the velocity",
        "That is Keras's convention. The two are equal until the rate changes: then an old rate goes on acting in "
        "the velocity.",
        "Which rate belongs to the gradients of the steps before?",
        Edit((_MOMENTUM[0], "v = mu * v + lr * g"), (_MOMENTUM[1], "return w - v, v")),
        Edit((_MOMENTUM[0], "v = mu * v - lr * g"), (_MOMENTUM[1], "return w + v, v")),
    ),
    _known(
        "nesterov",
        "A Nesterov step was taken",
        "Looking ahead along the velocity is a variant of its own; plain momentum was asked for.",
        "Does your step use the new velocity alone?",
        Edit((_MOMENTUM[1], "return w - lr * (g + mu * v), v")),
    ),
    _known(
        "old-velocity",
        "The step uses the old velocity",
        "The new gradient reaches the weights one step late, and the first step does nothing.",
        "Which velocity is in your step, the old one or the new one?",
        Edit((_MOMENTUM[0], "old, v = v, mu * v + g"), (_MOMENTUM[1], "return w - lr * old, v")),
    ),
    _known(
        "state-not-returned",
        "The old state is handed back",
        "Without its memory the optimizer begins anew with every step.",
        "What does the second step find in its state?",
        Edit((_MOMENTUM[0], "new = mu * v + g"), (_MOMENTUM[1], "return w - lr * new, v")),
        Edit(
            ("s = alpha * s + (1 - alpha) * g**2", "new = alpha * s + (1 - alpha) * g**2"),
            (_RMSPROP, "return w - lr * g / (np.sqrt(new) + eps), s"),
        ),
    ),
    _known(
        "epsilon-inside-root",
        "Epsilon stands inside the root",
        "sqrt(s + eps) is Keras's RMSprop. Where s is small the two differ greatly: the root of 1e-8 is 1e-4.",
        "What is the largest step when the gradient is nearly zero?",
        Edit((_RMSPROP, "return w - lr * g / np.sqrt(s + eps), s")),
        Edit((_ADAM, "return w - lr * mean / np.sqrt(square + eps), m, s")),
        Edit(
            (_RMSPROP, "return w - lr * g / np.sqrt(s + eps), s"),
            (_ADAM, "return w - lr * mean / np.sqrt(square + eps), m, s"),
        ),
    ),
    _known(
        "no-root",
        "The root of the mean square is missing",
        "Divided by the square, small gradients make enormous steps. The root gives back the gradient's own unit.",
        "What is the unit of s, and what that of g?",
        Edit((_RMSPROP, "return w - lr * g / (s + eps), s")),
        Edit((_ADAM, "return w - lr * mean / (square + eps), m, s")),
        Edit((_RMSPROP, "return w - lr * g / (s + eps), s"), (_ADAM, "return w - lr * mean / (square + eps), m, s")),
    ),
    _known(
        "gradient-not-squared",
        "The mean is taken of the gradient, not of its square",
        "A mean of gradients has a sign and may be zero: its root is not defined.",
        "What must the S in RMS be a mean of?",
        Edit(("(1 - alpha) * g**2", "(1 - alpha) * g")),
        Edit(("(1 - alpha) * g**2", "(1 - alpha) * np.abs(g)")),
    ),
    _known(
        "squares-summed",
        "The squares are summed up for ever",
        "That is AdaGrad: the steps only become shorter. RMSprop forgets.",
        "Can your s become smaller again?",
        Edit(("s = alpha * s + (1 - alpha) * g**2", "s = s + g**2")),
        Edit(("s = alpha * s + (1 - alpha) * g**2", "s = alpha * s + g**2")),
    ),
    _known(
        "shares-swapped",
        "The shares of past and present are swapped",
        "alpha belongs to the past. Swapped, the mean follows each gradient and remembers next to nothing.",
        "With alpha = 0.99, how long should a gradient be remembered?",
        Edit(("alpha * s + (1 - alpha) * g**2", "(1 - alpha) * s + alpha * g**2")),
        Edit(
            ("beta1 * m + (1 - beta1) * g", "(1 - beta1) * m + beta1 * g"),
            ("beta2 * s + (1 - beta2) * g * g", "(1 - beta2) * s + beta2 * g * g"),
        ),
    ),
    _known(
        "no-bias-correction",
        "Adam's moments are not corrected for their zero start",
        "In the first steps both are too small, and not by the same factor: the steps have a wrong length just when "
        "it matters.",
        "What are m and s after the first step, if g stays the same?",
        Edit((_CORRECTION, "    mean, square = m, s\n")),
        Edit((_CORRECTION, "    mean, square = m / (1 - beta1**t), s\n")),
        Edit((_CORRECTION, "    mean, square = m, s / (1 - beta2**t)\n")),
    ),
    _known(
        "corrected-moments-kept",
        "The corrected moments are handed back",
        "The next step corrects them again. The correction is for use, the running means stay as they are.",
        "Which m does the formula of the second step expect?",
        Edit((_ADAM, "return w - lr * mean / (np.sqrt(square) + eps), mean, square")),
        Edit((_CORRECTION, "    m = mean = m / (1 - beta1**t)\n    s = square = s / (1 - beta2**t)\n")),
    ),
    _known(
        "counts-from-zero",
        "The steps of the correction are counted wrongly",
        "t is 1 at the first step. With t + 1 the correction is too weak; with t - 1 it divides by zero.",
        "What is 1 - beta1 ** t at the first step?",
        Edit(("beta1**t)", "beta1 ** (t + 1))"), ("beta2**t)", "beta2 ** (t + 1))")),
        Edit(("beta1**t)", "beta1 ** (t - 1))"), ("beta2**t)", "beta2 ** (t - 1))")),
    ),
    _known(
        "changes-its-inputs",
        "The caller's arrays are overwritten",
        "`w -= ...` and `v *= ...` write into the arrays that were passed in.",
        "Which operators write in place?",
        Edit((_SGD, "w -= lr * g\n    return w\n")),
        Edit((_MOMENTUM[0], "v *= mu\n    v += g")),
        Edit(
            (_SGD, "w -= lr * g\n    return w\n"),
            (_MOMENTUM[0], "v *= mu\n    v += g"),
            (_MOMENTUM[1], "w -= lr * v\n    return w, v"),
        ),
    ),
)

VARIANTS: dict[str, Form] = {
    "velocity-downhill-inline": Edit(
        (_MOMENTUM[1], "return w + -lr * v, v"), (_MOMENTUM[0], "v = np.add(np.multiply(mu, v), g)")
    ),
    "corrected-rate": Edit(
        (_CORRECTION, "    c1, c2 = 1 - beta1**t, 1 - beta2**t\n"),
        (_ADAM, "return w - (lr / c1) * m / (np.sqrt(s) / np.sqrt(c2) + eps), m, s"),
    ),
    "running-mean-as-correction": Edit(
        ("s = alpha * s + (1 - alpha) * g**2", "s = s + (1 - alpha) * (np.square(g) - s)"),
        ("m = beta1 * m + (1 - beta1) * g", "m = m + (g - m) * (1 - beta1)"),
    ),
    "element-by-element": Edit(
        (
            _SGD,
            "out = np.empty_like(w)\n    for i in np.ndindex(w.shape):\n        out[i] = w[i] - lr * g[i]\n    "
            "return out\n",
        ),
        (_RMSPROP, "return [w - g * (lr / (s**0.5 + eps)), s]"),
    ),
    "copies-and-in-place": Edit(
        (_SGD, "w = w.copy()\n    w -= lr * g\n    return w\n"),
        (_MOMENTUM[0], "v = v.copy()\n    v *= mu\n    v += g"),
    ),
}

ANSWERS = Answers(exercise=EXERCISE, solution=SOLUTION, misconceptions=MISCONCEPTIONS, variants=VARIANTS)
