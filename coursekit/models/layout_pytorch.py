"""A PyTorch model's weights in the canonical layout, which is PyTorch's own. Loaded only for PyTorch
models."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from .weights import WeightSlot


def slots(model: Any) -> dict[str, WeightSlot]:
    """Return canonical name -> slot, parameters and floating-point buffers in the order of ``state_dict``.

    ``num_batches_tracked`` is left out: it is a counter, and no output depends on it while the momentum is a
    number.
    """
    trainable = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    found: dict[str, WeightSlot] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if tensor.is_floating_point():
            found[name] = _slot(name, tensor, name in trainable)
    return found


def _slot(name: str, tensor: Any, trainable: bool) -> WeightSlot:
    def read() -> Any:
        return np.array(tensor.detach().to(device="cpu", dtype=torch.float32).numpy(), order="C")

    def write(array: Any) -> None:
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(array))

    return WeightSlot(name, tuple(tensor.shape), trainable, read, write)


def unwrapped(model: Any) -> Any:
    """The module inside DistributedDataParallel, DataParallel and ``torch.compile``."""
    while True:
        if isinstance(model, (torch.nn.parallel.DistributedDataParallel, torch.nn.DataParallel)):
            model = model.module
        elif hasattr(model, "_orig_mod"):
            model = model._orig_mod
        else:
            return model


def output_sizes(model: Any, shape: tuple[int, int, int]) -> dict[str, int]:
    """Module name -> height times width of its output for one (H, W, C) image; 1 for a linear layer's."""
    found: dict[str, int] = {}
    hooks = []

    def noting(name: str) -> Any:
        def note(_module: Any, _inputs: Any, output: Any) -> None:
            found[name] = math.prod(output.shape[2:])

        return note

    for name, module in model.named_modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            hooks.append(module.register_forward_hook(noting(name)))
    modes = {module: module.training for module in model.modules()}
    first = next(model.parameters())
    height, width, channels = shape
    try:
        model.eval()
        with torch.no_grad():
            model(torch.zeros(1, channels, height, width, dtype=first.dtype, device=first.device))
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes.items():
            module.training = training
    return found
