"""From one framework to the other: the same architecture, the same weights."""

from __future__ import annotations

from typing import Any

from coursekit.errors import ModelError

from .catalog import from_spec, names
from .initialization import Weights
from .spec import ATTRIBUTE, ModelSpec, checked_framework
from .weights import get_weights, set_weights, unwrapped


def convert(model: Any, to: str) -> Any:
    """Return a new model of the framework ``to`` with the weights of ``model``; the logits agree within 1e-5.

    The new model is as its framework builds it: PyTorch's in train mode, everything trainable. A head
    replaced by a linear layer of another width is followed. Its own framework gives an independent copy.

    Args:
        model: built by ``coursekit.models`` in either framework.
        to: "torch" or "tensorflow" ("keras" is the same).

    Raises:
        ConfigurationError: an unknown framework.
        MissingExtraError: the framework is not installed.
        ModelError: a model that was not built here, or one changed in more than its head's width.
    """
    framework = checked_framework(to)
    spec, weights = described(model)
    converted = from_spec(spec, framework)
    set_weights(converted, weights)
    return converted


def spec_of(model: Any) -> ModelSpec:
    """Return the specification that a model was built from.

    Raises:
        ModelError: a model that was not built by ``coursekit.models``, or is a Keras clone (clones lose it).
    """
    spec = getattr(unwrapped(model), ATTRIBUTE, None)
    if isinstance(spec, ModelSpec):
        return spec
    raise ModelError(
        f"a {type(model).__name__} that says nothing of how it was built",
        expected=f"a model built by coursekit.models: {', '.join(names())}",
        mend="set_weights(other, get_weights(model)) works between any two models of equal names and shapes",
    )


def described(model: Any) -> tuple[ModelSpec, Weights]:
    """Return a model's specification, with its head's present width, and its weights.

    Raises:
        ModelError: as :func:`convert`.
    """
    spec, weights = spec_of(model), get_weights(model)
    head = weights.get("head.weight")
    if head is not None and head.ndim == 2 and head.shape[0] != spec.num_classes:
        spec = spec.with_classes(head.shape[0])
    return spec, weights
