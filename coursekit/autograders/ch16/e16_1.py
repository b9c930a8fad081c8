"""16.1: a validation loop in PyTorch that leaves the model as it found it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain, type_name

if TYPE_CHECKING:
    from torch import nn

STATEMENT = """\
Write `validate(model, loss_fn, batches)` in PyTorch: the validation loop that runs **between two epochs of training**.
It measures the model in evaluation mode, and leaves everything as it found it.

| argument | is |
|---|---|
| `model` | a `torch.nn.Module`; `model(images)` gives the outputs (logits), `(N, classes)` |
| `loss_fn` | `loss_fn(outputs, labels)`: the mean loss of the batch, a tensor; it takes the outputs as they are |
| `batches` | a list or a `DataLoader` of `(images, labels)`: float32 `(N, C, H, W)` and int64 `(N,)`; `N` varies, is \
at least 1 |

It returns `{"loss": ..., "accuracy": ...}`, both Python `float`s: the mean loss over all images, and the fraction (0 to
1) of all images whose largest output is that of their label. Every image counts the same, in whatever batch it comes.

**While it runs**, every module of the model is in evaluation mode, also those that are not PyTorch's own, and no graph
is recorded.

**Afterwards**, all of this is as it was before:

- the mode of every single module. When the model arrives, some modules may be in training mode and others in evaluation
  mode: a model that trains around a frozen batch norm, say;
- the parameters, their `requires_grad` and their `.grad`, and the buffers (running statistics);
- `torch.is_grad_enabled()`: the caller may be inside `torch.no_grad()`, or not;
- the state of PyTorch's random numbers.

If the model or the loss raises an error, the error reaches the caller as it is, and the modes and
`torch.is_grad_enabled()` are as before even then.
"""

STARTER = '''\
import torch


def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    raise NotImplementedError
'''

CLASSES = 5
CHANNELS = 2
# Batches as large as there are classes take a wrong axis without complaint.
SIZES = {"frozen": (5, 5, 5, 1), "evaluation": (4, 9, 2), "sampling": (3, 8)}


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Three validations of models that arrive in different modes, and two that end in an error."""
    import torch
    from torch.nn import functional

    def one_hot_error(input: Any, target: Any) -> Any:
        return ((input - functional.one_hot(target, input.shape[1])) ** 2).mean()

    def broken(*_: Any) -> Any:
        raise ArithmeticError("the loss is not finite")

    torch.manual_seed(int(rng.integers(2**31)))
    cross_entropy = torch.nn.CrossEntropyLoss()
    return {
        "frozen": _run(student, rng, _frozen, cross_entropy, SIZES["frozen"]),
        "evaluation": _run(student, rng, _evaluation, one_hot_error, SIZES["evaluation"], gradients=False),
        "sampling": _run(student, rng, _sampling, cross_entropy, SIZES["sampling"]),
        "bad_loss": _run(student, rng, _frozen, broken, (4, 3), fails="loss"),
        "bad_batch": _run(student, rng, _sampling, cross_entropy, (4, 3), fails="batch"),
    }


def _frozen(model: Any) -> None:
    """Training around a frozen block deep inside."""
    model.train()
    model.body[0].eval()
    for parameter in model.body[0].parameters():
        parameter.requires_grad_(False)


def _evaluation(model: Any) -> None:
    model.eval()


def _sampling(model: Any) -> None:
    """Evaluation, with dropout left on on purpose (MC dropout), and one batch norm that learns its statistics."""
    model.eval()
    model.dropout.train()
    model.body[1].train()
    model.stem[1].train()


def _run(
    student: Student,
    rng: np.random.Generator,
    arrive: Callable[[nn.Module], None],
    loss_fn: Any,
    sizes: tuple[int, ...],
    *,
    gradients: bool = True,
    fails: str = "",
) -> dict[str, Plain]:
    """One call: what it returned, in which modes the model ran, and what it left behind."""
    import torch

    from coursekit.autograders.ch16.pytorch_modes import Network, modes_of, state_of

    events: list[str] = []
    model = Network(rng, events.append, channels=CHANNELS, classes=CLASSES).eval()
    batches = []
    for number, size in enumerate(sizes):
        images = torch.from_numpy(rng.standard_normal((size, CHANNELS, 4, 4)).astype(np.float32))
        with torch.no_grad():
            labels = model(images).argmax(dim=1)
        # Right but for one image of the first batch and the last of all: no mistake makes up for another.
        wrong = [0] * (number == 0) + [size - 1] * (number == len(sizes) - 1)
        labels[wrong] = (labels[wrong] + int(rng.integers(1, CLASSES))) % CLASSES
        batches.append((images, labels))
    if fails == "batch":
        batches[-1] = torch.cat([batches[-1][0]] * 2, dim=1), batches[-1][1]
    events.clear()
    arrive(model)
    for number, parameter in enumerate(model.parameters()):
        if parameter.requires_grad and number != 0:
            parameter.grad = torch.from_numpy(rng.standard_normal(tuple(parameter.shape)).astype(np.float32))
    random_state = torch.get_rng_state()
    trouble = student.trouble
    torch.set_grad_enabled(gradients)
    try:
        returned = student.outcome("validate", model, loss_fn, batches, read=_read)
        switched = "on" if torch.is_grad_enabled() else "off"
    finally:
        torch.set_grad_enabled(True)
    if fails:
        # An error that we planted is no trouble of the student's code.
        student.trouble = trouble
    same = torch.equal(random_state, torch.get_rng_state())
    figures = {name: returned.get(name, returned) for name in ("loss", "accuracy")}
    return {
        **{name: value.get("value", value) for name, value in figures.items()},
        "kinds": {name: value.get("kind", value) for name, value in figures.items()},
        "raised": returned.get("raised", "nothing"),
        # Code that never runs the model leaves it alone, too; that is not what is asked.
        "run": "run" if events else "never run",
        "ran": sorted({event.removeprefix("training: ") for event in events if event.startswith("training: ")}),
        "graph": sorted({event for event in events if "graph" in event}),
        "modes": modes_of(model),
        "gradient_mode": switched,
        "random": "as before" if same else "changed",
        **state_of(model),
    }


