"""13.6: repair in PyTorch: a softmax in front of a loss that takes logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain

STATEMENT = """\
The code below runs, and the network even learns, but slowly, and its loss never falls under 0.9. **Mend it.** What it
works out is wrong: somewhere a softmax meets a loss that expects logits. Not every function needs a change.

| function | is to do |
|---|---|
| `build_model()` | returns a new classifier, a `torch.nn.Module`: flatten, linear 36 to 16, tanh, linear 16 to 5 |
| `loss_of(model, images, labels)` | returns the cross-entropy between labels and predicted distribution |
| `probabilities(model, images)` | returns the predicted distribution: the softmax of the last linear layer's outputs |

`images` is float32 `(N, 1, 6, 6)`, `labels` is int64 `(N,)` with classes from 0 to 4, `N` is 1 or more. `model` always
comes from your own `build_model()`, so what it gives for images is between your three functions.

- The model's parameters are those of the two linear layers, in their order, as they are now, float32. The caller copies
  values into `model.parameters()`, weight and bias of the first layer, then of the second: do not count on the initial
  ones.
- `loss_of` returns the **mean** over the batch: a float tensor with one number, of shape `()` or `(1,)`, on which the
  caller calls `backward()`. It is right also where the model is very sure and wrong: for logits of 300 it is about 300,
  neither infinite nor cut off, and has a gradient.
- `probabilities` returns a tensor `(N, 5)`, each row a distribution over the classes: not negative, with sum 1. It may
  hold a graph or not.
- `loss_of` and `probabilities` are called while the model is in training mode and while it is in evaluation mode,
  and give the same numbers in both.
"""

STARTER = '''\
import torch
from torch import nn
from torch.nn import functional


def build_model():
    """A classifier for images (N, 1, 6, 6) of 5 classes."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(36, 16),
        nn.Tanh(),
        nn.Linear(16, 5),
        nn.Softmax(dim=1),
    )


def loss_of(model, images, labels):
    """The mean cross-entropy of a batch: a tensor to call backward() on."""
    return functional.cross_entropy(model(images), labels)


def probabilities(model, images):
    """The probability of each class: (N, 5), rows that sum to one."""
    return model(images)
