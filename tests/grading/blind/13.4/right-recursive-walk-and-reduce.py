# right: a recursive walk over the axes, reduce(hypot) for lengths, division by norm / max_norm instead of a factor
# believes: length is hypot folded over all numbers
import functools
import math

import numpy as np


def _everywhere(shape):
    """All indices of an array of this shape."""
    if len(shape) == 0:
        yield ()
    else:
        for first in range(shape[0]):
            for rest in _everywhere(shape[1:]):
                yield (first, *rest)


def _numbers(nested):
    if isinstance(nested, (list, tuple)):
        for inner in nested:
            yield from _numbers(inner)
    else:
        yield float(nested)


def _fold(nested):
    return functools.reduce(math.hypot, _numbers(nested), 0.0)


def clip_by_global_norm(gradients, max_norm):
    norm = _fold([g.tolist() for g in gradients])
    too_long = norm / max_norm if norm > max_norm else 1.0
    clipped = [np.array(np.divide(g, too_long), dtype=np.float64) for g in gradients]
    return clipped, norm


def numerical_gradient(f, x, h):
    def at(index, value):
        moved = np.array(x, dtype=np.float64)
        moved[index] = value
        return float(f(moved))

    gradient = np.zeros(np.shape(x))
    for index in _everywhere(np.shape(x)):
        middle = float(x[index])
        gradient[index] = 0.5 * (at(index, middle + h) - at(index, middle - h)) / h
    return gradient


def gradient_error(f, gradient, x, h):
    n = numerical_gradient(f, x, h)
    g = np.array(gradient(np.array(x)), dtype=np.float64)
    lengths = _fold(n.tolist()) + _fold(g.tolist())
    if lengths == 0.0:
        return 0.0
    return _fold((n - g).tolist()) / lengths
