# wrong: sigmoid, then binary cross-entropy
# believes: sigmoid followed by BCE is the same as BCE on logits (it saturates: 200 gives at most 100, and no gradient)
# named: sigmoid-then-logarithm

import copy
import math
import torch
from torch import nn
import torch.nn.functional as F


def build_cnn(in_channels, num_classes):
    """Return a network: images (N, in_channels, 16, 16) -> logits (N, num_classes)."""
    return nn.Sequential(
        nn.Conv2d(in_channels, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 4 * 4, num_classes),
    )


def make_optimizer(name, model, learning_rate, weight_decay=0.0):
    """Return the optimizer "adam" or "sgd" (momentum 0.9) for the model."""
    if name == "adam":
        return torch.optim.Adam(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    return torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, weight_decay=weight_decay)


def train(model, loss_fn, optimizer, batches, epochs):
    """Train; return the loss of every batch as a flat list of floats."""
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
    """Return the mean loss over images of every epoch."""
    k = len(sizes)
    means = []
    for start in range(0, len(losses), k):
        part = losses[start:start + k]
        means.append(sum(l * n for l, n in zip(part, sizes)) / sum(sizes))
    return means


def binary_loss(logits, labels):
    """Return the mean binary cross-entropy of logits (N, 1) and labels (N,)."""
    probabilities = torch.sigmoid(logits).squeeze(1)
    return F.binary_cross_entropy(probabilities, labels.float())


def learning_rate_sweep(model, run, rates):
    """Return a dict: rate -> run(model, rate), each from the same initial weights."""
    return {rate: run(copy.deepcopy(model), rate) for rate in rates}


def best_rate(curves):
    """Return the rate whose curve ends lowest, of those that did not diverge."""
    good = [rate for rate, curve in curves.items() if all(math.isfinite(x) for x in curve)]
    return min(good, key=lambda rate: curves[rate][-1])


def compare(curves, threshold):
    """Return {"faster": name, "oscillates": name}."""
    def first_below(curve):
        for i, loss in enumerate(curve):
            if loss < threshold:
                return i
        return len(curve)

    def rise(curve):
        return sum(max(0.0, b - a) for a, b in zip(curve, curve[1:]))

    return {"faster": min(curves, key=lambda name: first_below(curves[name])),
            "oscillates": max(curves, key=lambda name: rise(curves[name]))}
