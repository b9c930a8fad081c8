"""A PyTorch network whose parts depend on the mode, each in its own way, and which notes the mode that it ran in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from coursekit.autograders.pytorch_scene import FixedDropout, tensor_array
from coursekit.grading.values import Plain

WIDTH = 4


class Network(nn.Module):
    """Two convolutions with batch norm, the second in a block of a block; dropout of three kinds; a linear head.

    Dropout is a layer of PyTorch's (rate zero: it says its mode and changes nothing), a layer of our own, and a line
    in ``forward`` that asks for the mode of the whole network.
    """

    mask: torch.Tensor

    def __init__(self, rng: np.random.Generator, note: Callable[[str], None], *, channels: int, classes: int) -> None:
        super().__init__()
        # A method of a list, which a deep copy of the network keeps as it is.
        self.note = note
        self.stem = nn.Sequential(
            nn.Conv2d(channels, WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(WIDTH), nn.Tanh()
        )
        block = nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(WIDTH), nn.Tanh())
        self.body = nn.Sequential(block, nn.Dropout(0.0))
        self.dropout = FixedDropout(_mask(rng))
        self.register_buffer("mask", _mask(rng))
        self.head = nn.Linear(WIDTH * 4, classes)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                # Small biases: large ones would let one class win for all images, in every mode.
                scale = 0.2 if name.endswith("bias") else 1.0
                values = scale * rng.standard_normal(tuple(parameter.shape))
                parameter.copy_(torch.from_numpy(values.astype(np.float32)))
            for name, buffer in self.named_buffers():
                if "running" in name:
                    low, high = (-0.3, 0.3) if name.endswith("mean") else (0.3, 3.0)
                    buffer.copy_(torch.from_numpy(rng.uniform(low, high, WIDTH).astype(np.float32)))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, C, 4, 4) float32 to (N, classes) logits."""
        values = self.body(self.stem(images))
        values = self.dropout(nn.functional.adaptive_avg_pool2d(values, 2).flatten(1))
        if self.training:
            values = values * self.mask * 2.0
        outputs: torch.Tensor = self.head(values)
        learning = [name or "the model itself" for name, module in self.named_modules() if module.training]
        self.note(f"training: {', '.join(learning) or 'none'}")
        self.note("a graph is recorded" if outputs.requires_grad else "no graph is recorded")
        return outputs


def _mask(rng: np.random.Generator) -> torch.Tensor:
    return torch.from_numpy(rng.permutation(np.tile([0.0, 1.0], WIDTH * 2)).astype(np.float32))


def modes_of(model: nn.Module) -> dict[str, Plain]:
    """Name of each module -> the mode it is in."""
    return {
        name or "the model itself": "training" if module.training else "evaluation"
        for name, module in model.named_modules()
    }


def state_of(model: nn.Module) -> dict[str, Plain]:
    """Parameters, buffers, gradients and what is trainable, of a module and all in it."""
    parameters = dict(model.named_parameters())
    return {
        "parameters": {name: tensor_array(value) for name, value in parameters.items()},
        "buffers": {name: tensor_array(value) for name, value in model.named_buffers()},
        "gradients": {name: _gradient(value.grad) for name, value in parameters.items()},
        "trainable": {name: bool(value.requires_grad) for name, value in parameters.items()},
    }


def _gradient(value: Any) -> Plain:
    return "none" if value is None else tensor_array(value)
