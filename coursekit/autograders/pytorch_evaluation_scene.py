"""What the evaluation of 14.3 plays on: a nested network that notes whether a graph is recorded, and its state."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from coursekit.autograders.pytorch_scene import FixedDropout, tensor_array, weights_of
from coursekit.grading.values import Plain


class Notebook(list[str]):
    """A list that a copied model shares: an evaluation of a copy is noted, too."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Notebook:
        """Itself."""
        return self

    def __copy__(self) -> Notebook:
        """Itself."""
        return self


class Recorder(nn.Module):
    """Passes its input on, and notes whether a graph leads back from it to a weight."""

    def __init__(self, notes: Notebook) -> None:
        super().__init__()
        self.notes = notes

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Pass on; (N, ...) to (N, ...)."""
        self.notes.append("recorded" if inputs.requires_grad else "not recorded")
        return inputs


def nested_network(rng: np.random.Generator, *, channels: int, classes: int, whole: bool) -> tuple[nn.Module, Notebook]:
    """A convolution block inside a network with a linear head; with batch norm and dropout where it is ``whole``.

    Weights, statistics, and the gradients that a training step left behind come from ``rng``; the weights of the
    convolution have none yet. Logits are of a size that a softmax, a ReLU or a sigmoid changes a lot.
    """
    width, notes = 4, Notebook()
    block: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1)]
    block += [nn.BatchNorm2d(width)] if whole else []
    head: list[nn.Module] = [nn.AdaptiveAvgPool2d(2), nn.Flatten()]
    if whole:
        mask = rng.permutation(np.tile([0.0, 1.0], width * 2)).astype(np.float32)
        head.append(FixedDropout(torch.from_numpy(mask)))
    network = nn.Sequential(nn.Sequential(*block, nn.Tanh()), *head, nn.Linear(width * 4, classes), Recorder(notes))
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean = _drawn(0.5 * rng.standard_normal(width))
                module.running_var = _drawn(rng.uniform(0.3, 3.0, width))
        for number, parameter in enumerate(network.parameters()):
            parameter.copy_(_drawn(rng.standard_normal(tuple(parameter.shape))))
            if number:
                parameter.grad = _drawn(rng.standard_normal(tuple(parameter.shape)))
    return network, notes


def likely_labels(
    rng: np.random.Generator, model: nn.Module, notes: Notebook, images: torch.Tensor, classes: int
) -> torch.Tensor:
    """Labels (N,) on which the model is right for about two images of three: no wrong count is as large by chance."""
    with torch.no_grad():
        labels: torch.Tensor = model.eval()(images).argmax(1)
    notes.clear()
    shift = np.where(rng.random(len(images)) < 0.35, rng.integers(1, classes, len(images)), 0)
    return (labels + torch.from_numpy(shift)) % classes


def _drawn(values: np.ndarray[Any, Any]) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))


def modes_of(model: nn.Module) -> dict[str, Plain]:
    """The mode of every module, by its name."""
    return {
        name or "the model itself": "training" if module.training else "evaluation"
        for name, module in model.named_modules()
    }


def state_of(model: nn.Module) -> dict[str, Plain]:
    """Weights, statistics, gradients, which weights are trainable, and whether PyTorch records gradients now."""
    statistics = [tensor_array(value).astype(np.float64).ravel() for value in model.buffers()]
    return {
        "weights": weights_of(model),
        "statistics": np.concatenate(statistics) if statistics else np.zeros(0),
        "gradients": [None if value.grad is None else tensor_array(value.grad) for value in model.parameters()],
        "trainable": [value.requires_grad for value in model.parameters()],
        "recording": torch.is_grad_enabled(),
    }


def arrive(model: nn.Module, how: str) -> None:
    """Bring a ``nested_network`` into the modes in which it arrives.

    Args:
        model: the network.
        how: "training"; "evaluation"; "frozen": training, with the first block in evaluation and its convolution not
            trainable; "sampling": evaluation, with dropout left on.
    """
    model.train(how in ("training", "frozen"))
    if how == "frozen":
        block = next(model.children()).eval()
        next(block.parameters()).requires_grad_(False)
    for module in model.modules():
        if how == "sampling" and isinstance(module, FixedDropout):
            module.train()
