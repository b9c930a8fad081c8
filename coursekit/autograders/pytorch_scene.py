"""What the PyTorch exercises play on: a small network that notes in which mode it learned, and readers of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from coursekit.grading.values import Plain, plain, type_name


class Notes(nn.Module):
    """Passes its input on, and notes what happens: the mode of every forward pass that a gradient came back through."""

    def __init__(self, events: list[str]) -> None:
        super().__init__()
        self.events = events

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Pass on; (N, ...) to (N, ...)."""
        mode = "training mode" if self.training else "evaluation mode"
        outputs = inputs * 1.0
        if outputs.requires_grad:
            tensor: Any = outputs  # PyTorch's register_hook has no types
            tensor.register_hook(lambda _: self.events.append(f"backward in {mode}"))
        return outputs


class FixedDropout(nn.Module):
    """Dropout with one mask for ever, so that neither random states nor the order of images change anything."""

    mask: torch.Tensor

    def __init__(self, mask: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Drop and double in training, (N, F) to (N, F); pass on in evaluation."""
        return inputs * self.mask * 2.0 if self.training else inputs


def small_network(
    rng: np.random.Generator, events: list[str], *, channels: int, classes: int, layers: str
) -> nn.Module:
    """A convolution, what ``layers`` asks for ("norm", "dropout"), and a linear head; weights from ``rng``."""
    width = 4
    # A bias before batch norm has a gradient of rounding errors alone, which Adam would blow up.
    convolution = nn.Conv2d(channels, width, 3, padding=1, bias="norm" not in layers)
    parts: list[nn.Module] = [convolution, Notes(events)]
    if "norm" in layers:
        parts.append(nn.BatchNorm2d(width))
    parts += [nn.Tanh(), nn.AdaptiveAvgPool2d(2), nn.Flatten()]
    if "dropout" in layers:
        parts.append(FixedDropout(torch.from_numpy(rng.permutation(np.tile([0.0, 1.0], width * 2)).astype(np.float32))))
    parts.append(nn.Linear(width * 4, classes))
    network = nn.Sequential(*parts)
    with torch.no_grad():
        for parameter in network.parameters():
            values = 0.5 * rng.standard_normal(tuple(parameter.shape))
            parameter.copy_(torch.from_numpy(values.astype(np.float32)))
    return network


def tensors(*arrays: np.ndarray[Any, Any]) -> list[torch.Tensor]:
    """Tensors of their own memory."""
    return [torch.from_numpy(array.copy()) for array in arrays]


def weights_of(model: nn.Module) -> np.ndarray[Any, Any]:
    """All parameters of a module in one (P,) float64 array."""
    return np.concatenate([tensor_array(value).astype(np.float64).ravel() for value in model.parameters()])


def tensor_array(value: torch.Tensor) -> np.ndarray[Any, Any]:
    """The numbers of a tensor of exactly PyTorch's own classes."""
    if type(value) not in (torch.Tensor, nn.Parameter):
        raise TypeError(f"a {type(value).__name__}")
    return value.detach().cpu().numpy().copy()


def read_number(value: object) -> Plain:
    """A returned number: its kind, and its value also where it came as a tensor of one element."""
    if type(value) in (torch.Tensor, nn.Parameter):
        kind = "tensor that holds the graph" if value.requires_grad else "tensor"  # type: ignore[attr-defined]  # it is one
        array = tensor_array(value)  # type: ignore[arg-type]  # it is a tensor
        return {"kind": kind, "value": float(array.reshape(())) if array.size == 1 else array}
    taken = plain(value)
    if type(value) is np.float64 or type(value) is float:
        return {"kind": "float", "value": taken}
    return {"kind": type_name(value), "value": taken}
