# right: the largest magnitude is taken out before squaring, the entries are walked by nditer, the arrays handed back
#        are the very same objects where nothing is clipped
# believes: squares may overflow, so be careful
import math

import numpy as np


def _length(arrays):
    biggest = max((float(np.max(np.abs(a))) for a in arrays if a.size > 0), default=0.0)
    if biggest == 0.0:
        return 0.0
    return biggest * math.sqrt(sum(float(np.sum((a / biggest) ** 2)) for a in arrays))


def clip_by_global_norm(gradients, max_norm):
    norm = _length(gradients)
    if norm <= max_norm:
        return list(gradients), norm
    factor = max_norm / norm
    clipped = []
    for g in gradients:
        room = np.empty_like(g)
        np.multiply(g, factor, out=room)
        clipped.append(room)
    return clipped, norm


def numerical_gradient(f, x, h):
    base = np.asarray(x).astype(np.float64)
    result = np.zeros(base.shape, dtype=np.float64)
    walk = np.nditer(base, flags=["multi_index", "zerosize_ok"])
    while not walk.finished:
        here = walk.multi_index
        above, below = base.copy(), base.copy()
        above[here] += h
        below[here] -= h
        # below first: the order of the calls is free
        low = f(below)
        high = f(above)
        result[here] = (float(high) - float(low)) / h / 2
        walk.iternext()
    return result


def gradient_error(f, gradient, x, h):
    numerical = numerical_gradient(f, x, h)
    analytic = np.asarray(gradient(x.copy())).astype(np.float64)
    together = _length([numerical]) + _length([analytic])
    return _length([np.asarray(numerical - analytic)]) / together if together > 0 else 0.0
