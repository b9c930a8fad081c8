"""14.1: one training step in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain

if TYPE_CHECKING:
    import torch

STATEMENT = """\
Write `train_step(model, optimizer, loss_fn, images, labels)`: **one training step** in PyTorch.

| argument | is |
|---|---|
| `model` | a `torch.nn.Module`; `model(images)` gives the outputs (logits) |
| `optimizer` | a `torch.optim.Optimizer` that holds the model's parameters |
| `loss_fn` | `loss_fn(outputs, labels)`: the mean loss of the batch, a tensor; it takes the outputs as they are |
| `images`, `labels` | one batch: float32 `(N, C, H, W)` and int64 `(N,)`; `N` differs from batch to batch |

A call makes one step of the optimizer, with the gradients of **this batch alone**, and returns the loss of the batch,
as it was before the step, as a Python `float`. It is called for one batch after the other. The model may come from an
evaluation: in whatever mode it arrives, it learns in training mode.
"""

STARTER = '''\
def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss of the batch as a float."""
    raise NotImplementedError
'''

SIZES = (6, 4, 5)


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Three short runs: SGD with momentum and groups, Adam on a network left in evaluation, a very large loss."""
    import torch
    from torch.nn import functional

    def one_hot_error(input: Any, target: Any) -> Any:
        return ((input - functional.one_hot(target, input.shape[1])) ** 2).mean()

    def large(input: Any, target: Any) -> Any:
        # No cross-entropy: to that one, a log-softmax too many makes no difference.
        loss: Any = 1000.0 * one_hot_error(input, target)
        if loss.requires_grad:
            loss.register_hook(lambda _: reached.append(True))
        return loss

    reached: list[bool] = []

    def sgd(model: Any) -> Any:
        groups = [{"params": model[0].parameters(), "lr": 0.1}, {"params": model[-1].parameters()}]
        return torch.optim.SGD(groups, lr=0.3, momentum=0.9, weight_decay=0.01)

    seen = {
        "sgd": _run(student, rng, "", sgd, torch.nn.CrossEntropyLoss()),
        "adam": _run(
            student, rng, "norm dropout", lambda model: torch.optim.Adam(model.parameters(), lr=0.05), one_hot_error
        ),
        "large": _run(student, rng, "", lambda model: torch.optim.SGD(model.parameters(), lr=1e-4), large),
    }
    # Tells a backward pass that was lost on the way from one that was never made.
    seen["large"]["reached"] = "the loss" if reached else "nothing"
    return seen


def _run(student: Student, rng: np.random.Generator, layers: str, make: Any, loss_fn: Any) -> dict[str, Plain]:
    """Train on three batches of different sizes; note the weights, what was returned, and the order of events."""
    from coursekit.autograders.pytorch_scene import read_number, small_network, tensors, weights_of

    events: list[str] = []
    model = small_network(rng, events, channels=2, classes=3, layers=layers)
    optimizer: torch.optim.Optimizer = make(model)
    optimizer.register_step_post_hook(lambda *_: events.append(_step(model)))
    returned, weights, means, order, modes = [], [], [], [], []
    for size in SIZES:
        arrays = rng.standard_normal((size, 2, 4, 4)).astype(np.float32), rng.integers(0, 3, size)
        # A network with dropout or batch norm comes from an evaluation, each time.
        model.train(not layers)
        events.clear()
        returned.append(student.outcome("train_step", model, optimizer, loss_fn, *tensors(*arrays), read=read_number))
        weights.append(weights_of(model))
        means.append(_direction_of_means(model))
        modes.append(sorted({event.partition(" in ")[2] for event in events if "mode" in event}))
        # Backward by parts of the batch is as good as in one go.
        kinds = [event.partition(" in ")[0] for event in events]
        order.append(
            [kind for place, kind in enumerate(kinds) if kind != "backward" or kinds[place - 1 : place] != [kind]]
        )
        if "raised" in returned[-1]:
            break
    first = returned[0]
    return {
        "first": weights[0],
        "later": weights[1:],
        "events": order,
        "modes": modes,
        "statistics": means[0],
        "loss": first.get("value", first),
        "kinds": [value.get("kind", value) for value in returned],
    }


def _direction_of_means(model: torch.nn.Module) -> Plain:
    """Where the running means of batch norm have moved to from 0: the same however often a batch went through."""
    from coursekit.autograders.pytorch_scene import tensor_array

    moved = [tensor_array(value) for name, value in model.named_buffers() if name.endswith("running_mean")]
    means = np.concatenate([np.zeros(0), *moved]).astype(np.float64)
    return means / max(float(np.linalg.norm(means)), 1e-12)


def _step(model: torch.nn.Module) -> str:
    gradients = (parameter.grad for parameter in model.parameters())
    some = any(gradient is not None and bool(gradient.ne(0).any()) for gradient in gradients)
    return f"step {'with' if some else 'without'} gradients"


EXERCISE = Exercise(
    id="14.1",
    title="One training step in PyTorch",
    statement=STATEMENT,
    starter=STARTER,
    entry=("train_step",),
    framework="torch",
    observe=observe,
    reading="Chapter 14, The nine steps",
    checks=(
        Check(
            name="update",
            title="The weights after the first batch are right",
            points=2,
            fields={
                "sgd.first": "weights after one batch (SGD with momentum)",
                "large.first": "weights after one batch with a very large loss",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="Which value is the gradient taken of, and who changes the weights?",
        ),
        Check(
            name="fresh-gradients",
            title="Each step uses the gradients of its own batch alone",
            points=3,
            fields={
                "sgd.later": "weights after the next batches (SGD with momentum)",
                "large.later": "weights after the next batches with a very large loss",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="What is in the gradients when the backward pass of the second batch begins?",
        ),
        Check(
            name="one-step",
            title="Each batch is one backward pass and then one step of the optimizer",
            points=1,
            fields={
                "sgd.events": "what happened in the calls",
                "large.events": "what happened in the calls",
                "large.reached": "where the backward pass began",
            },
            advice="Count the steps of the optimizer, and look at what stands before each.",
        ),
        Check(
            name="mode",
            title="The model learns in training mode, also when it comes from an evaluation",
            points=2,
            fields={
                # And not the weights, which other mistakes change as well: each mistake costs its own points.
                "adam.modes": "mode in which the model learned",
                "adam.statistics": "batch norm's running means after one batch, to scale",
            },
            rtol=1e-3,
            atol=1e-4,
            advice="Dropout and batch norm behave differently in the two modes. Which one is set when images go "
            "through?",
        ),
        Check(
            name="loss",
            title="The loss of the batch is returned, as it was before the step",
            points=1,
            fields={"sgd.loss": "loss of the first batch", "large.loss": "loss of a batch with a very large loss"},
            rtol=1e-4,
            atol=1e-5,
            advice="Compare with loss_fn(model(images), labels) on the untouched model.",
        ),
        Check(
            name="float",
            title="What is returned is a Python float",
            points=1,
            fields={"sgd.kinds": "types of what was returned", "adam.kinds": "types of what was returned"},
            advice="Print type(...) of what you return.",
        ),
    ),
    hints=(
        "Name the steps aloud: mode, clean gradients, forward, loss, backward, step. Which line does each, and in "
        "which order?",
        "backward() adds to what is in parameter.grad; it does not replace it. And the mode belongs to the model, "
        "not to the call.",
        "Six lines: model.train(), then optimizer.zero_grad(), outputs, loss, the two calls that learn, and the "
        "number inside the "
        "loss tensor, which a method of the tensor gives you.",
    ),
)
