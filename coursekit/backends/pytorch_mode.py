"""Modes and random streams of PyTorch models, borrowed and given back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from coursekit.errors import ConfigurationError, unknown_name


@contextmanager
def train_mode(model: Any) -> Iterator[None]:
    """Train mode for the whole model, except batch norm layers that are frozen.

    ``model.train()`` would let the running statistics of a frozen base move although its weights cannot: the base that
    was to be kept would drift. A batch norm layer counts as frozen when it has parameters and none of them learns.
    """
    found = [(module, module.training) for module in model.modules()]
    model.train()
    for module, _ in found:
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            parameters = list(module.parameters(recurse=False))
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                module.training = False
    try:
        yield
    finally:
        _restore(found)


@contextmanager
def evaluation_mode(model: Any, device: Any) -> Iterator[None]:
    """Inference mode that leaves no trace: each module's own mode, gradients and random streams are as found."""
    found = [(module, module.training) for module in model.modules()]
    # Iterating over a shuffling DataLoader draws from the global stream, even when nothing is learnt.
    stream = random_state(device)
    model.eval()
    try:
        # Not inference_mode: a grid or a mask that the model makes at its first call could never be trained with.
        with torch.no_grad():
            yield
    finally:
        set_random_state(stream, device)
        _restore(found)


def _restore(found: list[tuple[Any, bool]]) -> None:
    # Not by train(mode): a parent's mode would be handed down to children that had one of their own.
    for module, mode in found:
        module.training = mode


def random_state(device: Any) -> dict[str, Any]:
    """Copy the state of the global stream, and of the device's where it has its own."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(state: dict[str, Any], device: Any) -> None:
    """Put copies made by ``random_state`` back."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


def set_trainable(model: Any, block: Any, trainable: bool) -> None:
    """Freeze or unfreeze the parameters of a module, given itself or by its name in the model.

    Raises:
        ConfigurationError: the model has no such module.
    """
    if isinstance(block, torch.nn.Module):
        if not any(block is module for module in model.modules()):
            raise ConfigurationError(
                f"a {type(block).__name__} that is not in the model",
                expected="a module of this model",
                mend="take it from the model: model.layer1, or write its name",
            )
        chosen = list(block.parameters())
    else:
        named = model.named_parameters()
        chosen = [p for name, p in named if name == block or name.startswith(f"{block}.")]
        if not chosen and block not in dict(model.named_modules()):
            raise unknown_name("block", block, [name for name, _ in model.named_children()])
    for parameter in chosen:
        parameter.requires_grad_(trainable)