def _read(value: object) -> Plain:
    from coursekit.autograders.pytorch_scene import read_number

    if type(value) is not dict:
        return {key: {"kind": f"a {type_name(value)}, no dict", "value": plain(value)} for key in ("loss", "accuracy")}
    absent = {"kind": "nothing", "value": "nothing"}
    return {name: read_number(value[name]) if name in value else absent for name in ("loss", "accuracy")}


RUNS = {
    "frozen": "training around a frozen block",
    "evaluation": "arrived in evaluation mode, gradients off",
    "sampling": "arrived in evaluation mode but for some layers",
}
ERRORS = {"bad_loss": "an error in the loss", "bad_batch": "an error in the model"}


def _fields(scenes: dict[str, str], **fields: str) -> dict[str, str]:
    return {f"{scene}.{name}": f"{what} ({words})" for name, what in fields.items() for scene, words in scenes.items()}


EXERCISE = Exercise(
    id="16.1",
    title="A validation loop in PyTorch that leaves no trace",
    statement=STATEMENT,
    starter=STARTER,
    entry=("validate",),
    framework="torch",
    observe=observe,
    reading="Chapter 16, Validation loops",
    checks=(
        Check(
            name="loss",
            title="Returns the mean loss over all images",
            points=1,
            fields=_fields(RUNS, loss="loss"),
            rtol=1e-4,
            atol=1e-5,
            advice="A last batch of one image: how much does that image weigh in your mean?",
        ),
        Check(
            name="accuracy",
            title="Returns the fraction of images that are classified rightly",
            points=1,
            fields=_fields(RUNS, accuracy="accuracy"),
            advice="Which axis of the outputs holds the classes, and how many images are there in all?",
        ),
        Check(
            name="float",
            title="Both figures are Python floats, in a dict",
            points=1,
            fields=_fields(RUNS, kinds="types of what was returned"),
            advice="Print the type of each value that you return.",
        ),
        Check(
            name="evaluation",
            title="Every module runs in evaluation mode",
            points=2,
            fields=_fields(RUNS, ran="modules in training mode while it ran"),
            advice="Print the mode of every module in model.modules() just before the model is called.",
        ),
        Check(
            name="graph",
            title="No graph is recorded",
            points=1,
            fields=_fields(RUNS, graph="what the forward pass left"),
            advice="Print outputs.requires_grad.",
        ),
        Check(
            name="modes",
            title="Afterwards every module is in the mode it was in",
            points=2,
            fields=_fields(RUNS, modes="mode afterwards", run="the model"),
            advice="Write the modes of all modules down before and after a call, and compare.",
        ),
        Check(
            name="unchanged",
            title="Weights, statistics, gradients, the gradient mode and random numbers are as before",
            points=1,
            fields=_fields(
                RUNS,
                parameters="parameters afterwards",
                buffers="buffers afterwards",
                gradients="gradients afterwards",
                trainable="requires_grad afterwards",
                gradient_mode="torch.is_grad_enabled() afterwards",
                random="state of random numbers",
                run="the model",
            ),
            rtol=1e-6,
            advice="What did your code switch, and does it know what was there before?",
        ),
        Check(
            name="errors",
            title="An error reaches the caller, and modes are as before even then",
            points=1,
            fields={
                "bad_loss.raised": "what reached the caller (an error in the loss)",
                **_fields(ERRORS, modes="mode afterwards"),
                **_fields(ERRORS, gradient_mode="torch.is_grad_enabled() afterwards"),
            },
            advice="Which of your lines are still run when loss_fn raises?",
        ),
    ),
    hints=(
        "model.train() and model.eval() set every module in the model. What did they overwrite, and who still knows?",
        "Write down the mode of each of model.modules() first; put it back one by one at the end, without a call that "
        "goes down into the children. Which block of Python is run at the end whatever happens?",
        "Keep [(module, module.training) for module in model.modules()]; then model.eval(); in try: with "
        "torch.no_grad(): the loop that adds loss times batch size, right ones, and images; in finally: set each "
        "module.training. Divide both sums by the number of images.",
    ),
)
