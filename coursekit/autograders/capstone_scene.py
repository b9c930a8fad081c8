"""What 13.7 looks at in PyTorch: a network of any architecture, an optimizer by its steps, a sweep by its curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from coursekit.autograders.pytorch_scene import small_network, tensor_array, tensors, weights_of
from coursekit.grading.values import Plain, plain, type_name

SIZE = 16
"""Height and width of the images that networks are built for."""


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]  # PyTorch's modes have no types
    """Notes which of PyTorch's operations run, whichever layer or function called them."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # PyTorch's modes have no types
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func._schema.name)
        return func(*args, **(kwargs or {}))


def seed_first_weights(rng: np.random.Generator) -> None:
    """Seed PyTorch's own generator, from which layers draw their first weights."""
    torch.manual_seed(int(rng.integers(2**31)))


def shapes_of(model: Any, images: np.ndarray[Any, Any]) -> list[list[int]]:
    """The shapes of the outputs for 1, 5 and all images, in evaluation mode."""
    model.eval()
    with torch.no_grad():
        return [list(model(torch.from_numpy(images[:number].copy())).shape) for number in (1, 5, len(images))]


def look_at_network(model: Any, pixels: np.ndarray[Any, Any], classes: int) -> dict[str, Plain]:
    """What every right network shares: shapes, logits that are no linear map of the image, layers that all learn.

    Args:
        model: whatever was returned as one.
        pixels: (2, N, C, SIZE, SIZE) float32, two batches.
        classes: how many logits there must be.
    """
    shapes = shapes_of(model, pixels[0])
    if shapes != [[number, classes] for number in (1, 5, len(pixels[0]))]:
        return {"shapes": shapes}
    images, other = tensors(*pixels)
    # Three classes alone: whatever the architecture, the others' logits can be pushed down.
    learned = _learn(model, images, torch.arange(len(images)) % 3)
    model.eval()
    with torch.no_grad():
        with _Operations() as operations:
            outputs = model(images)
        apart = outputs + model(other) - model(images + other) - model(torch.zeros_like(images))
        alone = torch.cat([model(image[None]) for image in images[:2]])
    linear = float(apart.abs().max()) < 1e-4 * float(outputs.abs().max())
    return {
        "shapes": shapes,
        "outputs": _kind(outputs, alone, _exaggerated(model, images)),
        "convolution": "yes" if any("convolution" in name for name in operations.names) else "no",
        "linear": "yes" if linear else "no",
        **learned,
    }


def _learn(model: Any, images: torch.Tensor, labels: torch.Tensor) -> dict[str, Plain]:
    model.train()
    unseen = _leaves(model(images)) - {id(parameter) for parameter in model.parameters()}
    # Biases alone may stay: one before a batch norm has no gradient.
    before = [(weight, weight.detach().clone()) for weight in model.parameters() if weight.ndim > 1]
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, lr=0.01) if parameters else None
    losses: list[float] = []
    while optimizer is not None and len(losses) < 40 and not (losses and losses[-1] < 0.6 * losses[0]):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]  # PyTorch's backward has no types
        optimizer.step()
        losses.append(loss.item())
    return {
        "loss": "falls" if losses and min(losses) < losses[0] - 0.01 else "does not fall",
        "unseen": len(unseen),
        "still": sum(torch.equal(weight, old) for weight, old in before),
    }


def _leaves(outputs: torch.Tensor) -> set[int]:
    # The tensors that the backward pass ends in.
    found, seen, todo = set(), set(), [outputs.grad_fn]
    while todo:
        node: Any = todo.pop()
        if node is not None and node not in seen:
            seen.add(node)
            if hasattr(node, "variable"):
                found.add(id(node.variable))
            todo += [after for after, _ in node.next_functions]
    return found


def _exaggerated(model: Any, images: torch.Tensor) -> torch.Tensor:
    """The outputs with weights twenty times as large: logits leave every interval."""
    weights = [weight for weight in model.parameters() if weight.ndim > 1]
    with torch.no_grad():
        for weight in weights:
            weight.mul_(20.0)
        return model(images)  # type: ignore[no-any-return]  # a network that was handed in


def _kind(outputs: torch.Tensor, alone: torch.Tensor, large: torch.Tensor) -> str:
    if not bool(torch.isfinite(outputs).all()):
        return "not finite"
    if torch.allclose(outputs.exp().sum(1), torch.ones(()), rtol=1e-3):
        return "logarithms of probabilities"
    for axis, what in ((1, "each image"), (0, "each class")):
        if bool((outputs >= 0).all()) and torch.allclose(outputs.sum(axis), torch.ones(()), rtol=1e-3):
            return f"probabilities: those of {what} sum to one"
    if not torch.allclose(outputs[: len(alone)], alone, rtol=1e-2, atol=1e-3 * float(outputs.abs().max())):
        return "those of an image change with the other images of the batch"
    if bool((outputs >= 0).all() & (large >= 0).all()):
        return "between 0 and 1" if bool((large <= 1).all()) else "never negative"
    return "between -1 and 1" if bool((large.abs() <= 1).all()) else "any numbers"


