"""13.4: clipping by the global norm, and checking a gradient by central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, is_number, plain, type_name

STATEMENT = """\
Write three tools on gradients in NumPy. All arrays are float64 unless said otherwise, of one axis or more, not empty,
of ordinary numbers (no square overflows), and stay unchanged.

**`clip_by_global_norm(gradients, max_norm)`**. `gradients` is a list of one array or more, one for each parameter;
`max_norm` is above 0. The global norm is the Euclidean length of all their numbers taken as one long vector. Where it
is above `max_norm`, all arrays are multiplied by one common factor, so that the global norm becomes `max_norm`;
otherwise they stay as they are (the same objects or copies). The norm may be 0. Return the pair `(clipped, norm)`: the
list of arrays, in the same order and shapes, and the global norm as it was **before** clipping. PyTorch's 1e-6 below
the line may be there or not.

**`numerical_gradient(f, x, h)`**. `f` takes one array of the shape of `x` and returns a number; `h` is the step, above
0, which may be large. Return the gradient of `f` at `x` by **central differences**, a float64 array of the shape of
`x`: each entry is the difference of two values of `f`, at points that are `h` above and `h` below `x` in this entry and
equal to `x` in all others, divided by the distance between the points (`2 * h`, or as float64 rounds it). `x` may also
hold integers (int64); `f` takes real numbers all the same.

**`gradient_error(f, gradient, x, h)`**. `gradient` is somebody's function for the gradient of `f`: it takes `x` and
returns an array of its shape. Return how far it is from the numerical gradient with step `h`, as one number: the
Euclidean norm of the difference of the two, divided by the sum of their two norms. It is 0 where they are equal and 1
where they are opposite. If both gradients are zero everywhere, return 0.
"""

STARTER = '''\
import numpy as np


def clip_by_global_norm(gradients, max_norm):
    """Return (clipped gradients, global norm before clipping)."""
    raise NotImplementedError


def numerical_gradient(f, x, h):
    """Return the gradient of f at x by central differences with step h."""
    raise NotImplementedError


def gradient_error(f, gradient, x, h):
    """Return the relative error of a gradient against the numerical one."""
    raise NotImplementedError
'''

Array = np.ndarray[Any, Any]
SHAPES = ((3, 2), (4,), (2, 1, 2), (1,))


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Long, short and zero gradients; a function of vectors and matrices at real and whole points; four gradients."""
    clip = _Clipping(student)
    parts = [rng.standard_normal(shape) for shape in SHAPES]
    units = [part / np.linalg.norm(part) for part in parts]
    limit = float(rng.uniform(4.0, 6.0))
    seen: dict[str, Plain] = {
        # Every array shorter than the limit and all together longer, then by far too long; the sums of four norms, and
        # of the squares, above the limit where the norm is not.
        "spread": clip([0.8 * limit * unit for unit in units], limit),
        "long": clip([size * unit for size, unit in zip((2.0, 0.1, 9.0, 4.0), units, strict=True)], limit / 12),
        "short": clip([0.35 * limit * unit for unit in units], limit),
        "zeros": clip([np.zeros(shape) for shape in SHAPES], limit),
    }
    numerical = _Differences(student)
    f, slope = _bowl(rng, 6)
    points = {
        "vector": (rng.uniform(0.5, 2.0, 6), float(rng.uniform(0.2, 0.4))),
        "matrix": (rng.uniform(0.5, 2.0, (2, 3)), float(rng.uniform(0.4, 0.6))),
        "integers": (rng.integers(1, 4, (3, 2)), float(rng.uniform(0.2, 0.4))),
        "fine": (rng.uniform(0.5, 2.0, 6), 1e-5),
    }
    seen["numerical"] = {how: numerical("numerical_gradient", f, *given) for how, given in points.items()}
    x, h = points["matrix"]
    wrong = rng.uniform(1.5, 2.5, x.shape)
    seen["error"] = {
        "near": numerical("gradient_error", f, slope, x, h),
        "wrong": numerical("gradient_error", f, lambda at: slope(at) * wrong, x, h),
        "opposite": numerical("gradient_error", f, lambda at: -slope(at), x, 1e-4),
        "small": numerical("gradient_error", lambda at: 1e-3 * f(at), lambda _: 1e-3 * wrong, x, h),
        "flat": numerical("gradient_error", lambda _: 3.0, lambda at: np.zeros(np.shape(at)), x, h),
    }
    seen["inputs"] = {"gradients": clip.inputs(), "x": numerical.inputs()}
    return seen


def _bowl(rng: np.random.Generator, size: int) -> tuple[Callable[[Array], float], Callable[[Array], Array]]:
    """A function of ``size`` numbers in any shape, of third degree with mixed terms, and its gradient.

    Its third derivatives make central differences miss the slope by what the step alone decides.
    """
    cubic, mixed = rng.uniform(0.5, 1.5, size), rng.uniform(-1.0, 1.0, (size, size))

    def f(x: Array) -> float:
        flat = np.asarray(x, dtype=np.float64).ravel()
        return float((cubic * flat**3).sum() + flat @ mixed @ flat)

    def gradient(x: Array) -> Array:
        flat = np.asarray(x, dtype=np.float64).ravel()
        return (3 * cubic * flat**2 + (mixed + mixed.T) @ flat).reshape(np.shape(x))

    return f, gradient


