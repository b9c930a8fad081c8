"""A Keras network whose parts depend on the mode, and which notes the mode that it ran in."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from coursekit.autograders.tensorflow_scene import FixedDropout
from coursekit.grading.values import Plain

WIDTH = 4


class Witness(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Passes its input on, and notes the mode of every forward pass."""

    def __init__(self, events: list[str]) -> None:
        super().__init__()
        # Keras would wrap a list that is an attribute of a layer, and copy it.
        self.note = events.append

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Pass on; (N, ...) to (N, ...)."""
        self.note("training mode" if training is not None and bool(training) else "inference mode")
        return inputs


def network(rng: np.random.Generator, events: list[str], *, channels: int, classes: int, layers: str) -> Any:
    """A convolution, what ``layers`` asks for, a linear head; all numbers from ``rng``.

    ``layers`` may name "norm", "dropout", "penalty" (on the weights of both layers) and "frozen" (the convolution).
    """
    penalty = keras.regularizers.L2(0.05) if "penalty" in layers else None
    convolution = keras.layers.Conv2D(WIDTH, 3, padding="same", kernel_regularizer=penalty, name="conv")
    convolution.trainable = "frozen" not in layers
    parts: list[Any] = [
        keras.Input((4, 4, channels)),
        convolution,
        Witness(events),
    ]
    if "norm" in layers:
        parts.append(keras.layers.BatchNormalization(name="norm"))
    parts += [keras.layers.Activation("tanh"), keras.layers.AveragePooling2D(2), keras.layers.Flatten()]
    if "dropout" in layers:
        parts.append(FixedDropout(rng.permutation(np.tile([0.0, 1.0], WIDTH * 2)).astype(np.float32)))
    parts.append(keras.layers.Dense(classes, kernel_regularizer=penalty, name="head"))
    model = keras.Sequential(parts, name="network")
    for variable in model.variables:
        low, high = (0.3, 3.0) if "variance" in variable.name else (-1.0, 1.0)
        variable.assign(rng.uniform(low, high, tuple(variable.shape)).astype(np.float32))
    return model


def state_of(model: Any, variables: list[Any]) -> dict[str, Plain]:
    """The values of variables, and which layers of a model are trainable."""
    return {
        "variables": {variable.path: np.array(variable) for variable in variables},
        "trainable": {layer.name: bool(layer.trainable) for layer in model.layers if layer.variables},
    }
