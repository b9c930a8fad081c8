"""14.7: repair in PyTorch: a training loop with three silent bugs, each of which can be mended alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain

STATEMENT = """\
The loop below runs without an error and prints no warning, and three things in it are wrong. **Mend all three**, and
nothing that is right. Each counts for itself.

`fit(model, optimizer, loss_fn, training, validation, epochs)` should do the following.

| argument | is |
|---|---|
| `model` | a `torch.nn.Module`, perhaps with dropout and batch norm; it arrives in either mode, without gradients |
| `optimizer` | a `torch.optim.Optimizer` that holds the model's parameters |
| `loss_fn` | `loss_fn(outputs, labels)`: the mean loss of one batch, a tensor; it takes outputs as they are |
| `training`, `validation` | lists of pairs `(images, labels)`: float32 `(N, C, H, W)`, int64 `(N,)`; `N` may differ |
| `epochs` | how often to go through `training`, 1 or more |

- Each epoch goes through the training batches in their order and makes **one step of the optimizer per batch**, with
  the gradients of that batch alone.
- The model learns in **training mode**, in every epoch.
- Each epoch then goes through the validation batches: in evaluation mode, without recording anything for gradients.
- Returned is a list with one pair of Python `float`s per epoch, `(training loss, validation loss)`. Both are means
  **over images**: each image counts the same, whichever batch it is in. The training loss is made of the losses as
  they are when the batch is learned from, before its step.

In which mode the model is after the call does not matter.
"""

STARTER = '''\
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    """Train the model; return a list of (training loss, validation loss), one pair per epoch."""
    history = []
    model.train()
    for _ in range(epochs):
        total, count = 0.0, 0
        for images, labels in training:
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            count += len(labels)

        model.eval()
        losses = []
        with torch.no_grad():
            for images, labels in validation:
                losses.append(loss_fn(model(images), labels).item())
        history.append((total / count, sum(losses) / len(losses)))
    return history
'''

CLASSES = 3
EVEN = (4, 4, 4)
RAGGED = (5, 3, 1)


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Two runs that learn by gradients, and two in which wrong ones cannot be felt."""
    import torch
    from torch.nn import functional

    from coursekit.autograders.pytorch_loop_scene import Drift

    def one_hot_error(input: Any, target: Any) -> Any:
        return ((input - functional.one_hot(target, input.shape[1])) ** 2).sum(1).mean()

    def momentum(model: Any) -> Any:
        return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def adam(model: Any) -> Any:
        return torch.optim.Adam(model.parameters(), lr=0.05)

    def still(model: Any) -> Any:
        return torch.optim.SGD(model.parameters(), lr=0.0)

    def drift(model: Any) -> Any:
        return Drift(model.parameters(), 0.02)

    cross_entropy = functional.cross_entropy
    return {
        "one": _run(student, rng, momentum, cross_entropy, epochs=1),
        "three": _run(student, rng, adam, cross_entropy, epochs=3),
        "modes": _run(student, rng, still, one_hot_error, epochs=3, layers="norm dropout"),
        "ragged": _run(student, rng, drift, one_hot_error, epochs=2, sizes=RAGGED),
    }


def _run(
    student: Student,
    rng: np.random.Generator,
    make: Any,
    loss_fn: Any,
    *,
    epochs: int,
    sizes: tuple[int, ...] = EVEN,
    layers: str = "",
) -> dict[str, Plain]:
    """Train once; note the losses, the weights, in which modes the model learned, and graphs that nobody used."""
    from coursekit.autograders.pytorch_loop_scene import Watch
    from coursekit.autograders.pytorch_scene import small_network, tensors, weights_of

    events: list[str] = []
    model: Any = small_network(rng, events, channels=2, classes=CLASSES, layers=layers)
    model[1] = Watch(events)
    training, validation = (
        [
            tensors(rng.standard_normal((size, 2, 4, 4)).astype(np.float32), rng.integers(0, CLASSES, size))
            for size in order
        ]
        for order in (sizes, sizes[::-1])
    )
    model.eval()
    optimizer = make(model)
    seen = student.outcome("fit", model, optimizer, loss_fn, training, validation, epochs, read=_read)
    backward = [event for event in events if event.startswith("backward")]
    if "raised" in seen:
        return dict.fromkeys(
            ("training", "validation", "first validation", "kinds", "weights", "modes", "unused"), seen
        )
    return {
        **seen,
        "weights": weights_of(model),
        "modes": sorted({event.partition(" in ")[2] for event in backward}),
        "unused": events.count("graph") - len(backward),
    }


