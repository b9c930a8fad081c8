"""A Keras model's weights in the canonical layout. Loaded only for Keras models.

| layer              | Keras                  | canonical (PyTorch)                                      |
|--------------------|------------------------|----------------------------------------------------------|
| Conv2D             | kernel HWIO            | weight OIHW                                              |
| Dense              | kernel (in, out)       | weight (out, in)                                         |
| Dense on a Flatten | rows in H, W, C order  | columns in C, H, W order                                 |
| BatchNormalization | gamma, beta, moving_*  | weight, bias, running_mean, running_var                  |
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from coursekit.errors import ModelError

from .weights import WeightSlot

Change = Callable[[Any], Any]

# Layers that hold no weights and move no features: a Flatten before them is still one before the Dense.
_TRANSPARENT = (layers.Activation, layers.ReLU, layers.Dropout)


def slots(model: Any) -> dict[str, WeightSlot]:
    """Return canonical name -> slot, in the order of the model's layers.

    Raises:
        ModelError: a layer with weights of another kind, or a model that has not been built yet.
    """
    if not model.built:
        raise ModelError(
            f"the Keras model {model.name!r} has no weights yet",
            mend="call it once on a batch, or build(input_shape)",
        )
    trainable = {id(variable) for variable in model.trainable_variables}
    found: dict[str, WeightSlot] = {}
    for layer in model.layers:
        for slot in _layer_slots(layer, trainable):
            found[slot.name] = slot
    return found


def _layer_slots(layer: Any, trainable: set[int]) -> list[WeightSlot]:
    if type(layer) is layers.Conv2D:
        return _kernel_and_bias(layer, trainable, lambda k: k.transpose(3, 2, 0, 1), lambda w: w.transpose(2, 3, 1, 0))
    if type(layer) is layers.Dense:
        return _kernel_and_bias(layer, trainable, *_dense_changes(layer))
    if type(layer) is layers.BatchNormalization:
        pairs = {
            "weight": layer.gamma,
            "bias": layer.beta,
            "running_mean": layer.moving_mean,
            "running_var": layer.moving_variance,
        }
        named = [(f"{layer.name}.{key}", variable) for key, variable in pairs.items() if variable is not None]
        return [_slot(name, variable, trainable) for name, variable in named]
    if layer.weights:
        raise ModelError(
            f"layer {layer.name!r} is a {type(layer).__name__}",
            expected="layers with weights are Conv2D, Dense or BatchNormalization, not nested",
            mend="build the model with coursekit.models",
        )
    return []


def _kernel_and_bias(layer: Any, trainable: set[int], read: Change, write: Change) -> list[WeightSlot]:
    found = [_slot(f"{layer.name}.weight", layer.kernel, trainable, read, write)]
    if layer.bias is not None:
        found.append(_slot(f"{layer.name}.bias", layer.bias, trainable))
    return found


def _dense_changes(layer: Any) -> tuple[Change, Change]:
    shape = flattened_shape(layer)
    if shape is None:
        return (lambda k: k.T), (lambda w: w.T)
    height, width, channels = shape

    def read(kernel: Any) -> Any:
        return kernel.reshape(height, width, channels, -1).transpose(3, 2, 0, 1).reshape(kernel.shape[1], -1)

    def write(weight: Any) -> Any:
        return weight.reshape(-1, channels, height, width).transpose(2, 3, 1, 0).reshape(-1, weight.shape[0])

    return read, write


def flattened_shape(layer: Any) -> tuple[int, int, int] | None:
    """(H, W, C) of the map whose flattening is the layer's input; None if that is no flattened map."""
    before = layer
    while True:
        source = before.input
        before = source._keras_history.operation  # how Keras itself records the graph; there is no public name for it
        if isinstance(before, layers.Flatten):
            shape = before.input.shape[1:]
            return tuple(shape) if len(shape) == 3 else None
        if not isinstance(before, _TRANSPARENT):
            return None


def _slot(
    name: str, variable: Any, trainable: set[int], read: Change = lambda a: a, write: Change = lambda a: a
) -> WeightSlot:
    def get() -> Any:
        return np.array(read(np.asarray(variable.numpy(), dtype=np.float32)), order="C")

    def put(array: Any) -> None:
        variable.assign(np.ascontiguousarray(write(array)))

    shape = read(np.empty(tuple(variable.shape), dtype=np.bool_)).shape
    return WeightSlot(name, tuple(shape), id(variable) in trainable, get, put)


def output_sizes(model: Any, shape: tuple[int, int, int]) -> dict[str, int]:
    """Layer name -> height times width of its output for one (H, W, C) image; 1 for a dense layer's."""
    wanted = [layer for layer in model.layers if isinstance(layer, (layers.Conv2D, layers.Dense))]
    probe = keras.Model(model.inputs, [layer.output for layer in wanted])
    found = probe.compute_output_shape((1, *shape))
    return {layer.name: math.prod(size[1:-1]) for layer, size in zip(wanted, found, strict=True)}
