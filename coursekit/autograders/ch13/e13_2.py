"""13.2: the steps of SGD, momentum, RMSprop and Adam from scratch."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain, type_name

STATEMENT = """\
Write four functions in NumPy, each **one step of an optimizer**, in PyTorch's convention. `w` and `g` are float64
arrays of one shape: the weights and their gradient. State is passed in and handed back; at the first step it is zeros.
Return new arrays; `w`, `g` and the state that was passed in stay unchanged.

| function | returns |
|---|---|
| `sgd_step(w, g, lr)` | `w` |
| `momentum_step(w, g, v, lr, mu)` | `(w, v)` |
| `rmsprop_step(w, g, s, lr, alpha, eps)` | `(w, s)` |
| `adam_step(w, g, m, s, t, lr, beta1, beta2, eps)` | `(w, m, s)` |

- SGD is plain descent with the rate `lr`.
- Momentum: the velocity `v` is `mu` times the old one plus the gradient; the rate acts at the step, not in `v`.
- RMSprop: `s` is the running mean of the squared gradient, with the share `alpha` of the past; `eps` is added outside
  the root.
- Adam: `m` and `s` are the running means of the gradient and of its square, handed back as they are; the step uses them
  corrected for their zero start, `t` being 1 at the first step, and adds `eps` to the root of the corrected `s`.
"""

STARTER = '''\
import numpy as np


def sgd_step(w, g, lr):
    """Return the weights after one step of gradient descent."""
    raise NotImplementedError


def momentum_step(w, g, v, lr, mu):
    """Return (weights, velocity) after one step with momentum."""
    raise NotImplementedError


def rmsprop_step(w, g, s, lr, alpha, eps):
    """Return (weights, mean square) after one step of RMSprop."""
    raise NotImplementedError


def adam_step(w, g, m, s, t, lr, beta1, beta2, eps):
    """Return (weights, first moment, second moment) after step number t of Adam."""
    raise NotImplementedError
'''

STEPS = 4
STATES = {"sgd_step": 0, "momentum_step": 1, "rmsprop_step": 1, "adam_step": 2}


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Four steps of each rule, with changing rates, gradients of very different size, and epsilons that show."""
    seen: dict[str, Plain] = {}
    untouched = True
    for name, states in STATES.items():
        shape = (3, 2)
        w = rng.standard_normal(shape)
        state = [np.zeros(shape) for _ in range(states)]
        weights: list[Plain] = []
        kept: list[Plain] = []
        for step in range(1, STEPS + 1):
            g = rng.standard_normal(shape) * np.array([1.0, 0.01])
            rate = float(rng.uniform(0.05, 0.5))
            given = [array.copy() for array in (w, g, *state)]
            outcome = student.outcome(name, *given, *_numbers(name, step, rate, rng), read=_read)
            if "raised" in outcome or len(outcome["arrays"]) != 1 + states:
                weights.append(outcome)
                kept.append(outcome)
                break
            same = all(np.array_equal(one, other) for one, other in zip(given, (w, g, *state), strict=True))
            untouched = untouched and same
            weights.append(outcome["arrays"][0])
            kept.append(outcome["arrays"][1:])
            if not all(isinstance(one, np.ndarray) and one.shape == shape for one in outcome["arrays"]):
                break
            w, state = outcome["arrays"][0], outcome["arrays"][1:]
        seen[name] = {"first": weights[0], "later": weights[1:], "state": kept}
    complete = all(len(seen[name]["later"]) == STEPS - 1 for name in STATES)
    seen["inputs"] = ("unchanged" if untouched else "changed") if complete else "not all four could be tried"
    return seen


def _numbers(name: str, step: int, rate: float, rng: np.random.Generator) -> list[Any]:
    share, other = float(rng.uniform(0.5, 0.95)), float(rng.uniform(0.8, 0.99))
    return {
        "sgd_step": [rate],
        "momentum_step": [rate, share],
        "rmsprop_step": [rate, other, 0.05],
        "adam_step": [step, rate, share, other, 0.05],
    }[name]


def _read(value: object) -> Plain:
    if type(value) is np.ndarray:
        return {"arrays": [plain(value)]}
    if type(value) is tuple or type(value) is list:
        return {"arrays": [plain(part) for part in value]}
    return {"raised": f"a value of type {type_name(value)} was returned"}


def _check(name: str, title: str, points: int, advice: str) -> Check:
    return Check(
        name=name,
        title=title,
        points=points,
        fields={
            f"{name}_step.first": "weights after the first step",
            f"{name}_step.later": "weights after the next steps",
            **({f"{name}_step.state": "state after each step"} if STATES[f"{name}_step"] else {}),
        },
        rtol=1e-7,
        atol=1e-10,
        advice=advice,
    )


EXERCISE = Exercise(
    id="13.2",
    title="Four optimizers from scratch",
    statement=STATEMENT,
    starter=STARTER,
    entry=tuple(STATES),
    observe=observe,
    reading="Chapter 13, SGD, momentum, RMSprop, Adam",
    checks=(
        _check("sgd", "SGD goes down the slope", 1, "In which direction does the loss fall?"),
        _check(
            "momentum", "Momentum, exact to PyTorch", 2, "PyTorch's velocity holds gradients; the rate comes later."
        ),
        _check("rmsprop", "RMSprop, exact to PyTorch", 3, "Which quantity is averaged, and where does eps stand?"),
        _check(
            "adam", "Adam, exact to PyTorch", 3, "Write the first step out by hand: what are the corrected moments?"
        ),
        Check(
            name="inputs",
            title="The arrays that were passed in stay unchanged",
            points=1,
            fields={"inputs": "arrays after the calls"},
            advice="`w -= ...` writes into the caller's array.",
        ),
    ),
    hints=(
        "Start with sgd_step. Each of the others is the same line with something else in the place of the gradient.",
        "A running mean is `share * old + (1 - share) * new`. PyTorch's momentum is no running mean: it has no (1 - "
        "mu).",
        "Adam: m and s are running means of g and g * g; divide them by 1 - beta1 ** t and 1 - beta2 ** t; the step "
        "is the first over "
        "the root of the second plus eps. Hand back the moments as they were before the correction.",
    ),
)
