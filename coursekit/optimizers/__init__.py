"""Optimizers in one written convention, PyTorch's: frozen specs that are also the NumPy reference."""

from __future__ import annotations

from typing import Any

from coursekit._named import by_name
from coursekit.optimizers.adaptive import Adam, AdamW, RMSprop
from coursekit.optimizers.base import Optimizer, State
from coursekit.optimizers.gradients import (
    clip_by_global_norm,
    global_norm,
    linear_scaled,
    numerical_gradient,
)
from coursekit.optimizers.sgd import SGD

__all__ = [
    "NAMES",
    "SGD",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "State",
    "clip_by_global_norm",
    "get",
    "global_norm",
    "linear_scaled",
    "numerical_gradient",
]

_BY_NAME: dict[str, tuple[type[Optimizer], dict[str, Any]]] = {
    "sgd": (SGD, {}),
    "momentum": (SGD, {"momentum": 0.9}),
    "nesterov": (SGD, {"momentum": 0.9, "nesterov": True}),
    "rmsprop": (RMSprop, {}),
    "adam": (Adam, {}),
    "adamw": (AdamW, {}),
}

NAMES: tuple[str, ...] = tuple(_BY_NAME)


def get(optimizer: str | Optimizer, **options: Any) -> Optimizer:
    """Return the optimizer of that name, built with ``options``; an optimizer is returned as it is.

    Args:
        optimizer: one of :data:`NAMES`, or an :class:`Optimizer`. ``"momentum"`` and ``"nesterov"`` are SGD
            with momentum 0.9.
        options: its arguments: ``get("adam", weight_decay=1e-4)``.

    Raises:
        ConfigurationError: an unknown name or option; options beside an optimizer that is already built.
    """
    return by_name("optimizer", optimizer, Optimizer, _BY_NAME, options)
