# wrong: the slopes are put into zeros_like(x), which for integer x cuts off their decimals
# believes: the points must be float, and the result has the shape of x, so zeros_like(x) does
# named: whole-numbers-only
import math

import numpy as np


def _length(*arrays):
    return math.hypot(*(float(v) for a in arrays for v in np.ravel(a)))


def clip_by_global_norm(gradients, max_norm):
    norm = _length(*gradients)
    factor = max_norm / norm if norm > max_norm else 1.0
    return [np.array(g * factor) for g in gradients], norm


def numerical_gradient(f, x, h):
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above = x.astype(np.float64)
        below = x.astype(np.float64)
        above[index] += h
        below[index] -= h
        gradient[index] = (f(above) - f(below)) / (2 * h)
    return gradient.astype(np.float64)


def gradient_error(f, gradient, x, h):
    numerical = numerical_gradient(f, x, h)
    analytic = np.array(gradient(x.copy()), dtype=np.float64)
    total = _length(numerical) + _length(analytic)
    if total == 0:
        return 0.0
    return _length(numerical - analytic) / total