'''

CLASSES = 5
SHAPES = [[16, 36], [16], [5, 16], [5]]
STEPS = 6


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """A batch in each mode, a single image, logits in the hundreds on wrong classes, and a short training."""
    return {
        # As many images as classes: there a wrong axis raises no error.
        "training mode": _measure(student, rng, count=7, scale=1.0, training=True),
        "evaluation mode": _measure(student, rng, count=CLASSES, scale=1.0, training=False),
        "single": _measure(student, rng, count=1, scale=1.0, training=False),
        "sure": _measure(student, rng, count=6, scale=150.0, training=True),
        "descent": _descend(student, rng),
    }


def _model(student: Student, rng: np.random.Generator, scale: float) -> tuple[Any, Plain]:
    """A model of the student's with drawn weights, or None; and its parameters' shapes, or what was wrong."""
    import torch

    drawn = [rng.standard_normal(shape) / np.sqrt(shape[-1]) for shape in SHAPES]
    drawn[2] *= 2.0 * scale
    built: list[Any] = []

    def read(value: Any) -> Plain:
        if not isinstance(value, torch.nn.Module):
            return f"no torch.nn.Module, but {type(value).__name__}"
        built.append(value)
        return [list(parameter.shape) for parameter in value.parameters()]

    shapes = student.outcome("build_model", read=read)
    if not built or shapes != SHAPES:
        return None, shapes
    with torch.no_grad():
        for parameter, values in zip(built[0].parameters(), drawn, strict=True):
            parameter.copy_(torch.from_numpy(values.astype(np.float32)))
    return built[0], shapes


def _measure(
    student: Student, rng: np.random.Generator, *, count: int, scale: float, training: bool
) -> dict[str, Plain]:
    """The loss of one batch, its gradient, and the probabilities."""
    import torch

    from coursekit.autograders.pytorch_scene import tensor_array, tensors

    images = rng.standard_normal((count, 1, 6, 6)).astype(np.float32)
    labels = rng.integers(0, CLASSES, count)
    model, shapes = _model(student, rng, scale)
    if model is None:
        return {"network": shapes, "loss": shapes, "gradient": shapes, "probabilities": shapes}
    model.train(training)
    parameters = list(model.parameters())
    gradient: list[Plain] = []

    def read_loss(value: Any) -> Plain:
        array = tensor_array(value)
        if array.size == 1 and value.requires_grad:
            found = torch.autograd.grad(value.reshape(()), parameters, allow_unused=True)
            gradient.extend(None if one is None else tensor_array(one) for one in found)
        return float(array.reshape(())) if array.size == 1 else array

    loss = student.outcome("loss_of", model, *tensors(images, labels), read=read_loss)
    return {
        "network": shapes,
        "loss": loss,
        "gradient": gradient or "none reaches the weights",
        "probabilities": student.outcome("probabilities", model, *tensors(images), read=tensor_array),
    }


def _descend(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """The losses of a few steps of gradient descent on one batch, and the weights after them."""
    import torch

    from coursekit.autograders.pytorch_scene import tensor_array, tensors, weights_of

    images = rng.standard_normal((CLASSES, 1, 6, 6)).astype(np.float32)
    labels = rng.integers(0, CLASSES, CLASSES)
    model, shapes = _model(student, rng, 1.0)
    if model is None:
        return {"losses": shapes, "weights": shapes}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)

    def step(value: Any) -> Plain:
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return float(tensor_array(value).reshape(()))

    losses: list[Plain] = []
    for _ in range(STEPS):
        losses.append(student.outcome("loss_of", model, *tensors(images, labels), read=step))
        if type(losses[-1]) is not float:
            break
    return {"losses": losses, "weights": weights_of(model)}


EXERCISE = Exercise(
    id="13.6",
    title="Repair: softmax before cross-entropy in PyTorch",
    statement=STATEMENT,
    starter=STARTER,
    entry=("build_model", "loss_of", "probabilities"),
    framework="torch",
    observe=observe,
    repair=True,
    reading="Chapter 13, Logits against probabilities",
    checks=(
        Check(
            name="loss",
            title="The loss is the mean cross-entropy of the predicted distribution, in both modes",
            points=3,
            fields={
                "training mode.network": "shapes of the model's parameters",
                "training mode.loss": "loss of 7 images, model in training mode",
                "evaluation mode.loss": "loss of 5 images, model in evaluation mode",
                "single.loss": "loss of a single image",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="Work out by hand the loss of one image with outputs (2, 0, 0, 0, 0) of the last linear layer and "
            "label 0: is it log(1 + 4 exp(-2)), 0.43?",
        ),
        Check(
            name="descent",
            title="Gradient descent on the loss goes where it should",
            points=2,
            fields={
                "descent.losses": "losses of six steps of gradient descent on one batch",
                "descent.weights": "weights after six steps",
                "training mode.gradient": "gradient of the loss",
            },
            rtol=1e-3,
            atol=1e-4,
            advice="Train on one batch until it is known by heart. Where does the loss come to rest?",
        ),
        Check(
            name="sure",
            title="The loss is exact, and has a gradient, where the model is very sure and wrong",
            points=2,
            fields={
                "sure.loss": "loss where logits are in the hundreds",
                "sure.gradient": "gradient where logits are in the hundreds",
            },
            rtol=1e-3,
            atol=1e-3,
            advice="What is float32's exp(-300), and what is its logarithm?",
        ),
        Check(
            name="probabilities",
            title="Whoever asks for probabilities still gets them",
            points=3,
            fields={
                "training mode.probabilities": "probabilities of 7 images, model in training mode",
                "evaluation mode.probabilities": "probabilities of 5 images, model in evaluation mode",
                "single.probabilities": "probabilities of a single image",
                "sure.probabilities": "probabilities where logits are in the hundreds",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="Print probabilities(model, images).sum(dim=1), and compare with the softmax of the outputs of the "
            "last linear layer.",
        ),
    ),
    hints=(
        "How often does a softmax happen between the last linear layer and the loss? Read in PyTorch's documentation "
        "what cross_entropy expects as its first argument.",
        "cross_entropy does log-softmax and negative log-likelihood in one. So no softmax may stand before it. But "
        "someone else used the model's softmax, too.",
        "Take nn.Softmax out of the model: it then gives logits, which is what cross_entropy takes. And in "
        "probabilities, put the softmax over dim=1 on what the model gives.",
    ),
)
