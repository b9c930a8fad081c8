# right: evaluates a deep copy

import copy
import torch


def evaluate(model, loss_fn, batches):
    """The original is never touched: a clone does the work."""
    clone = copy.deepcopy(model).eval().requires_grad_(False)
    weights, losses, rights = [], [], []
    with torch.no_grad():
        for images, labels in batches:
            out = clone(images)
            weights.append(len(labels))
            losses.append(loss_fn(out, labels).item())
            rights.append(int((out.argmax(-1) == labels).sum()))
    n = sum(weights)
    return sum(w * l for w, l in zip(weights, losses)) / n, sum(rights) / n
