"""Small CNNs in PyTorch and in Keras, equal to each other weight by weight."""

from __future__ import annotations

from .catalog import build, lenet5, mini_resnet, mini_vgg, names, tiny_cnn
from .weights import get_weights, set_weights

__all__ = [
    "build",
    "get_weights",
    "lenet5",
    "mini_resnet",
    "mini_vgg",
    "names",
    "set_weights",
    "tiny_cnn",
]
