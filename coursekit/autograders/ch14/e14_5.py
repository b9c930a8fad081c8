"""14.5: save and resume a training in PyTorch, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain

STATEMENT = """\
Write two functions that save a training in PyTorch and take it up again, so that it goes on **bit for bit** as if there
had been no break.

| argument | is |
|---|---|
| `path` | the file: a `str` or a `pathlib.Path`; its folder exists, and an older file of that name is replaced |
| `model` | a `torch.nn.Module` on the CPU, with batch norm or dropout perhaps |
| `optimizer` | a `torch.optim.Optimizer` on the model's parameters: SGD with momentum or Adam, one group or several |
| `epoch` | how many epochs are finished, an `int` |

`save_checkpoint(path, model, optimizer, epoch)` writes **one file**, and what it returns does not matter. Saving
changes nothing: the training goes on after it as it would have without.

`load_checkpoint(path, model, optimizer)` is called in another process, perhaps on another computer: the file, moved and
renamed, is all that is left, and every checkpoint is a file of its own. `model` and `optimizer` are fresh ones of the
same kind, with **other weights and another learning rate**, and PyTorch's random numbers are anywhere. It changes the
two objects in place and returns `epoch` as it was saved, an `int`. After it, these are as at the moment of saving:

- the weights of the model and its buffers (the running means of batch norm);
- the optimizer: its momenta and counts of steps, and its learning rates, which the training may have lowered;
- PyTorch's global random numbers (of the CPU), from which dropout draws.

Training mode and evaluation mode are not part of it: each epoch sets its own.

The file can be read by `torch.load(path, weights_only=True)`: it holds dicts, lists, tuples, tensors, numbers and
strings alone (a `state_dict()` does, too), no objects of other classes. How they are arranged is up to you.
"""

STARTER = '''\
import torch


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    raise NotImplementedError


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    raise NotImplementedError
'''


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """A training without chance, by SGD with momentum and two groups, and one with dropout, by Adam."""
    import torch

    from coursekit.autograders.checkpoint_scene import Training, play

    def sgd(model: Any, rate: float) -> Any:
        parameters: list[Any] = list(model.parameters())
        groups: list[dict[str, Any]] = [{"params": parameters[:1], "lr": 2.0 * rate}, {"params": parameters[1:]}]
        return torch.optim.SGD(groups, lr=rate, momentum=0.9)

    def adam(model: Any, rate: float) -> Any:
        return torch.optim.Adam(model.parameters(), lr=rate)

    seeds = [int(seed) for seed in rng.integers(2000, 2**31, 2)]
    return {
        "sgd": play(student, Training(rng, False, sgd), seeds[0]),
        "adam": play(student, Training(rng, True, adam), seeds[1]),
    }


RUNS = {
    "sgd": "SGD with momentum",
    "adam": "Adam and dropout",
    "sgd.early": "SGD with momentum, saved after 2 epochs",
    "sgd.late": "SGD with momentum, saved after 4 epochs",
    "adam.early": "Adam and dropout, saved after 2 epochs",
    "adam.late": "Adam and dropout, saved after 4 epochs",
}
PARTS = {
    "files": "what was written after 2 and after 4 epochs",
    "troubles": "errors while saving",
    "went_on": "weights of the training that was saved, at its end, beside those without saving",
    "weights": "weights after loading, beside those at the moment of saving",
    "buffers": "running means after loading, beside those at the moment of saving",
    "numbers": "the weights after loading",
    "rates": "learning rates after loading",
    "next": "weights one epoch after loading",
    "on": "weights one epoch after loading, beside those without a break",
    "drawn": "the next random numbers after loading",
    "chance": "the next random numbers after loading, beside those at the moment of saving",
    "epoch": "the number that was returned",
    "end": "weights at the end of the resumed training",
    "resumed": "weights and running means at the end, beside those without a break",
}


def _of(runs: str, parts: str) -> dict[str, str]:
    return {f"{run}.{part}": f"{PARTS[part]} ({RUNS[run]})" for run in runs.split() for part in parts.split()}


EXERCISE = Exercise(
    id="14.5",
    title="Save and resume, bit for bit",
    statement=STATEMENT,
    starter=STARTER,
    entry=("save_checkpoint", "load_checkpoint"),
    framework="torch",
    observe=observe,
    seconds=30.0,
    reading="Chapter 14, Checkpoints and exact resume",
    checks=(
        Check(
            name="file",
            title="Each checkpoint is one file of plain parts, which torch.load reads with weights_only=True",
            points=2,
            fields=_of("sgd adam", "files troubles"),
            advice="Look into the folder after saving, and read the file with torch.load(path, weights_only=True).",
        ),
        Check(
            name="model",
            title="The model gets its weights and buffers back",
            points=1,
            fields=_of("sgd.early sgd.late", "weights buffers numbers"),
            rtol=1e-4,
            atol=1e-5,
            advice="Compare model.state_dict() before saving and after loading, name by name, also the running means.",
        ),
        Check(
            name="optimizer",
            title="The next epoch is that of the saved optimizer",
            points=2,
            fields=_of("sgd.early sgd.late", "rates next on"),
            rtol=1e-4,
            atol=1e-5,
            advice="What does an optimizer know that the model does not? Look at optimizer.state_dict().",
        ),
        Check(
            name="chance",
            title="The next random numbers are those that would have come",
            points=2,
            fields=_of("adam.early", "drawn") | _of("adam.early adam.late", "chance"),
            rtol=1e-5,
            atol=1e-6,
            advice="Dropout draws from PyTorch's global generator. Where does that stand after loading?",
        ),
        Check(
            name="epoch",
            title="The number of finished epochs is returned",
            points=1,
            fields=_of("sgd.early sgd.late adam.early", "epoch"),
            advice="It is a Python int, the very one that was passed to save_checkpoint.",
        ),
        Check(
            name="saving",
            title="Saving changes nothing",
            points=1,
            fields=_of("sgd adam", "went_on"),
            advice="Train with and without saving, and compare the weights at the end.",
        ),
        Check(
            name="resumed",
            title="The resumed training ends with the very weights of one without a break",
            points=1,
            fields=_of("adam.early adam.late", "end resumed"),
            rtol=1e-4,
            atol=1e-5,
            advice="All of the above has to be right for this.",
        ),
    ),
    hints=(
        "Ask of everything that the next batch depends on: where is it kept, and is it in the file?",
        "model.state_dict() holds weights and buffers, optimizer.state_dict() its momenta and rates, "
        "torch.get_rng_state() the random numbers as a tensor. And one int.",
        'torch.save({"model": ..., "optimizer": ..., "rng": ..., "epoch": epoch}, path). To load, read that dict, give '
        "the first two to load_state_dict of their owners and the third to torch.set_rng_state, and return the epoch.",
    ),
)
