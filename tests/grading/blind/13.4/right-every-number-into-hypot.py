# right: all numbers as Python floats into math.hypot, no NumPy norm at all
# believes: hypot is the Euclidean length, of as many numbers as one likes
import math

import numpy as np


def _length(*arrays):
    return math.hypot(*(float(v) for a in arrays for v in np.ravel(a)))


def clip_by_global_norm(gradients, max_norm):
    norm = _length(*gradients)
    if norm > max_norm:
        factor = max_norm / norm
        return [np.array(g * factor) for g in gradients], norm
    return [np.array(g) for g in gradients], norm


def numerical_gradient(f, x, h):
    x = np.array(x, dtype=np.float64)
    result = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        values = []
        for sign in (+1, -1):
            point = x.copy()
            point[index] = point[index] + sign * h
            values.append(float(f(point)))
        result[index] = (values[0] - values[1]) / (2 * h)
    return result


def gradient_error(f, gradient, x, h):
    theirs = np.array(gradient(np.array(x)), dtype=np.float64)
    ours = numerical_gradient(f, x, h)
    below = _length(theirs) + _length(ours)
    if below == 0:
        return 0.0
    return _length(theirs - ours) / below
