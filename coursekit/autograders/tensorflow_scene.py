"""What the TensorFlow exercises play on: a small Keras network that notes in which mode it learned; its readers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from coursekit.grading.values import Plain, plain, type_name


class Notes(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Passes its input on, and notes the mode of every forward pass that a gradient came back through."""

    def __init__(self, events: list[str]) -> None:
        super().__init__()
        # Keras would wrap a list that is an attribute of a layer, and copy it.
        self.note = events.append

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Pass on; (N, ...) to (N, ...)."""
        mode = "training mode" if training is True or training == 1 else "inference mode"
        note = self.note

        def noted(text: str) -> None:
            note(text)

        @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
        def passed(values: Any) -> tuple[Any, Any]:
            def back(upstream: Any) -> Any:
                # In a compiled function the note is taken when it runs, not when it is traced.
                with tf.control_dependencies([tf.py_function(lambda: noted(f"backward in {mode}"), [], [])]):
                    return tf.identity(upstream)

            return tf.identity(values), back

        return passed(inputs)


class FixedDropout(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Dropout with one mask for ever, so that random states change nothing."""

    def __init__(self, mask: np.ndarray[Any, Any]) -> None:
        super().__init__()
        self.mask = mask

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Drop and double in training, (N, F) to (N, F); pass on at inference."""
        return inputs * self.mask * 2.0 if training else inputs


def small_network(rng: np.random.Generator, events: list[str], *, channels: int, classes: int, layers: str) -> Any:
    """A convolution, what ``layers`` asks for ("norm", "dropout", "penalty"), a linear head; weights from ``rng``."""
    width = 4
    penalty = keras.regularizers.L2(0.05) if "penalty" in layers else None
    parts: list[Any] = [
        keras.Input((4, 4, channels)),
        # A bias before batch norm has a gradient of rounding errors alone, which Adam would blow up.
        keras.layers.Conv2D(
            width, 3, padding="same", kernel_regularizer=penalty, use_bias="norm" not in layers, name="conv"
        ),
        Notes(events),
    ]
    if "norm" in layers:
        parts.append(keras.layers.BatchNormalization(name="norm"))
    parts += [keras.layers.Activation("tanh"), keras.layers.AveragePooling2D(2), keras.layers.Flatten()]
    if "dropout" in layers:
        parts.append(FixedDropout(rng.permutation(np.tile([0.0, 1.0], width * 2)).astype(np.float32)))
    parts.append(keras.layers.Dense(classes, name="head"))
    network = keras.Sequential(parts, name="network")
    for variable in network.trainable_variables:
        variable.assign((0.5 * rng.standard_normal(tuple(variable.shape))).astype(np.float32))
    return network


def weights_of(model: Any) -> np.ndarray[Any, Any]:
    """All trainable weights of a model in one (P,) float64 array."""
    return np.concatenate([np.asarray(value).astype(np.float64).ravel() for value in model.trainable_variables])


def read_number(value: object) -> Plain:
    """A returned number: its kind, and its value also where it came as a tensor of one element."""
    if type(value) is type(tf.constant(0.0)):
        array = np.array(value.numpy())  # type: ignore[attr-defined]  # it is an eager tensor
        return {"kind": "tensor", "value": float(array.reshape(())) if array.size == 1 else plain(array)}
    taken = plain(value)
    return {"kind": "float" if type(value) in (float, np.float64) else type_name(value), "value": taken}
