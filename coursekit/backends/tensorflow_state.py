"""Keras models as arrays: weights, seeds of random layers, precision, and which variables may ever learn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.backends.arrays import check_arrays
from coursekit.errors import unknown_name


def weights_of(model: Any) -> dict[str, NDArray[Any]]:
    """Copies of all weights, named by position and kind.

    Not by their layer's name: Keras numbers layers through a process, so a model that is built twice has other names.
    """
    return {f"{number:04d}/{w.name}": np.array(w.numpy()) for number, w in enumerate(model.weights)}


def set_weights_of(model: Any, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put such copies back, in place."""
    own = {f"{number:04d}/{w.name}": w for number, w in enumerate(model.weights)}
    check_arrays(arrays, {name: tuple(weight.shape) for name, weight in own.items()})
    for name, weight in own.items():
        weight.assign(arrays[name])


def seeds_of(model: Any) -> list[Any]:
    """The seed variables of dropout and other random layers, in order."""
    return [variable for variable in model.variables if "seed_generator" in variable.path]


def set_seeds(model: Any, seed: int) -> None:
    """Give every random layer its own stream, derived from one seed."""
    for number, variable in enumerate(seeds_of(model)):
        state = np.random.SeedSequence([seed & 0xFFFFFFFFFFFFFFFF, number]).generate_state(int(np.prod(variable.shape)))
        variable.assign(state.reshape(variable.shape).astype("uint32"))


def leaf_layers(layer: Any) -> Iterator[Any]:
    """The layers at the ends of the tree, nested models included."""
    inner = list(layer._flatten_layers(include_self=False, recursive=False))
    if not inner:
        yield layer
    for part in inner:
        yield from leaf_layers(part)


def learnable(model: Any) -> list[Any]:
    """All variables that learn now or would if their layer were unfrozen.

    Nothing public tells a frozen kernel from a running mean, so frozen layers are thawed for the length of the question
    and frozen again.
    """
    found: list[Any] = []
    known: set[int] = set()
    layers = list(model._flatten_layers(include_self=True, recursive=True))
    flags = [layer._trainable for layer in layers]
    try:
        for layer in layers:  # each one itself: Sequential does not hand its flag down
            layer.trainable = True
        for variable in model.trainable_variables:
            if id(variable) not in known:
                known.add(id(variable))
                found.append(variable)
    finally:
        _set_flags(layers, flags)
    return found


def _set_flags(layers: list[Any], flags: list[bool]) -> None:
    # From the outside in: an outer layer's flag is handed down, then the inner ones put their own back.
    for layer, flag in zip(layers, flags, strict=True):
        layer.trainable = flag


def set_trainable(model: Any, block: Any, trainable: bool) -> None:
    """Freeze or unfreeze layers, given one itself, by name, or by a dotted prefix of their names.

    A layer inside a frozen model cannot learn, so unfreezing thaws what is around it as well, and only that.

    Raises:
        ConfigurationError: the model has no such layer.
    """
    layers = list(model._flatten_layers(include_self=True, recursive=True))
    chosen = [
        layer
        for layer in layers[1:]
        if layer is block or (isinstance(block, str) and (layer.name == block or layer.name.startswith(f"{block}.")))
    ]
    if not chosen:
        given = block if isinstance(block, str) else getattr(block, "name", type(block).__name__)
        raise unknown_name("block", given, sorted({layer.name.split(".")[0] for layer in model.layers}))
    flags = {id(layer): layer._trainable for layer in layers}
    for layer in chosen:
        for part in layer._flatten_layers(include_self=True, recursive=True):
            flags[id(part)] = trainable
    if trainable:
        wanted = {id(layer) for layer in chosen}
        for layer in layers:
            if any(id(part) in wanted for part in layer._flatten_layers(include_self=False, recursive=True)):
                flags[id(layer)] = True
    _set_flags(layers, [flags[id(layer)] for layer in layers])


@contextmanager
def precision_of(model: Any, precision: str) -> Iterator[None]:
    """Let every layer compute in bfloat16, weights staying float32; afterwards each has its own policy back."""
    if precision == "fp32":
        yield
        return
    layers = list(model._flatten_layers(include_self=True, recursive=True))
    found = [(layer, layer.dtype_policy) for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = "mixed_bfloat16"
        yield
    finally:
        for layer, policy in found:
            layer.dtype_policy = policy