def _read(value: Any) -> Plain:
    from coursekit.autograders.pytorch_scene import read_number

    pairs = type(value) is list and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in value)
    if not pairs or not value:
        wrong = plain(value)
        return {"training": wrong, "validation": wrong, "first validation": wrong, "kinds": "no list of pairs"}
    columns = [[read_number(pair[place]) for pair in value] for place in (0, 1)]
    training, validation = ([number["value"] for number in column] for column in columns)
    kinds = sorted({number["kind"] for column in columns for number in column})
    return {"training": training, "validation": validation, "first validation": validation[0], "kinds": kinds}


EXERCISE = Exercise(
    id="14.7",
    title="Repair: a training loop with three silent bugs",
    statement=STATEMENT,
    starter=STARTER,
    entry=("fit",),
    framework="torch",
    observe=observe,
    repair=True,
    reading="Chapter 14, The nine steps",
    checks=(
        Check(
            name="gradients",
            title="Every step uses the gradients of its own batch alone",
            points=3,
            fields={
                "three.training": "training losses of three epochs (Adam)",
                "one.weights": "weights after one epoch (SGD with momentum)",
                "three.weights": "weights after three epochs (Adam)",
            },
            rtol=1e-3,
            atol=1e-4,
            advice="Print the norm of the gradients before each step, with a learning rate of 0. Does it stay the same "
            "for the same batch?",
        ),
        Check(
            name="mode",
            title="The model learns in training mode in every epoch",
            points=2,
            fields={
                "modes.training": "training losses with dropout and batch norm, learning rate 0",
                "modes.modes": "modes in which the model learned",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="Print model.training at the first batch of each epoch.",
        ),
        Check(
            name="validation-loss",
            title="The validation loss is the mean over images, also where batches differ in size",
            points=2,
            fields={"ragged.validation": "validation losses with batches of 1, 3 and 5 images, weights that drift"},
            rtol=1e-4,
            atol=1e-5,
            advice="Work it out by hand for a batch of 4 images with mean loss 1 and a batch of 1 image with loss 6. "
            "Is your result 2?",
        ),
        Check(
            name="validation-mode",
            title="Validation is still in evaluation mode, and records nothing for gradients",
            points=2,
            fields={
                "modes.first validation": "validation loss of the first epoch, with dropout and batch norm",
                "modes.unused": "graphs that were recorded and not used",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="This was right before. What did you take away?",
        ),
        Check(
            name="training-loss",
            title="The training loss is still a mean over images, and all losses are floats",
            points=1,
            fields={
                "ragged.training": "training losses with batches of 5, 3 and 1 images, weights that drift",
                "one.kinds": "types of the losses",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="This was right before. Which line did you change that was not wrong?",
        ),
    ),
    hints=(
        "Go through the nine steps with a finger on the code: which one is missing, which one happens at the wrong "
        "time? And which of the two losses is a mean of means?",
        "backward() adds to the gradients that are there. eval() holds until somebody calls train(). The mean of the "
        "means of batches gives the images of a small batch more weight.",
        "optimizer.zero_grad() before each backward(); model.train() as the first line of the epoch, not before all of "
        "them; and in validation the same sum and count as in training: loss times len(labels), divided by the number "
        "of images.",
    ),
)
