# right: object-oriented, residual block, softplus loss

import copy
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """Residual block."""

    def __init__(self, width):
        super().__init__()
        self.a = nn.Conv2d(width, width, 3, padding="same", bias=False)
        self.norm = nn.GroupNorm(2, width)
        self.b = nn.Conv2d(width, width, 3, padding="same")

    def forward(self, x):
        return x + self.b(F.leaky_relu(self.norm(self.a(x)), 0.1))


class SmallNet(nn.Module):
    def __init__(self, in_channels, num_classes, width=8):
        super().__init__()
        self.stem = nn.Conv2d(in_channels, width, kernel_size=5, padding=2)
        self.block = Block(width)
        self.pool = nn.MaxPool2d(4)
        self.head = nn.Linear(width * 4 * 4, num_classes)

    def forward(self, images):
        x = self.pool(torch.tanh(self.stem(images)))
        x = self.block(x)
        return self.head(torch.flatten(x, start_dim=1))


def build_cnn(in_channels, num_classes):
    return SmallNet(in_channels, num_classes)


def make_optimizer(name, model, learning_rate, weight_decay=0.0):
    settings = dict(lr=learning_rate, weight_decay=weight_decay)
    match name:
        case "adam":
            return torch.optim.Adam([{"params": list(model.parameters())}], **settings)
        case "sgd":
            return torch.optim.SGD([{"params": list(model.parameters())}], momentum=0.9, **settings)
        case _:
            raise ValueError(f"unknown optimizer {name!r}")


class Recorder(list):
    def note(self, tensor):
        self.append(float(tensor.detach()))


def train(model, loss_fn, optimizer, batches, epochs):
    log = Recorder()
    for epoch in range(epochs):
        model.train()
        for images, labels in batches:
            logits = model(images)
            loss = loss_fn(logits, labels)
            log.note(loss)
            model.zero_grad()
            loss.backward()
            optimizer.step()
    return list(log)


def epoch_means(losses, sizes):
    table = np.asarray(losses, dtype=float).reshape(-1, len(sizes))     # epochs x batches
    return np.average(table, axis=1, weights=np.asarray(sizes)).tolist()


def binary_loss(logits, labels):
    z = logits.reshape(-1)
    y = labels.to(z.dtype)
    # -log sigmoid(z) = softplus(-z);  -log(1 - sigmoid(z)) = softplus(z)
    return (y * F.softplus(-z) + (1 - y) * F.softplus(z)).mean()


def learning_rate_sweep(model, run, rates):
    results = {}
    for rate in rates:
        candidate = copy.deepcopy(model)
        results[rate] = run(candidate, rate)
    return results


def best_rate(curves):
    winner, lowest = None, None
    for rate, curve in curves.items():
        if not np.isfinite(curve).all():
            continue
        if lowest is None or curve[-1] < lowest:
            winner, lowest = rate, curve[-1]
    return winner


class Curve:
    def __init__(self, name, losses):
        self.name, self.losses = name, np.array(losses, dtype=float)

    def arrival(self, threshold):
        below = np.flatnonzero(self.losses < threshold)
        return below[0] if below.size else len(self.losses)

    def rise(self):
        return np.clip(np.diff(self.losses), 0, None).sum()


def compare(curves, threshold):
    a, b = (Curve(n, l) for n, l in curves.items())
    return {
        "faster": (a if a.arrival(threshold) < b.arrival(threshold) else b).name,
        "oscillates": (a if a.rise() > b.rise() else b).name,
    }
