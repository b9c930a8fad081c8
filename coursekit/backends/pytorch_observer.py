"""A look at one step of the optimizer: norms of gradients, weights and updates, parameter by parameter."""

from __future__ import annotations

from typing import Any


class StepObserver:
    """Watches a step from before its backward pass until after its update; made anew for every step.

    Args:
        model: whose trainable parameters are watched.
    """

    def __init__(self, model: Any) -> None:
        self._named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        self._before = [parameter.detach().clone() for _, parameter in self._named]
        self._gradients: list[float] = []

    def after_backward(self) -> None:
        """Note the gradients: before clipping, which would hide that they explode."""
        self._gradients = [0.0 if p.grad is None else float(p.grad.norm()) for _, p in self._named]

    def report(self) -> dict[str, dict[str, float]]:
        """For each parameter, after the update: gradient norm, weight norm and update-to-weight ratio."""
        figures = {}
        for (name, parameter), old, gradient in zip(self._named, self._before, self._gradients, strict=True):
            weight = float(old.norm())
            moved = float((parameter.detach() - old).norm())
            figures[name] = {"gradient": gradient, "weight": weight, "update_ratio": moved / (weight + 1e-12)}
        return figures
