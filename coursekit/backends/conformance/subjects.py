"""The three backends of coursekit as subjects; each imports its framework when it is asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from coursekit.backends.conformance.recipes import Array, LayerRecipe, Recipe
from coursekit.backends.conformance.subject import Subject
from coursekit.backends.reference_model import ReferenceModel


def reference() -> Subject:
    """The NumPy backend."""

    def build(recipe: Recipe, weights: Mapping[str, Array]) -> ReferenceModel:
        model = recipe.reference(np.float32)
        model.set_weights(weights)
        return model

    return Subject(
        name="reference",
        build=build,
        weights=lambda model: {name: array.copy() for name, array in model.weights().items()},
        freeze=lambda model, layer: model.freeze(layer),
        seed_user=np.random.seed,
        draw_user=lambda: np.random.random(4),
    )


def torch() -> Subject:
    """The PyTorch backend, on the CPU."""
    import torch
    from torch import nn

    layers: dict[str, Callable[[LayerRecipe], Any]] = {
        "conv": lambda r: nn.Conv2d(r.inputs, r.outputs, 3, padding=1, bias=r.bias),
        "batch_norm": lambda r: nn.BatchNorm2d(r.outputs),
        "relu": lambda _: nn.ReLU(),
        "max_pool": lambda _: nn.MaxPool2d(2),
        "global_average_pool": lambda _: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        "dropout": lambda r: nn.Dropout(r.rate),
        "dense": lambda r: nn.Linear(r.inputs, r.outputs),
    }

    def build(recipe: Recipe, weights: Mapping[str, Array]) -> Any:
        model = nn.Sequential(OrderedDict((layer.name, layers[layer.kind](layer)) for layer in recipe.layers))
        # Not strict: batch norm's counter of batches is PyTorch's own.
        model.load_state_dict({n: torch.from_numpy(a.copy()) for n, a in weights.items()}, strict=False)
        return model

    def weights(model: Any) -> dict[str, Array]:
        held = model.state_dict().items()
        return {n: t.detach().numpy().copy() for n, t in held if not n.endswith("num_batches_tracked")}

    return Subject(
        name="torch",
        build=build,
        weights=weights,
        freeze=lambda model, layer: model.get_submodule(layer).requires_grad_(False),
        seed_user=torch.manual_seed,
        draw_user=lambda: torch.rand(4).numpy(),
        native=lambda x, y: (torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(y)),
        gradients=lambda model: [p.grad.numpy().copy() for p in model.parameters() if p.grad is not None],
        set_uneven_modes=lambda model: model.get_submodule("head").eval(),
        modes=lambda model: [module.training for module in model.modules()],
        settings={"device": "cpu"},
    )


def tensorflow() -> Subject:
    """The TensorFlow backend."""
    import keras
    import tensorflow as tf
    from keras import layers as k

    layers: dict[str, Callable[[LayerRecipe], Any]] = {
        "conv": lambda r: k.Conv2D(r.outputs, 3, padding="same", use_bias=r.bias, name=r.name),
        "batch_norm": lambda r: k.BatchNormalization(epsilon=1e-5, momentum=0.9, name=r.name),
        "relu": lambda r: k.ReLU(name=r.name),
        "max_pool": lambda r: k.MaxPooling2D(2, name=r.name),
        "global_average_pool": lambda r: k.GlobalAveragePooling2D(name=r.name),
        "dropout": lambda r: k.Dropout(r.rate, seed=0, name=r.name),
        "dense": lambda r: k.Dense(r.outputs, name=r.name),
    }
    names = {
        "kernel": "weight",
        "gamma": "weight",
        "bias": "bias",
        "beta": "bias",
        "moving_mean": "running_mean",
        "moving_variance": "running_var",
    }

    def variables(model: Any) -> dict[str, Any]:
        found = [(layer.name, v) for layer in model.layers for v in layer.weights]
        return {f"{layer}.{names[v.name]}": v for layer, v in found}

    def build(recipe: Recipe, weights: Mapping[str, Array]) -> Any:
        model = keras.Sequential([keras.Input((8, 8, 1)), *(layers[layer.kind](layer) for layer in recipe.layers)])
        for name, variable in variables(model).items():
            array = weights[name]
            variable.assign(array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T)
        return model

    def weights(model: Any) -> dict[str, Array]:
        held = {name: np.array(variable.numpy()) for name, variable in variables(model).items()}
        return {name: a.transpose(3, 2, 0, 1) if a.ndim == 4 else a.T for name, a in held.items()}

    return Subject(
        name="tensorflow",
        build=build,
        weights=weights,
        freeze=lambda model, layer: setattr(model.get_layer(layer), "trainable", False),
        seed_user=tf.random.set_seed,
        draw_user=lambda: tf.random.uniform((4,)).numpy(),
        native=lambda x, y: (tf.constant(x), tf.constant(y)),
        unbiased_variance=False,
    )


SUBJECTS: dict[str, Callable[[], Subject]] = {"reference": reference, "torch": torch, "tensorflow": tensorflow}
