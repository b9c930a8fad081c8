"""14.3: evaluation in PyTorch, right with a ragged last batch, and leaving the model as it was."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain, type_name

STATEMENT = """\
Write `evaluate(model, loss_fn, batches)` in PyTorch: the **mean loss and the accuracy** of a model on a whole data set.

| argument | is |
|---|---|
| `model` | a `torch.nn.Module`; `model(images)` gives the outputs: logits `(N, K)` for `K` classes |
| `loss_fn` | `loss_fn(outputs, labels)`: the mean loss of one batch, a tensor; it takes the outputs as they are |
| `batches` | what a `for` loop can go through: a `DataLoader`, a list, a generator; it gives pairs `(images, labels)` |
| `images`, `labels` | a batch: float32 `(N, C, H, W)` and int64 `(N,)`; `N` differs from batch to batch, and may be 1 |

Return the pair `(loss, accuracy)`, two Python `float`s:

- `loss` is the mean loss over **all images**: each counts the same, whichever batch it came in;
- `accuracy` is the share of all images, from 0 to 1, whose largest output is the one of their label.

A generator can be gone through only once, and has no length. There is at least one image.

While images go through it, the whole model is in evaluation mode, in whatever mode it or a part of it arrives, and
nothing is recorded for gradients: no graph leads from the outputs back to the weights.

The call **leaves everything as it found it**: the weights, the statistics of batch norm, the `.grad` and
`requires_grad` of every parameter, whether PyTorch records gradients (`torch.is_grad_enabled()`), and the mode of
*every module*: a model may arrive in training, in evaluation, or with parts in one mode and parts in the other.
"""

STARTER = '''\
import torch


def evaluate(model, loss_fn, batches):
    """Return (mean loss over all images, accuracy), two floats; leave the model as it was."""
    raise NotImplementedError
'''

CLASSES = 4
CHANNELS = 2
# Batches as large as there are classes, and batches of one: there a wrong axis raises no error.
FULL, SINGLE = CLASSES, 1


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Two evaluations of a plain network, and four of one with batch norm and dropout that arrives in every mode."""
    from torch import nn
    from torch.nn import functional

    def one_hot_error(input: Any, target: Any) -> Any:
        return ((input - functional.one_hot(target, input.shape[1])) ** 2).sum(1).mean()

    cross_entropy = nn.CrossEntropyLoss()
    ragged, equal = (SINGLE, FULL, SINGLE, FULL), (FULL, FULL, FULL)
    return {
        "loader": _run(student, rng, cross_entropy, None, "training", whole=False),
        "generator": _run(student, rng, one_hot_error, ragged, "training", whole=False),
        "training": _run(student, rng, cross_entropy, equal, "training"),
        "evaluation": _run(student, rng, cross_entropy, equal, "evaluation"),
        "frozen": _run(student, rng, cross_entropy, equal, "frozen"),
        "sampling": _run(student, rng, one_hot_error, equal, "sampling"),
    }


def _run(
    student: Student,
    rng: np.random.Generator,
    loss_fn: Any,
    sizes: tuple[int, ...] | None,
    arrives: str,
    *,
    whole: bool = True,
) -> dict[str, Plain]:
    """Evaluate once; note what was returned, whether graphs were recorded, and the model's state afterwards.

    Without ``sizes`` the batches are a DataLoader, with them a generator, or a list where all are of one size.
    """
    import torch

    from coursekit.autograders.pytorch_evaluation_scene import (
        arrive,
        likely_labels,
        modes_of,
        nested_network,
        state_of,
    )

    model, notes = nested_network(rng, channels=CHANNELS, classes=CLASSES, whole=whole)
    count = 6 * FULL if sizes is None else sum(sizes)
    images = torch.from_numpy(rng.standard_normal((count, CHANNELS, 5, 5)).astype(np.float32))
    labels = likely_labels(rng, model, notes, images, CLASSES)
    data: Any = images, labels  # PyTorch's split has no types
    batches: Any = _loader(rng, *data)
    if sizes is not None:
        batches = list(zip(*(part.split(sizes) for part in data), strict=True))
        batches = iter(batches) if len(set(sizes)) > 1 else batches
    arrive(model, arrives)
    # An evaluation may be asked for where gradients are off already.
    with torch.set_grad_enabled(arrives != "evaluation"):
        outcome = student.outcome("evaluate", model, loss_fn, batches, read=_read)
        after = state_of(model)
    if "raised" in outcome:
        missing = dict.fromkeys(["modes", "graphs", *after], "nothing was worked out")
        return {"loss": outcome, "accuracy": outcome, "kinds": outcome, **missing}
    return {**outcome, "modes": modes_of(model), "graphs": sorted(set(notes)), **after}


