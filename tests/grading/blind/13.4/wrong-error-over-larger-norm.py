# wrong: the relative error is divided by the larger of the two norms, not by their sum
# believes: relative error is the difference over max(|a|, |b|), as some lecture notes have it
# named: other-denominator
import math

import numpy as np


def _length(*arrays):
    return math.hypot(*(float(v) for a in arrays for v in np.ravel(a)))


def clip_by_global_norm(gradients, max_norm):
    norm = _length(*gradients)
    factor = max_norm / norm if norm > max_norm else 1.0
    return [np.array(g * factor) for g in gradients], norm


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
    largest = max(_length(numerical), _length(analytic))
    if largest == 0:
        return 0.0
    return _length(numerical - analytic) / largest
