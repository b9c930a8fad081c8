"""ReferenceModel: layers in a row, in plain NumPy, trained by the same engine as the frameworks' models.

    from coursekit.backends.reference_layers import Conv2D, Dense, GlobalAveragePool, ReLU

    model = ReferenceModel({"conv": Conv2D(1, 8, 3, padding=1), "relu": ReLU(), "pool": GlobalAveragePool(),
                            "head": Dense(8, 10)}, seed=0)
    Trainer(model, optimizer="adam").fit(data.train, data.validation, epochs=5)

In float64 it is the oracle that both frameworks are held against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from coursekit.backends.arrays import check_arrays
from coursekit.backends.reference_layers import Array, Backward, Layer, ReLU
from coursekit.errors import ConfigurationError


class Sequential(Layer):
    """Layers in a row. The chain rule is the row of backward functions, called in reverse.

    Args:
        layers: name -> layer, in order; a parameter's full name is "layer.parameter", as in PyTorch.
    """

    def __init__(self, layers: Mapping[str, Layer]) -> None:
        super().__init__()
        self.layers = dict(layers)

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return the last layer's output."""
        backwards: list[tuple[str, Backward]] = []
        for name, layer in self.layers.items():
            x, backward = layer.forward(x, training)
            backwards.append((name, backward))
        return x, lambda dy: _chain(backwards, dy)


def _chain(backwards: list[tuple[str, Backward]], dy: Array) -> tuple[Array, dict[str, Array]]:
    gradients: dict[str, Array] = {}
    for name, backward in reversed(backwards):
        dy, own = backward(dy)
        gradients |= {f"{name}.{key}": gradient for key, gradient in own.items()}
    return dy, gradients


class Residual(Layer):
    """relu(body(x) + shortcut(x)) (He et al. 2016, figure 2): the gradient flows back through both and is added.

    Args:
        body: name -> layer; their names are not prefixed.
        shortcut: a projection, or None for the identity; its name is "shortcut".
    """

    def __init__(self, body: Mapping[str, Layer], shortcut: Sequential | None = None) -> None:
        super().__init__()
        self.layers = dict(body) | ({} if shortcut is None else {"shortcut": shortcut})
        self._body, self._shortcut, self._relu = Sequential(body), shortcut, ReLU()

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return the body's shape."""
        y, back_body = self._body.forward(x, training)
        around, back_around = (x, None) if self._shortcut is None else self._shortcut.forward(x, training)
        out, back_relu = self._relu.forward(y + around, training)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dy, _ = back_relu(dy)
            dx, gradients = back_body(dy)
            if back_around is None:
                return dx + dy, gradients
            da, own = back_around(dy)
            return dx + da, gradients | {f"shortcut.{name}": gradient for name, gradient in own.items()}

        return out, backward


class ReferenceModel(Sequential):
    """A network in plain NumPy.

    Args:
        layers: name -> layer, in order; a sequence of layers is named by position.
        seed: of the initial weights (He normal, biases 0).
        dtype: float32, or float64 for an oracle.

    Raises:
        ConfigurationError: something that is no layer, no layer at all, or another dtype.
    """

    def __init__(
        self, layers: Mapping[str, Layer] | list[Layer], *, seed: int = 0, dtype: DTypeLike = np.float32
    ) -> None:
        named = layers if isinstance(layers, Mapping) else {str(i): layer for i, layer in enumerate(layers)}
        super().__init__(named)
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise ConfigurationError(
                f"dtype={self.dtype}", expected="float32 or float64", mend="float64 makes it an oracle"
            )
        for name, layer in named.items():
            if not isinstance(layer, Layer):
                raise ConfigurationError(
                    f"{name!r} of type {type(layer).__name__}",
                    expected="layers of coursekit.backends.reference_layers",
                    mend="a Flatten between maps and Dense, a ReLU() with its brackets",
                )
        if not named:
            raise ConfigurationError("a model without layers", expected="at least one", mend="add a Dense layer")
        for number, (_, layer) in enumerate(leaves(self)):
            layer.initialize(np.random.default_rng([seed, number]))
            for held in (layer.params, layer.statistics):
                held.update({name: value.astype(self.dtype) for name, value in held.items()})

    def __call__(self, images: Any, training: bool = False) -> Array:
        """Return the outputs (n, classes) for images (n, H, W, C)."""
        return self.forward(np.asarray(images, self.dtype), training)[0]

    def parameters(self, *, trainable_only: bool = False) -> dict[str, Array]:
        """Return the parameters themselves, by full name; without the frozen ones if so asked."""
        return {
            f"{prefix}{name}": value
            for prefix, layer in leaves(self)
            if layer.trainable or not trainable_only
            for name, value in layer.params.items()
        }

    def weights(self) -> dict[str, Array]:
        """Return parameters and running statistics themselves, by full name."""
        return {
            f"{prefix}{name}": value
            for prefix, layer in leaves(self)
            for name, value in (layer.params | layer.statistics).items()
        }

    def set_weights(self, weights: Mapping[str, Any]) -> None:
        """Write weights into the model's own arrays: all of them, or after an error none.

        Args:
            weights: full name -> array, as :meth:`weights` names them.

        Raises:
            ModelError: names or shapes that are not the model's.
        """
        own = self.weights()
        check_arrays(weights, {name: array.shape for name, array in own.items()})
        for name, array in own.items():
            array[...] = weights[name]

    def freeze(self, *names: str, trainable: bool = False) -> None:
        """Freeze layers by name, nested ones included; ``trainable=True`` unfreezes them.

        Raises:
            ConfigurationError: no such layer.
        """
        for name in names:
            found = [layer for prefix, layer in leaves(self) if prefix.startswith(f"{name}.")]
            if not found:
                raise ConfigurationError(
                    f"no layer {name!r}", expected=f"one of {', '.join(self.layers)}", mend="print(model.layers)"
                )
            for layer in found:
                layer.trainable = trainable


def leaves(layer: Any, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Go through the layers that hold no others, with the prefix of their parameters' names."""
    for name, inner in layer.layers.items():
        if isinstance(inner, Sequential | Residual):
            yield from leaves(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}.", inner
