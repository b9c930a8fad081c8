"""The loop of every PyTorch tutorial, which the engine is measured against, and a model with all that has a state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from coursekit import data
from coursekit.data import ArrayDataset


def digits(n: int, first: int = 0) -> ArrayDataset:
    return data.load("digits").train[first : first + n]


def net(seed: int = 0, dropout: float = 0.5) -> Any:
    """Convolution, batch norm, dropout: weights, statistics and randomness. For images (n, 1, 8, 8)."""
    import torch
    from torch import nn

    generator_state = torch.get_rng_state()
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(dropout),
        nn.Flatten(),
        nn.Linear(64, 10),
    )
    torch.set_rng_state(generator_state)
    return model


def as_tensors(images: np.ndarray, labels: np.ndarray) -> tuple[Any, Any]:
    """NHWC arrays as PyTorch's own tensors."""
    import torch

    return torch.tensor(images.transpose(0, 3, 1, 2).copy()), torch.tensor(labels)


def slices(dataset: ArrayDataset, size: int) -> list[tuple[Any, Any]]:
    """Batches in the order of the data set, the last one smaller."""
    return [
        as_tensors(dataset.images[first : first + size], dataset.labels[first : first + size])
        for first in range(0, len(dataset), size)
    ]


def plain_loop(
    model: Any,
    optimizer: Any,
    batches: Callable[[int], Iterable[tuple[Any, Any]]],
    epochs: int,
    loss: Callable[[Any, Any], Any],
    *,
    seed: int = 0,
    clip_norm: float | None = None,
) -> list[list[tuple[float, int, int]]]:
    """Train; returns (mean loss, correct, size) of every batch of every epoch, as seen in training."""
    import torch

    torch.manual_seed(seed)
    seen = []
    for epoch in range(epochs):
        model.train()
        figures = []
        for images, labels in batches(epoch):
            optimizer.zero_grad()
            outputs = model(images)
            value = loss(outputs, labels)
            value.backward()
            if clip_norm is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
            optimizer.step()
            figures.append((value.item(), int((outputs.argmax(1) == labels).sum()), len(labels)))
        seen.append(figures)
    return seen


def assert_identical(model: Any, other: Any) -> None:
    """Every parameter and every buffer, bit for bit."""
    import torch

    states = model.state_dict(), other.state_dict()
    assert states[0].keys() == states[1].keys()
    differing = [name for name in states[0] if not torch.equal(states[0][name], states[1][name])]
    assert not differing


def distance(model: Any, other: Any) -> float:
    """The largest difference of any parameter or buffer, relative to the largest value of it."""
    theirs = other.state_dict()
    return max(
        float(
            (tensor.double() - theirs[name].double()).abs().max() / theirs[name].double().abs().max().clamp(min=1e-12)
        )
        for name, tensor in model.state_dict().items()
    )
