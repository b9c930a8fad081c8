# wrong: an entry stays h below x once it has been probed, so later entries are probed at another point
# believes: += h and then -= 2 h is all that is needed; the partial derivative of the others is not concerned
# named: not-put-back
import math

import numpy as np


def _length(*arrays):
    return math.hypot(*(float(v) for a in arrays for v in np.ravel(a)))


def clip_by_global_norm(gradients, max_norm):
    norm = _length(*gradients)
    factor = max_norm / norm if norm > max_norm else 1.0
    return [np.array(g * factor) for g in gradients], norm


def numerical_gradient(f, x, h):
    point = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        point[index] += h
        above = f(point.copy())
        point[index] -= 2 * h
        below = f(point.copy())
        gradient[index] = (above - below) / (2 * h)
    return gradient


def gradient_error(f, gradient, x, h):
    numerical = numerical_gradient(f, x, h)
    analytic = np.array(gradient(x.copy()), dtype=np.float64)
    total = _length(numerical) + _length(analytic)
    if total == 0:
        return 0.0
    return _length(numerical - analytic) / total