class _Clipping:
    """Calls ``clip_by_global_norm``, and notes whether what was passed in stayed as it was."""

    def __init__(self, student: Student) -> None:
        self.student, self.same, self.worked = student, True, False

    def __call__(self, gradients: list[Array], max_norm: float) -> dict[str, Plain]:
        given = [gradient.copy() for gradient in gradients]
        outcome = self.student.outcome("clip_by_global_norm", given, max_norm, read=_read_pair)
        parts: dict[str, Plain] = outcome if "norm" in outcome else {"gradients": outcome, "norm": outcome}
        same = len(given) == len(gradients) and all(
            isinstance(one, np.ndarray) and np.array_equal(one, other)
            for one, other in zip(given, gradients, strict=True)
        )
        self.same = self.same and same
        self.worked = self.worked or "raised" not in outcome
        return parts

    def inputs(self) -> str:
        return _inputs(self.same, self.worked)


class _Differences:
    """Calls the functions that take a point, and notes whether the point stayed as it was."""

    def __init__(self, student: Student) -> None:
        self.student, self.same, self.worked = student, True, {"numerical_gradient": False, "gradient_error": False}

    def __call__(self, name: str, *given: Any) -> Plain:
        *functions, x, h = given
        passed = x.copy()
        outcome = self.student.outcome(name, *functions, passed, h, read=_read_numbers)
        self.worked[name] = self.worked[name] or not (outcome is None or isinstance(outcome, dict))
        # A point that was moved and moved back may differ by rounding.
        self.same = self.same and np.allclose(passed, x, rtol=0.0, atol=1e-9)
        return outcome

    def inputs(self) -> str:
        return _inputs(self.same, all(self.worked.values()))


def _inputs(same: bool, worked: bool) -> str:
    return ("unchanged" if same else "changed") if worked else "no result that could be looked at"


def _read_numbers(value: object) -> Plain:
    seen = plain(value)
    return seen.item() if isinstance(seen, np.ndarray) and seen.shape == () else seen


def _read_pair(value: object) -> Plain:
    if type(value) is tuple or type(value) is list:
        parts = [_read_numbers(part) for part in value]
        if len(parts) == 2 and is_number(parts[1]):
            return {"gradients": parts[0], "norm": parts[1]}
        return {"gradients": parts, "norm": f"nothing: {len(parts)} values, the second of which is no number"}
    return {"gradients": plain(value), "norm": f"nothing: one value of type {type_name(value)}"}


_NUMBERS = {"rtol": 1e-5, "atol": 1e-7}

EXERCISE = Exercise(
    id="13.4",
    title="Clipping by the global norm, and a gradient check",
    statement=STATEMENT,
    starter=STARTER,
    entry=("clip_by_global_norm", "numerical_gradient", "gradient_error"),
    observe=observe,
    reading="Chapter 13, Clipping by global norm",
    checks=(
        Check(
            name="norm",
            title="The global norm before clipping is returned",
            points=1,
            fields={
                "spread.norm": "norm of gradients somewhat too long",
                "long.norm": "norm of gradients far too long",
                "short.norm": "norm of gradients short enough",
            },
            advice="Take [3.0] and [4.0]: what is the length of the vector (3, 4)?",
            **_NUMBERS,
        ),
        Check(
            name="scaled",
            title="Gradients that are too long are scaled by one factor",
            points=2,
            fields={
                "spread.gradients": "gradients each shorter than max_norm, longer together",
                "long.gradients": "gradients far too long",
            },
            advice="Divide what you return by what came in, entry by entry: is it the same number everywhere?",
            **_NUMBERS,
        ),
        Check(
            name="kept",
            title="Gradients that are short enough stay as they are",
            points=1,
            fields={"short.gradients": "gradients short enough", "zeros.gradients": "gradients of zeros"},
            advice="Try gradients of length 1 with max_norm 5, and gradients of zeros.",
            **_NUMBERS,
        ),
        Check(
            name="central",
            title="The numerical gradient is by central differences with step h",
            points=2,
            fields={
                "numerical.vector": "gradient at a vector",
                "numerical.matrix": "gradient at a matrix, larger step",
                "numerical.fine": "gradient at a vector, step 1e-5",
            },
            rtol=1e-5,
            atol=1e-6,
            advice="Take f(x) = x ** 3 at x = 1 with h = 0.5 and work it out by hand: 3.25.",
        ),
        Check(
            name="integers",
            title="A point of whole numbers is no trouble",
            points=1,
            fields={"numerical.integers": "gradient at an integer array"},
            rtol=1e-5,
            atol=1e-6,
            advice="What does an int64 array hold after x[0] = 2.3?",
        ),
        Check(
            name="error",
            title="The error is relative to both gradients, and 0 where both are zero",
            points=2,
            fields={
                "error.near": "error of the right gradient, large step",
                "error.wrong": "error of a wrong gradient",
                "error.small": "error of a wrong gradient, both a thousandth as long",
                "error.opposite": "error of a gradient with the wrong sign",
                "error.flat": "error of a zero gradient of a constant",
            },
            rtol=1e-4,
            atol=1e-7,
            advice="Norm of the difference over the sum of the norms: work it out for the gradients (3, 4) and (0, 0). "
            "If numerical_gradient is wrong, so is this.",
        ),
        Check(
            name="inputs",
            title="What was passed in stays unchanged",
            points=1,
            fields={"inputs.gradients": "gradients after clipping", "inputs.x": "x after the differences"},
            advice="`g *= factor` and `x[i] += h` write into the caller's array.",
        ),
    ),
    hints=(
        "Squares can be added up over any number of arrays; norms cannot. And a gradient by differences needs two "
        "calls of f for each entry.",
        "One factor for all: max_norm / norm where the norm is larger, else 1. For the differences, copy x as float64, "
        "go through it with np.ndindex(x.shape), and put each entry back before the next one.",
        "norm = sqrt(sum((g ** 2).sum() for g in gradients)). For each index: up[index] += h in one copy, down[index] "
        "-= h in another, and (f(up) - f(down)) / (2 * h). For the error, return 0 before you divide where the sum of "
        "both norms is 0.",
    ),
)
