# right: shared running-mean helper, functional

import numpy as np
from functools import partial


def _blend(share, old, new):
    """Running mean: `share` of the past, the remainder of the new."""
    return share * old + (1.0 - share) * new


def _descend(w, direction, lr):
    return w - lr * direction


def sgd_step(w, g, lr):
    return _descend(w, g, lr)


def momentum_step(w, g, v, lr, mu):
    return (lambda vel: (_descend(w, vel, lr), vel))(mu * v + g)


def rmsprop_step(w, g, s, lr, alpha, eps):
    mean_sq = partial(_blend, alpha)(s, np.square(g))
    return _descend(w, g / (np.sqrt(mean_sq) + eps), lr), mean_sq


def adam_step(w, g, m, s, t, lr, beta1, beta2, eps):
    first, second = (_blend(b, old, g ** k) for b, old, k in ((beta1, m, 1), (beta2, s, 2)))
    unbias = lambda x, b: x / (1 - b ** t)
    return _descend(w, unbias(first, beta1) / (np.sqrt(unbias(second, beta2)) + eps), lr), first, second
