# right: Adam with the corrections folded into the rate

import math
import numpy as np


def sgd_step(w, g, lr):
    """Return the weights after one step of gradient descent."""
    return w + (-lr) * g


def momentum_step(w, g, v, lr, mu):
    """Return (weights, velocity) after one step with momentum."""
    v = g + v * mu
    w = w - v * lr
    return w, v


def rmsprop_step(w, g, s, lr, alpha, eps):
    """Return (weights, mean square) after one step of RMSprop."""
    s = s + (1 - alpha) * (g * g - s)        # the same as alpha*s + (1-alpha)*g*g
    return w - lr * g / (s ** 0.5 + eps), s


def adam_step(w, g, m, s, t, lr, beta1, beta2, eps):
    """Return (weights, first moment, second moment) after step number t of Adam."""
    m = m + (1 - beta1) * (g - m)
    s = s + (1 - beta2) * (g * g - s)
    # m/c1 / (sqrt(s/c2) + eps) == sqrt(c2)/c1 * m / (sqrt(s) + eps*sqrt(c2))
    root_c2 = math.sqrt(1 - math.pow(beta2, t))
    rate = lr * root_c2 / (1 - math.pow(beta1, t))
    return w - rate * m / (np.sqrt(s) + eps * root_c2), m, s
