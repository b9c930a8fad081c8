"""The models in plain NumPy: twins of what the frameworks' builders make, with the same names and weights.

In float64 such a twin tells which of two frameworks is nearer to the formula; ``coursekit.Trainer`` trains it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from coursekit.backends.reference_layers import (
    AveragePool,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    MaxPool,
    ReLU,
    Tanh,
)
from coursekit.backends.reference_model import ReferenceModel, Residual, Sequential

from .conversion import described
from .geometry import BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM, lenet5_map, lenet5_padding


def reference_twin(model: Any, *, dtype: DTypeLike = np.float64, unbiased: bool = True) -> ReferenceModel:
    """Return a model in plain NumPy with the architecture and the weights of ``model``.

    Args:
        model: built by ``coursekit.models`` in either framework.
        dtype: float64 for an oracle, or float32.
        unbiased: move batch norm's running variance as PyTorch does; False for Keras's way.

    Returns:
        A model of (n, H, W, C) images that returns (n, num_classes) logits; its weights are copies.

    Raises:
        ModelError: a model that was not built by ``coursekit.models``, or one changed in more than its head's width.
        ConfigurationError: another dtype.
    """
    spec, weights = described(model)
    layers = _BUILDERS[spec.architecture](dict(spec.arguments), unbiased)
    twin = ReferenceModel(layers, dtype=dtype)
    twin.set_weights(weights)
    return twin


def _lenet5(arguments: Mapping[str, Any], unbiased: bool) -> dict[str, Layer]:
    del unbiased
    height, width, channels = arguments["input_shape"]
    pad1, pad2 = lenet5_padding(height, width)
    rows, columns = lenet5_map(height, width)
    act = {"tanh": Tanh, "relu": ReLU}[arguments["activation"]]
    pool = {"average": AveragePool, "max": MaxPool}[arguments["pooling"]]
    return {
        "stem": Sequential({"conv": Conv2D(channels, 6, 5, padding=pad1), "act": act(), "pool": pool()}),
        "layer1": Sequential({"conv": Conv2D(6, 16, 5, padding=pad2), "act": act(), "pool": pool()}),
        "flatten": Flatten(),
        "layer2": Sequential({"fc": Dense(16 * rows * columns, 120), "act": act()}),
        "layer3": Sequential({"fc": Dense(120, 84), "act": act()}),
        "head": Dense(84, arguments["num_classes"]),
    }


def _tiny_cnn(arguments: Mapping[str, Any], unbiased: bool) -> dict[str, Layer]:
    del unbiased
    height, width, channels = arguments["input_shape"]
    return {
        "stem": Sequential({"conv": Conv2D(channels, 8, 3, padding=1), "relu": ReLU(), "pool": MaxPool()}),
        "layer1": Sequential({"conv": Conv2D(8, 16, 3, padding=1), "relu": ReLU(), "pool": MaxPool()}),
        "flatten": Flatten(),
        "head": Dense(16 * (height // 4) * (width // 4), arguments["num_classes"]),
    }


def _mini_vgg(arguments: Mapping[str, Any], unbiased: bool) -> dict[str, Layer]:
    del unbiased
    width, inputs = arguments["width"], arguments["input_shape"][2]
    layers: dict[str, Layer] = {}
    for number, filters in enumerate((width, 2 * width, 4 * width), 1):
        layers[f"layer{number}"] = Sequential(
            {
                "conv1": Conv2D(inputs, filters, 3, padding=1),
                "relu1": ReLU(),
                "conv2": Conv2D(filters, filters, 3, padding=1),
                "relu2": ReLU(),
                "pool": MaxPool(),
            }
        )
        inputs = filters
    layers["pool"] = GlobalAveragePool()
    layers["dropout"] = Dropout(arguments["dropout"], arguments["seed"])
    return layers | {"head": Dense(inputs, arguments["num_classes"])}


def _mini_resnet(arguments: Mapping[str, Any], unbiased: bool) -> dict[str, Layer]:
    def batch_norm(channels: int) -> BatchNorm:
        return BatchNorm(channels, eps=BATCH_NORM_EPSILON, momentum=BATCH_NORM_MOMENTUM, unbiased=unbiased)

    def block(inputs: int, filters: int, stride: int) -> Residual:
        body = {
            "conv1": Conv2D(inputs, filters, 3, stride=stride, padding=1, bias=False),
            "bn1": batch_norm(filters),
            "relu1": ReLU(),
            "conv2": Conv2D(filters, filters, 3, padding=1, bias=False),
            "bn2": batch_norm(filters),
        }
        if stride == 1 and inputs == filters:
            return Residual(body)
        projection = Conv2D(inputs, filters, 1, stride=stride, bias=False)
        return Residual(body, Sequential({"conv": projection, "bn": batch_norm(filters)}))

    width, inputs = arguments["width"], arguments["width"]
    stem = Conv2D(arguments["input_shape"][2], width, 3, padding=1, bias=False)
    layers: dict[str, Layer] = {"stem": Sequential({"conv": stem, "bn": batch_norm(width), "relu": ReLU()})}
    for stage, depth in enumerate(arguments["blocks"]):
        blocks: dict[str, Layer] = {}
        for position in range(depth):
            filters, stride = width * 2**stage, 2 if stage > 0 and position == 0 else 1
            blocks[str(position)] = block(inputs, filters, stride)
            inputs = filters
        layers[f"layer{stage + 1}"] = Sequential(blocks)
    return layers | {"pool": GlobalAveragePool(), "head": Dense(inputs, arguments["num_classes"])}


_BUILDERS: dict[str, Callable[[Mapping[str, Any], bool], dict[str, Layer]]] = {
    "lenet5": _lenet5,
    "mini_resnet": _mini_resnet,
    "mini_vgg": _mini_vgg,
    "tiny_cnn": _tiny_cnn,
}
