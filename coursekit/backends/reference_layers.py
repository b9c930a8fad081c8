"""The layers of a small CNN in plain NumPy, forward and backward in closed form.

A layer's ``forward`` returns its output together with a function: given d loss / d output, that function returns
d loss / d input and the gradients of the layer's own parameters. What the backward pass needs is held by that
function alone, so that a forward pass leaves nothing behind in the layer, and evaluation cannot disturb training.

Images and feature maps are (n, H, W, C). Weights have PyTorch's names and shapes: a convolution's is
(out, in, kh, kw), a dense layer's (out, in).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from coursekit.errors import ConfigurationError

Array = NDArray[Any]
Backward = Callable[[Array], tuple[Array, dict[str, Array]]]


class Layer:
    """Base of all layers.

    Attributes:
        params: what an optimizer moves, by name.
        statistics: what training moves otherwise: the running statistics of batch norm.
        trainable: False freezes the layer: its parameters stay, and batch norm uses and keeps its running statistics.
    """

    def __init__(self) -> None:
        self.params: dict[str, Array] = {}
        self.statistics: dict[str, Array] = {}
        self.trainable = True

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw initial weights; layers without any have nothing to draw."""

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return the output for a batch, and the function that takes the gradient back."""
        raise NotImplementedError


class Dense(Layer):
    """y = x W^T + b, on (n, inputs); W is (outputs, inputs)."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool = True) -> None:
        super().__init__()
        self.params = {"weight": np.zeros((outputs, inputs))}
        if bias:
            self.params["bias"] = np.zeros(outputs)

    def initialize(self, rng: np.random.Generator) -> None:
        """He et al. 2015: normal with variance 2 / inputs."""
        self.params["weight"] = he_normal(self.params["weight"].shape, rng)

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return (n, outputs)."""
        del training
        weight, bias = self.params["weight"], self.params.get("bias")

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            grads = {"weight": dy.T @ x}
            if bias is not None:
                grads["bias"] = dy.sum(0)
            return dy @ weight, grads

        y = x @ weight.T
        return y if bias is None else y + bias, backward


class Conv2D(Layer):
    """Cross-correlation of (n, H, W, channels) with ``filters`` kernels, as one matrix product over image patches.

    Each output pixel sees a patch of ``size`` x ``size`` x ``channels`` numbers. Laid out as rows ("im2col"), the
    patches times the flattened kernels are the output. The way back adds each patch's gradient to the pixels it was
    taken from.
    """

    def __init__(
        self, channels: int, filters: int, size: int, *, stride: int = 1, padding: int = 0, bias: bool = True
    ) -> None:
        super().__init__()
        self.size, self.stride, self.padding = size, stride, padding
        self.params = {"weight": np.zeros((filters, channels, size, size))}
        if bias:
            self.params["bias"] = np.zeros(filters)

    def initialize(self, rng: np.random.Generator) -> None:
        """He et al. 2015: normal with variance 2 / (channels * size^2)."""
        self.params["weight"] = he_normal(self.params["weight"].shape, rng)

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return (n, H', W', filters)."""
        del training
        weight, bias, p = self.params["weight"], self.params.get("bias"), self.padding
        padded = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
        windows = sliding_window_view(padded, (self.size, self.size), (1, 2))[:, :: self.stride, :: self.stride]
        n, height, width = windows.shape[:3]
        patches = windows.reshape(n * height * width, -1)  # one row: channels, then rows, then columns of a patch
        kernels = weight.reshape(len(weight), -1)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            rows = dy.reshape(-1, dy.shape[-1])
            grads = {"weight": (rows.T @ patches).reshape(weight.shape)}
            if bias is not None:
                grads["bias"] = rows.sum(0)
            dpatches = (rows @ kernels).reshape(windows.shape)
            dpadded = np.zeros_like(padded)
            for i in range(self.size):
                for j in range(self.size):
                    pixels = dpadded[
                        :, i : i + height * self.stride : self.stride, j : j + width * self.stride : self.stride
                    ]
                    pixels += dpatches[..., i, j]
            return dpadded[:, p : dpadded.shape[1] - p, p : dpadded.shape[2] - p], grads

        y = (patches @ kernels.T).reshape(n, height, width, -1)
        return y if bias is None else y + bias, backward


class ReLU(Layer):
    """max(x, 0); the gradient passes where x > 0."""

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return the shape of ``x``."""
        del training
        positive = x > 0
        return np.maximum(x, 0), lambda dy: (dy * positive, {})


class Tanh(Layer):
    """tanh x, whose derivative is 1 - tanh^2 x."""

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return the shape of ``x``."""
        del training
        y = np.tanh(x)
        return y, lambda dy: (dy * (1 - y * y), {})


