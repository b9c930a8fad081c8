# wrong: Adam hands back the corrected moments
# believes: the bias-corrected moments are the new state (so they are corrected again at every step)
# named: corrected-moments-kept

import numpy as np


def sgd_step(w, g, lr):
    """Return the weights after one step of gradient descent."""
    return w - lr * g


def momentum_step(w, g, v, lr, mu):
    """Return (weights, velocity) after one step with momentum."""
    v = mu * v + g
    return w - lr * v, v


def rmsprop_step(w, g, s, lr, alpha, eps):
    """Return (weights, mean square) after one step of RMSprop."""
    s = alpha * s + (1 - alpha) * g ** 2
    return w - lr * g / (np.sqrt(s) + eps), s


def adam_step(w, g, m, s, t, lr, beta1, beta2, eps):
    """Return (weights, first moment, second moment) after step number t of Adam."""
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g ** 2
    m = m / (1 - beta1 ** t)
    s = s / (1 - beta2 ** t)
    w = w - lr * m / (np.sqrt(s) + eps)
    return w, m, s
