# wrong: every array is clipped by its own norm instead of all by one common factor
# believes: clipping by norm means that no single gradient is longer than max_norm
# named: clips-each-alone
import math

import numpy as np


def _length(*arrays):
    return math.hypot(*(float(v) for a in arrays for v in np.ravel(a)))


def clip_by_global_norm(gradients, max_norm):
    norm = _length(*gradients)
    clipped = []
    for g in gradients:
        own = _length(g)
        factor = max_norm / own if own > max_norm else 1.0
        clipped.append(np.array(g * factor))
    return clipped, norm


def numerical_gradient(f, x, h):
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above = x.copy()
        below = x.copy()
        above[index] += h
        below[index] -= h
        gradient[index] = (f(above) - f(below)) / (2 * h)
    return gradient


def gradient_error(f, gradient, x, h):
    numerical = numerical_gradient(f, x, h)
    analytic = np.array(gradient(x.copy()), dtype=np.float64)
    total = _length(numerical) + _length(analytic)
    if total == 0:
        return 0.0
    return _length(numerical - analytic) / total
