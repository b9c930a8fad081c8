"""Right repairs of 14.7 in other styles."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

from .solution import BACK, CLEAN, END, LEARN, SIZE, START, STEP

VARIANTS: dict[str, Form] = {
    "train() after the validation": Edit(
        (LEARN, ""), (START, START + "    model.train()\n"), (END, "        model.train()\n" + END)
    ),
    "emptied after the step": Edit((CLEAN, ""), (STEP, STEP + CLEAN)),
    "emptied just before backward, by the model": Edit((CLEAN, ""), (BACK, "            model.zero_grad()\n" + BACK)),
    "zeros instead of None": Edit((CLEAN, "            optimizer.zero_grad(set_to_none=False)\n")),
    "mode set at each batch": Edit((LEARN, ""), (CLEAN, CLEAN + "            model.train(True)\n")),
    "one count for all epochs": Edit(
        (SIZE, ""), ("unseen, size = 0.0, 0", "unseen, size = 0.0, sum(len(labels) for _, labels in validation)")
    ),
    "by hand": """\
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    def run(batches, learn):
        model.train(learn)
        sums = torch.zeros(2, dtype=torch.float64)
        for x, y in batches:
            with torch.set_grad_enabled(learn):
                loss = loss_fn(model(x), y)
            if learn:
                for p, g in zip(model.parameters(), torch.autograd.grad(loss, list(model.parameters())), strict=True):
                    p.grad = g
                optimizer.step()
            sums += torch.tensor([float(loss) * len(x), len(x)])
        return (sums[0] / sums[1]).item()

    return [(run(training, True), run(validation, False)) for _ in range(epochs)]
""",
    "numpy's weighted average, a copy for the validation": """\
import copy

import numpy as np
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    history = []
    model.train()
    for _ in range(epochs):
        losses = []
        for images, labels in training:
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            for parameter in model.parameters():
                parameter.grad = None
            losses.append(float(loss.detach()))
        twin = copy.deepcopy(model).eval()
        with torch.inference_mode():
            unseen = [loss_fn(twin(images), labels).numpy() for images, labels in validation]
        history.append(
            (
                float(np.average(losses, weights=[len(y) for _, y in training])),
                float(np.average(unseen, weights=[len(y) for _, y in validation])),
            )
        )
    return history
""",
    "all validation images in one batch": """\
import torch
from torch import no_grad


@no_grad()
def measure(model, loss_fn, batches):
    model.eval()
    images, labels = (torch.cat(parts) for parts in zip(*batches))
    return loss_fn(model(images), labels).item()


def fit(model, optimizer, loss_fn, training, validation, epochs):
    history = []
    while len(history) < epochs:
        model.train()
        losses = []
        for images, labels in training:
            def closure():
                optimizer.zero_grad()
                loss = loss_fn(model(images), labels)
                loss.backward()
                return loss
            losses += [optimizer.step(closure).item()] * len(images)
        history += [(sum(losses) / len(losses), measure(model, loss_fn, validation))]
    return history
""",
}