def _loader(rng: np.random.Generator, *data: Any) -> Any:
    """A DataLoader of a part of its data set, as a validation split is; the last batch is one image."""
    from torch.utils.data import DataLoader, TensorDataset

    part: Any = [int(index) for index in rng.permutation(len(data[0]))[: 4 * FULL + SINGLE]]
    return DataLoader(TensorDataset(*data), batch_size=FULL, sampler=part)


def _read(value: object) -> Plain:
    from coursekit.autograders.pytorch_scene import read_number

    if not isinstance(value, tuple | list) or len(value) != 2:
        what = f"{len(value)} values" if isinstance(value, tuple | list) else f"one value of type {type_name(value)}"
        return {"loss": plain(value), "accuracy": None, "kinds": what}
    parts = [read_number(part) for part in value]
    return {
        "loss": parts[0]["value"],
        "accuracy": parts[1]["value"],
        "kinds": f"{parts[0]['kind']}, {parts[1]['kind']}",
    }


WHOLE = {
    "training": "a model that arrives in training",
    "evaluation": "a model that arrives in evaluation",
    "frozen": "a model in training whose first block is in evaluation",
    "sampling": "a model in evaluation whose dropout is on",
}


def _after(part: str, words: str, runs: Iterable[str] = WHOLE) -> dict[str, str]:
    return {f"{run}.{part}": f"{words} ({WHOLE[run]})" for run in runs}


EXERCISE = Exercise(
    id="14.3",
    title="Evaluation in PyTorch",
    statement=STATEMENT,
    starter=STARTER,
    entry=("evaluate",),
    framework="torch",
    observe=observe,
    reading="Chapter 14, Metrics as means over samples",
    checks=(
        Check(
            name="loss",
            title="The loss is the mean over all images, also where batches differ in size",
            points=2,
            fields={
                "loader.loss": "loss with a DataLoader whose last batch is one image",
                "generator.loss": "loss with a generator of batches of 1 and 4 images",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="Work it out by hand for a batch of 4 images with mean loss 1 and a batch of 1 image with loss 6. "
            "Is your result 2?",
        ),
        Check(
            name="accuracy",
            title="The accuracy is the share of right images among all images",
            points=2,
            fields={
                "loader.accuracy": "accuracy with a DataLoader whose last batch is one image",
                "generator.accuracy": "accuracy with a generator of batches of 1 and 4 images",
            },
            rtol=1e-5,
            atol=1e-6,
            advice="Print the outputs of one batch, what you take for the predicted classes, and the labels.",
        ),
        Check(
            name="mode",
            title="The whole model is in evaluation mode while it evaluates",
            points=2,
            fields=_after("loss", "loss with batch norm and dropout"),
            rtol=1e-4,
            atol=1e-5,
            advice="Dropout and batch norm behave differently in the two modes. In which one is each module when "
            "images go through?",
        ),
        Check(
            name="no-gradients",
            title="Nothing is recorded for gradients",
            points=1,
            fields={
                "loader.graphs": "graphs from the outputs back to the weights",
                "training.graphs": "graphs from the outputs back to the weights",
            },
            advice="Evaluation mode does not stop gradients. Print outputs.requires_grad inside your loop.",
        ),
        Check(
            name="modes-after",
            title="Every module is in the mode that it came in",
            points=1,
            fields=_after("modes", "modes after the call"),
            advice="Compare [m.training for m in model.modules()] before and after the call, for a model with one "
            "layer frozen.",
        ),
        Check(
            name="unchanged",
            title="Weights, statistics, gradients and settings are as they were",
            points=1,
            fields={
                "loader.weights": "weights after the call",
                "loader.gradients": "gradients after the call",
                "loader.recording": "whether PyTorch records gradients after the call",
                **_after("weights", "weights after the call", ("training",)),
                **_after("statistics", "statistics of batch norm after the call"),
                **_after("gradients", "gradients after the call", ("training",)),
                **_after("trainable", "requires_grad of each parameter after the call"),
                **_after("recording", "whether PyTorch records gradients after the call"),
            },
            rtol=1e-5,
            atol=1e-6,
            advice="An evaluation measures. Which of your lines changes something that outlives the call?",
        ),
        Check(
            name="floats",
            title="What is returned is a pair of Python floats",
            points=1,
            fields={"loader.kinds": "types of what was returned", "training.kinds": "types of what was returned"},
            advice="Print type(...) of both.",
        ),
    ),
    hints=(
        "Which numbers can be added up from batch to batch, so that one division at the very end gives a mean over "
        "images?",
        "A batch's mean loss times its number of images is its sum. And four things surround the loop: the modes are "
        "noted, evaluation mode is set, nothing is recorded, the modes are put back: each module has its own.",
        "Keep [(m, m.training) for m in model.modules()], call model.eval(), and loop under torch.no_grad(): add "
        "loss.item() * len(labels), the number of rows whose argmax(dim=1) equals the label, and len(labels). At the "
        "end set m.training of each module back, and divide both sums by the number of images.",
    ),
)
