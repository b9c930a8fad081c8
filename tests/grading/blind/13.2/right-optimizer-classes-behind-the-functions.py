# right: optimizer classes behind the functions

import numpy as np
from abc import ABC, abstractmethod
from dataclasses import dataclass


class Optimizer(ABC):
    @abstractmethod
    def update(self, g, *state):
        """Return (what is taken off the weights, *new state)."""

    def __call__(self, w, g, *state):
        delta, *new_state = self.update(g, *state)
        return (w - delta, *new_state)


@dataclass(frozen=True)
class SGD(Optimizer):
    lr: float

    def update(self, g):
        return (self.lr * g,)


@dataclass(frozen=True)
class Momentum(Optimizer):
    lr: float
    mu: float

    def update(self, g, v):
        v = self.mu * v + g
        return self.lr * v, v


@dataclass(frozen=True)
class RMSprop(Optimizer):
    lr: float
    alpha: float
    eps: float

    def update(self, g, s):
        s = np.average(np.stack([s, g ** 2]), axis=0, weights=[self.alpha, 1 - self.alpha])
        return self.lr * g / (np.sqrt(s) + self.eps), s


@dataclass(frozen=True)
class Adam(Optimizer):
    t: int
    lr: float
    beta1: float
    beta2: float
    eps: float

    def update(self, g, m, s):
        m = self.beta1 * m + (1 - self.beta1) * g
        s = self.beta2 * s + (1 - self.beta2) * g ** 2
        m_hat = m / (1 - self.beta1 ** self.t)
        s_hat = s / (1 - self.beta2 ** self.t)
        return self.lr * m_hat / (np.sqrt(s_hat) + self.eps), m, s


def sgd_step(w, g, lr):
    return SGD(lr)(w, g)[0]


def momentum_step(w, g, v, lr, mu):
    return Momentum(lr=lr, mu=mu)(w, g, v)


def rmsprop_step(w, g, s, lr, alpha, eps):
    return RMSprop(lr, alpha, eps)(w, g, s)


def adam_step(w, g, m, s, t, lr, beta1, beta2, eps):
    return Adam(t, lr, beta1, beta2, eps)(w, g, m, s)
