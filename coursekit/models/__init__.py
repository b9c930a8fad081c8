"""Small CNNs in PyTorch and in Keras, equal to each other weight by weight.

model = lenet5("torch", input_shape=(28, 28, 1))      # an ordinary torch.nn.Module
twin = convert(model, to="tensorflow")                # an ordinary keras.Model with the same weights
save(twin, "lenet5.safetensors")                      # one file for both
model = load("lenet5.safetensors", "torch")
"""

from __future__ import annotations

from .catalog import build, lenet5, mini_resnet, mini_vgg, names, tiny_cnn
from .conversion import convert, spec_of
from .files import load, read, save
from .spec import ModelSpec
from .summaries import ModelSummary, count_parameters, summary
from .weights import get_weights, set_weights

__all__ = [
    "ModelSpec",
    "ModelSummary",
    "build",
    "convert",
    "count_parameters",
    "get_weights",
    "lenet5",
    "load",
    "mini_resnet",
    "mini_vgg",
    "names",
    "read",
    "save",
    "set_weights",
    "spec_of",
    "summary",
    "tiny_cnn",
]
