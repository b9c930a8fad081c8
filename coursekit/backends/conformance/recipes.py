"""Recipes: the small models that the suite trains, the data it trains them on, and the float64 oracle.

The oracle is a loop of ten lines over ``ReferenceModel``, ``losses`` and ``optimizers``. It shares no code
with any backend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.backends import reference_layers as layers
from coursekit.backends.reference_model import ReferenceModel
from coursekit.data import ArrayDataset, Loader
from coursekit.losses import Loss
from coursekit.optimizers import Optimizer, clip_by_global_norm

Array = NDArray[Any]
SIDE, CLASSES, SAMPLES, BATCH = 8, 5, 52, 16
BATCHES = 4  # the last one holds 4 samples


@dataclass(frozen=True)
class LayerRecipe:
    """One layer: "conv" (3x3, padded by 1), "batch_norm" (eps 1e-5, momentum 0.1), "relu", "max_pool" (2x2),
    "global_average_pool", "dropout" or "dense"."""  # fmt: skip

    kind: str
    name: str
    inputs: int = 0
    outputs: int = 0
    bias: bool = True
    rate: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """A model in a row: layers for images (n, 8, 8, 1). Flattening is left out: frameworks order maps differently."""

    name: str
    layers: tuple[LayerRecipe, ...]

    def weights(self) -> dict[str, Array]:
        """Initial weights and statistics, float32, the same in every call; none at a value that hides a mistake."""
        rng = np.random.default_rng(1)
        own = self.reference(np.float32).weights()
        for name, array in own.items():
            if array.ndim == 1:
                spread = rng.uniform(-0.2, 0.2, array.shape)
                array[...] = spread + (1.0 if name.endswith((".running_var", "bn.weight")) else 0.0)
        return own

    def reference(self, dtype: Any = np.float64, *, unbiased: bool = True) -> ReferenceModel:
        """The model in NumPy, with weights that are not yet those of :meth:`weights`."""
        return ReferenceModel({layer.name: _LAYERS[layer.kind](layer, unbiased) for layer in self.layers}, dtype=dtype)


_LAYERS: dict[str, Callable[[LayerRecipe, bool], layers.Layer]] = {
    "conv": lambda r, _: layers.Conv2D(r.inputs, r.outputs, 3, padding=1, bias=r.bias),
    "batch_norm": lambda r, unbiased: layers.BatchNorm(r.outputs, unbiased=unbiased),
    "relu": lambda *_: layers.ReLU(),
    "max_pool": lambda *_: layers.MaxPool(2),
    "global_average_pool": lambda *_: layers.GlobalAveragePool(),
    "dropout": lambda r, _: layers.Dropout(r.rate),
    "dense": lambda r, _: layers.Dense(r.inputs, r.outputs),
}

_CONV1 = LayerRecipe("conv", "conv1", 1, 6)
_RELU1 = LayerRecipe("relu", "relu1")
_POOL2 = LayerRecipe("global_average_pool", "pool2")
_HEAD = LayerRecipe("dense", "head", 6, CLASSES)

PLAIN = Recipe("plain", (_CONV1, _RELU1, LayerRecipe("max_pool", "pool1"), _POOL2, _HEAD))
DROPOUT = Recipe("dropout", (_CONV1, _RELU1, _POOL2, LayerRecipe("dropout", "dropout", rate=0.5), _HEAD))
BATCH_NORM = Recipe(
    "batch_norm",
    (LayerRecipe("conv", "conv1", 1, 6, bias=False), LayerRecipe("batch_norm", "bn", 6, 6), _RELU1, _POOL2, _HEAD),
)
PER_PIXEL = Recipe("per_pixel", (_CONV1, _RELU1, LayerRecipe("conv", "head", 6, 3)))


def dataset() -> ArrayDataset:
    """52 images of 8x8 whose brightness pattern depends on the class, with noise."""
    rng = np.random.default_rng(2)
    labels = rng.integers(0, CLASSES, SAMPLES)
    labels[:CLASSES] = range(CLASSES)
    patterns = rng.random((CLASSES, SIDE, SIDE, 1))
    images = (0.6 * patterns[labels] + 0.4 * rng.random((SAMPLES, SIDE, SIDE, 1))).astype(np.float32)
    return ArrayDataset(images, labels.astype(np.int64), tuple("abcde"))


def loader() -> Loader:
    """Four batches of the data set, shuffled: 16, 16, 16 and 4 samples."""
    return Loader(dataset(), BATCH, seed=3)


def batches() -> list[tuple[Array, Array]]:
    """The four batches of epoch 0."""
    own = loader()
    return [own.batch(0, number) for number in range(BATCHES)]


@dataclass
class Trace:
    """What the oracle saw: each batch's loss and outputs; per step, each parameter's figures; the weights after all."""

    losses: list[float] = field(default_factory=list)
    outputs: list[Array] = field(default_factory=list)
    reports: list[list[dict[str, float]]] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)


class Oracle:
    """Training in float64, from the formulas.

    Args:
        recipe: of the model.
        loss: its value and gradient.
        optimizer: its update rule.
        unbiased: which variance moves batch norm's running one.
    """

    def __init__(self, recipe: Recipe, loss: Loss, optimizer: Optimizer, *, unbiased: bool = True) -> None:
        self.model = recipe.reference(unbiased=unbiased)
        self.model.set_weights(recipe.weights())
        self.loss, self.optimizer = loss, optimizer
        self.state = optimizer.init(self.model.parameters())

    def train(
        self, steps: Sequence[Sequence[tuple[Array, Array]]], rates: Sequence[float], clip_norm: float | None = None
    ) -> Trace:
        """Take one step per group of batches; a group is what ``accumulate`` joins: one large batch, for the oracle."""
        trace = Trace()
        for group, rate in zip(steps, rates, strict=True):
            images = np.concatenate([images for images, _ in group])
            targets = np.concatenate([targets for _, targets in group])
            outputs, backward = self.model.forward(images.astype(np.float64), True)
            trace.outputs.append(outputs)
            trace.losses.append(self.loss(outputs, targets))
            params = self.model.parameters(trainable_only=True)
            gradients = {k: g for k, g in backward(self.loss.gradient(outputs, targets))[1].items() if k in params}
            clipped = gradients if clip_norm is None else clip_by_global_norm(gradients, clip_norm)[0]
            moved, self.state = self.optimizer.update(params, clipped, self.state, rate)
            trace.reports.append([_figures(gradients[name], params[name], moved[name]) for name in params])
            self.model.set_weights(self.model.weights() | moved)
        trace.weights = {name: array.copy() for name, array in self.model.weights().items()}
        return trace


def _figures(gradient: Array, before: Array, after: Array) -> dict[str, float]:
    norms = [float(np.linalg.norm(array)) for array in (gradient, before, after - before)]
    return {"gradient": norms[0], "weight": norms[1], "update_ratio": norms[2] / norms[1]}


def one_hot(labels: Array) -> Array:
    """(n,) labels as (n, classes) float32."""
    return np.eye(CLASSES, dtype=np.float32)[labels]


Weights = Mapping[str, Array]
