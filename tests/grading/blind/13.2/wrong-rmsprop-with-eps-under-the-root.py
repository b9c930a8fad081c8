# wrong: RMSprop with eps under the root
# believes: where eps stands does not matter as long as nothing is divided by 0: puts it under the root
# named: epsilon-inside-root

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
    s_new = alpha * s + (1 - alpha) * g ** 2
    return w - lr * g / np.sqrt(s_new + eps), s_new


def adam_step(w, g, m, s, t, lr, beta1, beta2, eps):
    """Return (weights, first moment, second moment) after step number t of Adam."""
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g ** 2
    m_hat = m / (1 - beta1 ** t)
    s_hat = s / (1 - beta2 ** t)
    return w - lr * m_hat / (np.sqrt(s_hat) + eps), m, s
