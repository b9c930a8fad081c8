"""The solution of 13.4, and what its misconceptions change in it."""

from __future__ import annotations

from coursekit.grading.answers import Form, Misconception

SOLUTION = """\
import numpy as np


def clip_by_global_norm(gradients, max_norm):
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    if norm > max_norm:
        gradients = [g * (max_norm / norm) for g in gradients]
    return gradients, norm


def numerical_gradient(f, x, h):
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        up = x.astype(np.float64)
        down = x.astype(np.float64)
        up[index] += h
        down[index] -= h
        gradient[index] = (f(up) - f(down)) / (2 * h)
    return gradient


def gradient_error(f, gradient, x, h):
    numerical = numerical_gradient(f, x, h)
    analytic = gradient(x)
    error = np.linalg.norm(analytic - numerical)
    total = np.linalg.norm(analytic) + np.linalg.norm(numerical)
    return error / total if total > 0 else 0.0
"""

CLIPPING = "Chapter 13, Clipping by global norm"
CHECK = "Chapter 13, Numerical gradient check"

NORM = "norm = np.sqrt(sum((g**2).sum() for g in gradients))"
IF = "    if norm > max_norm:\n"
SCALED = "gradients = [g * (max_norm / norm) for g in gradients]"
CLIPPED = "return gradients, norm"
ZEROS = "gradient = np.zeros(x.shape)"
LOOP = "    for index in np.ndindex(x.shape):\n"
UP = "        up = x.astype(np.float64)\n"
DOWN = "        down = x.astype(np.float64)\n"
MOVED = "        up[index] += h\n        down[index] -= h\n"
ENTRY = "gradient[index] = (f(up) - f(down)) / (2 * h)"
GRADIENT = "    return gradient\n"
NUMERICAL = "numerical = numerical_gradient(f, x, h)"
ERROR = "error = np.linalg.norm(analytic - numerical)"
TOTAL = "total = np.linalg.norm(analytic) + np.linalg.norm(numerical)"
RELATIVE = "return error / total if total > 0 else 0.0"


def known(name: str, title: str, explanation: str, hint: str, reading: str, *forms: Form) -> Misconception:
    """A misconception in few words."""
    return Misconception(name=name, title=title, explanation=explanation, hint=hint, reading=reading, forms=forms)