def steps_of(rng: np.random.Generator) -> tuple[nn.Module, Callable[[Any], Plain]]:
    """A linear layer, and what drives an optimizer of it: four steps, with gradients of very different size."""
    model = nn.Linear(3, 2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.from_numpy(rng.standard_normal(tuple(parameter.shape)).astype(np.float32)))
    gradients = [
        [rng.standard_normal(tuple(parameter.shape)) * size for parameter in model.parameters()]
        for size in (1.0, 0.1, 1.0, 0.3)
    ]

    def drive(optimizer: Any) -> Plain:
        weights = []
        for step in gradients:
            optimizer.zero_grad()
            for parameter, gradient in zip(model.parameters(), step, strict=True):
                parameter.grad = torch.from_numpy(gradient.astype(np.float32))
            optimizer.step()
            weights.append(weights_of(model))
        return weights

    return model, drive


class Training:
    """A network and batches of different sizes, for ``train`` to be tried on.

    Args:
        rng: draws the weights and the batches.
        rate: of SGD with momentum; at 0 the weights stay, and every loss is known.
        layers: as in ``small_network``; with dropout the network arrives in evaluation mode.
    """

    def __init__(self, rng: np.random.Generator, rate: float, layers: str = "", sizes: tuple[int, ...] = (6, 4, 5)):
        self.model = small_network(rng, [], channels=2, classes=3, layers=layers)
        self.model.train(not layers)
        self.loss_fn = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=rate, momentum=0.9)
        self.batches = [
            tuple(tensors(rng.standard_normal((size, 2, 4, 4)).astype(np.float32), rng.integers(0, 3, size)))
            for size in sizes
        ]

    def weights(self) -> Plain:
        """All weights, (P,) float64."""
        return weights_of(self.model)


def read_losses(value: object) -> Plain:
    """A returned list of losses: what its entries are, and their numbers also where they came as tensors."""
    if type(value) not in (list, tuple):
        return {"raised": f"a value of type {type_name(value)} was returned"}
    kinds, numbers = set(), []
    for entry in value:  # type: ignore[attr-defined]  # a list or a tuple
        if type(entry) is torch.Tensor:
            kinds.add("tensor that holds the graph" if entry.requires_grad else "tensor")
            array = tensor_array(entry)
            numbers.append(float(array.reshape(())) if array.size == 1 else array)
        else:
            kinds.add("float" if type(entry) is np.float64 else type_name(entry))
            numbers.append(plain(entry))
    return {"kinds": sorted(kinds), "values": numbers}


def binary_case(rng: np.random.Generator, signs: list[int], scale: float) -> list[Any]:
    """Logits (N, 1) that want a gradient and labels (N,) of zeros and ones; and a reader of the loss.

    Args:
        rng: draws the sizes of the logits and their order.
        signs: of each logit: 1 and -1 where it has the sign of its label, 2 and -2 where it has the other.
        scale: the mean size of a logit.
    """
    marks = rng.permutation(signs)
    values = scale * rng.uniform(0.5, 1.5, len(marks)) * np.sign(marks)
    logits = torch.from_numpy(values.astype(np.float32)[:, None]).requires_grad_()
    labels = torch.from_numpy(((marks > 0) == (np.abs(marks) == 1)).astype(np.int64))

    def read(loss: Any) -> Plain:
        if type(loss) is not torch.Tensor or loss.numel() != 1:
            shape = f" of shape {tuple(loss.shape)}" if type(loss) is torch.Tensor else ""
            return {"raised": f"a value of type {type_name(loss)}{shape} was returned"}
        if loss.requires_grad:
            loss.reshape(()).backward()  # type: ignore[no-untyped-call]  # PyTorch's backward has no types
        gradient = "none" if logits.grad is None else logits.grad.numpy().astype(np.float64).ravel()
        return {"loss": float(loss.detach()), "gradient": gradient}

    return [logits, labels, read]


class Sweep:
    """A network with batch norm, and a ``run`` that trains it with a rate and returns its losses."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.training = Training(rng, 0.0, layers="norm")
        self.before = self._state()

    def _state(self) -> dict[str, np.ndarray[Any, Any]]:
        return {name: tensor_array(value) for name, value in self.training.model.state_dict().items()}

    def run(self, model: Any, rate: float) -> list[float]:
        """Train on the batches, once; the loss of each, and at last one with the statistics of batch norm."""
        optimizer = torch.optim.SGD(model.parameters(), lr=float(rate), momentum=0.9)
        losses = []
        model.train()
        for images, labels in self.training.batches:
            optimizer.zero_grad()
            loss = self.training.loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            losses.append(float(self.training.loss_fn(model(images), labels)))
        return losses

    def after(self) -> str:
        """Whether the network that was handed over is as it was."""
        now = self._state()
        same = now.keys() == self.before.keys() and all(np.array_equal(now[name], self.before[name]) for name in now)
        return "unchanged" if same else "changed"


def read_curves(value: object) -> Plain:
    """A returned dict, rate -> losses, as a list of pairs in the order of the rates."""
    if type(value) is not dict:
        return {"raised": f"a value of type {type_name(value)} was returned"}
    pairs = [[plain(rate), [float(loss) for loss in losses]] for rate, losses in value.items()]
    return sorted(pairs, key=lambda pair: float(pair[0]))
