"""What the training loop of 14.7 plays on: parts that keep its bugs apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from coursekit.autograders.pytorch_scene import Notes


class Watch(Notes):
    """Notes the mode in which a gradient came back, as `Notes` does, and before that every graph that is recorded."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Pass on; (N, ...) to (N, ...)."""
        outputs = super().forward(inputs)
        self.events.extend(["graph"] * outputs.requires_grad)
        return outputs


class Drift(torch.optim.Optimizer):
    """Moves every weight by the same amount in each step: what is wrong with gradients cannot be felt."""

    def __init__(self, params: Any, amount: float) -> None:
        super().__init__(params, {"amount": amount})

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move the weights; returns what the closure gives, if there is one."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with torch.no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.add_(group["amount"])
        return loss
