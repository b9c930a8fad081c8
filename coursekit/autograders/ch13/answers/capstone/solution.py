"""The solution of 13.7, and the places in it where mistakes are made."""

from __future__ import annotations

from coursekit.grading.answers import Form, Misconception

SOLUTION = """\
import copy
import math

import torch
from torch import nn
from torch.nn import functional as F


def build_cnn(in_channels, num_classes):
    return nn.Sequential(
        nn.Conv2d(in_channels, 8, 3),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Conv2d(8, 16, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, num_classes),
    )


def make_optimizer(name, model, learning_rate, weight_decay=0.0):
    if name == "adam":
        return torch.optim.Adam(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    return torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, weight_decay=weight_decay)


def train(model, loss_fn, optimizer, batches, epochs):
    losses = []
    model.train()
    for epoch in range(epochs):
        for images, labels in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def epoch_means(losses, sizes):
    means = []
    for start in range(0, len(losses), len(sizes)):
        total = sum(size * loss for size, loss in zip(sizes, losses[start:]))
        means.append(total / sum(sizes))
    return means


def binary_loss(logits, labels):
    return F.binary_cross_entropy_with_logits(logits.squeeze(1), labels.float())


def learning_rate_sweep(model, run, rates):
    curves = {}
    for rate in rates:
        curves[rate] = run(copy.deepcopy(model), rate)
    return curves


def best_rate(curves):
    healthy = [rate for rate, losses in curves.items() if all(math.isfinite(loss) for loss in losses)]
    return min(healthy, key=lambda rate: curves[rate][-1])


def compare(curves, threshold):
    needed, risen = {}, {}
    for name, losses in curves.items():
        needed[name] = next((batch for batch, loss in enumerate(losses) if loss < threshold), math.inf)
        risen[name] = sum(max(after - before, 0) for before, after in zip(losses, losses[1:]))
    return {"faster": min(needed, key=needed.get), "oscillates": max(risen, key=risen.get)}
"""

NETWORK = SOLUTION[SOLUTION.index("    return nn.Sequential(") : SOLUTION.index("\n\ndef make_optimizer")]
LAST = "nn.Linear(16, num_classes),\n"
ADAM = "torch.optim.Adam(model.parameters(), lr=learning_rate, weight_decay=weight_decay)"
SGD = "torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, weight_decay=weight_decay)"
LOSS = "loss = loss_fn(model(images), labels)"
LOGGED = "            losses.append(loss.item())\n"
TOTAL = "total = sum(size * loss for size, loss in zip(sizes, losses[start:]))"
MEAN = "means.append(total / sum(sizes))"
BINARY = "F.binary_cross_entropy_with_logits(logits.squeeze(1), labels.float())"
RUN = "    for rate in rates:\n        curves[rate] = run(copy.deepcopy(model), rate)\n"
HEALTHY = "all(math.isfinite(loss) for loss in losses)"
CHOSEN = "return min(healthy, key=lambda rate: curves[rate][-1])"
NEEDED = "next((batch for batch, loss in enumerate(losses) if loss < threshold), math.inf)"
RISEN = "sum(max(after - before, 0) for before, after in zip(losses, losses[1:]))"


def known(name: str, title: str, explanation: str, hint: str, reading: str, *forms: Form) -> Misconception:
    """A misconception, ``reading`` being a section of chapter 13."""
    return Misconception(
        name=name, title=title, explanation=explanation, hint=hint, reading=f"Chapter 13, {reading}", forms=forms
    )
