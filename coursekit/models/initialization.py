"""Initial weights, drawn in NumPy: the same ones for both frameworks.

Each parameter is drawn from a generator of its own, made from the seed and the parameter's name. A layer that
is added to a model therefore changes no other layer's initial weights.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]


def generator(seed: int, name: str) -> np.random.Generator:
    """The random generator of one parameter; depends on ``seed`` and ``name`` alone, in every process."""
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "little")])


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight in PyTorch's layout: (out, in) or (out, in, kh, kw)."""
    receptive = math.prod(shape[2:])
    return shape[1] * receptive, shape[0] * receptive


def he_normal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Normal with variance 2 / fan_in, keeps a signal's size through ReLUs (He et al. 2015, eq. 10)."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(math.sqrt(2 / fans(shape)[0]))


def glorot_normal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Normal with variance 2 / (fan_in + fan_out), for layers before tanh (Glorot and Bengio 2010)."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(math.sqrt(2 / sum(fans(shape))))


def lecun_uniform(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Uniform on +-1/sqrt(fan_in), PyTorch's default for Linear: a first loss near ln(classes)."""
    bound = np.float32(1 / math.sqrt(fans(shape)[0]))
    return (2 * rng.random(shape, dtype=np.float32) - 1) * bound


def small_normal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Normal with standard deviation 0.01 (Krizhevsky et al. 2012): logits near 0 from any features."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(0.01)


HEADS = {"uniform": lecun_uniform, "small": small_normal}


def initial_weights(
    shapes: Mapping[str, tuple[int, ...]], *, seed: int, nonlinearity: str = "relu", head: str = "uniform"
) -> Weights:
    """Draw the initial weights of a model.

    Args:
        shapes: canonical name -> shape, as PyTorch names and shapes them ("layer1.0.conv1.weight", OIHW).
        seed: of all draws.
        nonlinearity: "relu" (He normal) or "tanh" (Glorot normal) for every weight but the head's. Biases
            are 0; batch norm starts as the identity.
        head: "uniform" (:func:`lecun_uniform`) or "small" (:func:`small_normal`) for the head. "small"
            suits deep ReLU networks, whose features are large before they are trained.

    Returns:
        name -> float32 array.
    """
    hidden = glorot_normal if nonlinearity == "tanh" else he_normal
    weights: Weights = {}
    for name, shape in shapes.items():
        if len(shape) >= 2:
            draw = HEADS[head] if name.startswith("head.") else hidden
            weights[name] = draw(shape, generator(seed, name))
        else:
            starts_at_one = name.endswith((".weight", ".running_var"))
            weights[name] = np.full(shape, 1 if starts_at_one else 0, dtype=np.float32)
    return weights