class MaxPool(Layer):
    """The largest of each ``size`` x ``size`` square; the gradient goes to it alone, to the first one of equals.

    Rows and columns that fill no square are dropped, as in PyTorch and Keras.
    """

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return (n, H // size, W // size, C)."""
        del training
        squares = _squares(x, self.size)
        largest = squares.argmax(-1)[..., None]

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dsquares = np.zeros_like(squares)
            np.put_along_axis(dsquares, largest, dy[..., None], -1)
            return _from_squares(dsquares, self.size, x.shape), {}

        return np.take_along_axis(squares, largest, -1)[..., 0], backward


class AveragePool(Layer):
    """The mean of each ``size`` x ``size`` square; each of its pixels gets an equal share of the gradient."""

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return (n, H // size, W // size, C)."""
        del training
        squares = _squares(x, self.size)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dsquares = np.broadcast_to(dy[..., None] / self.size**2, squares.shape)
            return _from_squares(dsquares, self.size, x.shape), {}

        return squares.mean(-1), backward


class GlobalAveragePool(Layer):
    """The mean over all pixels of each channel: (n, H, W, C) becomes (n, C), whatever the size."""

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return (n, C)."""
        del training
        pixels = x.shape[1] * x.shape[2]
        return x.mean((1, 2)), lambda dy: (np.broadcast_to(dy[:, None, None] / pixels, x.shape), {})


class Flatten(Layer):
    """(n, H, W, C) becomes (n, C * H * W), channel by channel as in PyTorch, so that weights can be shared with it."""

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return (n, C * H * W)."""
        del training
        maps = np.moveaxis(x, -1, 1)
        return maps.reshape(len(x), -1), lambda dy: (np.moveaxis(dy.reshape(maps.shape), 1, -1), {})


class Dropout(Layer):
    """Inverted dropout (Srivastava et al. 2014): in training, zero a share ``rate`` and divide the rest by 1 - rate.

    Args:
        rate: in [0, 1).
        seed: of the layer's own stream of masks.

    Raises:
        ConfigurationError: a rate outside [0, 1).
    """

    def __init__(self, rate: float, seed: int = 0) -> None:
        super().__init__()
        if not 0.0 <= rate < 1.0:
            raise ConfigurationError(
                f"Dropout({rate!r})", expected="a share from 0 to below 1", mend="0.5 is a usual choice"
            )
        self.rate, self.stream = rate, np.random.default_rng(seed)

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return the shape of ``x``; ``x`` itself in inference."""
        if not training or self.rate == 0.0:
            return x, lambda dy: (dy, {})
        mask = ((self.stream.random(x.shape) >= self.rate) / (1 - self.rate)).astype(x.dtype)
        return x * mask, lambda dy: (dy * mask, {})


class BatchNorm(Layer):
    """Batch normalisation over all axes but the last (Ioffe and Szegedy 2015).

    In training each channel is normalised by the mean and the biased variance of the batch, and the running
    statistics move by ``momentum`` towards them; in inference, and while the layer is frozen, the running ones are
    used.

    Args:
        channels: size of the last axis.
        eps: added to the variance.
        momentum: share of the new batch in the running statistics: PyTorch's momentum, one minus Keras's.
        unbiased: move the running variance by the batch's unbiased variance, as PyTorch does and Keras does not.
    """

    def __init__(self, channels: int, *, eps: float = 1e-5, momentum: float = 0.1, unbiased: bool = True) -> None:
        super().__init__()
        self.eps, self.momentum, self.unbiased = eps, momentum, unbiased
        self.params = {"weight": np.ones(channels), "bias": np.zeros(channels)}
        self.statistics = {"running_mean": np.zeros(channels), "running_var": np.ones(channels)}

    def forward(self, x: Array, training: bool) -> tuple[Array, Backward]:
        """Return the shape of ``x``."""
        weight, bias, axes = self.params["weight"], self.params["bias"], tuple(range(x.ndim - 1))
        learning = training and self.trainable
        if learning:
            mean, variance = x.mean(axes), x.var(axes)
            self._move(mean, variance, x.size // x.shape[-1])
        else:
            mean, variance = self.statistics["running_mean"], self.statistics["running_var"]
        scale = 1 / np.sqrt(variance + self.eps)
        z = (x - mean) * scale

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            grads = {"weight": (dy * z).sum(axes), "bias": dy.sum(axes)}
            dz = dy * weight
            if learning:  # the batch's mean and variance depend on x, too
                dz = dz - dz.mean(axes) - z * (dz * z).mean(axes)
            return dz * scale, grads

        return weight * z + bias, backward

    def _move(self, mean: Array, variance: Array, count: int) -> None:
        if self.unbiased:
            variance = variance * (count / max(count - 1, 1))
        for name, new in (("running_mean", mean), ("running_var", variance)):
            old = self.statistics[name]
            old += (self.momentum * (new - old)).astype(old.dtype)


def he_normal(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Normal with variance 2 / fan_in, which keeps a signal's size through ReLUs (He et al. 2015, eq. 10)."""
    return rng.standard_normal(shape) * math.sqrt(2 / math.prod(shape[1:]))


def _squares(x: Array, size: int) -> Array:
    """(n, H, W, C) as (n, H // size, W // size, C, size * size)."""
    n, height, width, channels = x.shape[0], x.shape[1] // size, x.shape[2] // size, x.shape[3]
    cut = x[:, : height * size, : width * size].reshape(n, height, size, width, size, channels)
    return cut.transpose(0, 1, 3, 5, 2, 4).reshape(n, height, width, channels, size * size)


def _from_squares(squares: Array, size: int, shape: tuple[int, ...]) -> Array:
    """The way back; what filled no square is zero."""
    n, height, width, channels = squares.shape[:4]
    pixels = squares.reshape(n, height, width, channels, size, size).transpose(0, 1, 4, 2, 5, 3)
    x = np.zeros(shape, squares.dtype)
    x[:, : height * size, : width * size] = pixels.reshape(n, height * size, width * size, channels)
    return x
