# right: copies, then in-place ufuncs with out=

import numpy as np


def sgd_step(w, g, lr):
    neu = np.array(w, copy=True)
    neu -= np.multiply(g, lr)
    return neu


def momentum_step(w, g, v, lr, mu):
    vel = np.copy(v)
    np.multiply(vel, mu, out=vel)
    np.add(vel, g, out=vel)
    neu = np.copy(w)
    neu -= lr * vel
    return neu, vel


def rmsprop_step(w, g, s, lr, alpha, eps):
    sq = np.copy(s)
    sq *= alpha
    sq += (1 - alpha) * g * g
    bottom = np.sqrt(sq)
    bottom += eps
    neu = np.copy(w)
    neu -= lr * (g / bottom)
    return neu, sq


def adam_step(w, g, m, s, t, lr, beta1, beta2, eps):
    m1 = np.copy(m)
    m1 *= beta1
    m1 += (1 - beta1) * g
    s1 = np.copy(s)
    s1 *= beta2
    s1 += (1 - beta2) * g * g
    # the corrected ones go into new arrays: m1 and s1 are handed back uncorrected
    top = m1 / (1 - beta1 ** t)
    bottom = s1 / (1 - beta2 ** t)
    bottom = np.sqrt(bottom)
    bottom += eps
    top /= bottom
    top *= lr
    return np.subtract(w, top), m1, s1
