# right: einsum, bias correction as the weight sum, asserts and prints

import numpy as np

DEBUG = False


def _check(*arrays):
    shapes = {np.asarray(a).shape for a in arrays}
    assert len(shapes) == 1, f"shapes differ: {shapes}"
    return [np.asarray(a, dtype="float64") for a in arrays]


def _mix(coefficients, arrays):
    # sum over k of coefficient_k * array_k
    return np.einsum("k,k...->...", np.array(coefficients, dtype=float), np.stack(arrays))


def _log(name, w):
    if DEBUG:
        print(name, "norm:", np.linalg.norm(w))
    return w


def sgd_step(w, g, lr):
    w, g = _check(w, g)
    return _log("sgd", _mix([1, -lr], [w, g]))


def momentum_step(w, g, v, lr, mu):
    w, g, v = _check(w, g, v)
    velocity = _mix([mu, 1], [v, g])
    return _log("momentum", _mix([1, -lr], [w, velocity])), velocity


def rmsprop_step(w, g, s, lr, alpha, eps):
    w, g, s = _check(w, g, s)
    s_new = _mix([alpha, 1 - alpha], [s, np.power(g, 2)])
    scale = np.reciprocal(np.sqrt(s_new) + eps)
    return _log("rmsprop", _mix([1, -lr], [w, g * scale])), s_new


def adam_step(w, g, m, s, t, lr, beta1, beta2, eps):
    w, g, m, s = _check(w, g, m, s)
    m_new = _mix([beta1, 1 - beta1], [m, g])
    s_new = _mix([beta2, 1 - beta2], [s, np.power(g, 2)])
    # the weights of the t gradients seen so far add up to (1-b)(1 + b + ... + b^(t-1)) = 1 - b^t
    seen1 = (1 - beta1) * sum(beta1 ** k for k in range(t))
    seen2 = (1 - beta2) * sum(beta2 ** k for k in range(t))
    step = np.true_divide(m_new / seen1, np.sqrt(s_new / seen2) + eps)
    return _log("adam", _mix([1, -lr], [w, step])), m_new, s_new
