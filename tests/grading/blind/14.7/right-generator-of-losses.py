# right: one generator for both passes, set_grad_enabled, means with math.fsum over one entry per image
# believes: training and validation are the same walk, with or without a step
import itertools
import math

import torch


def walk(model, loss_fn, batches, optimizer=None):
    """Yield the loss of its batch once per image; learn if there is an optimizer."""
    learning = optimizer is not None
    model.train(learning)
    for images, labels in batches:
        with torch.set_grad_enabled(learning):
            loss = loss_fn(model(images), labels)
            value = loss.item()
            if learning:
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
        yield from itertools.repeat(value, len(labels))


def mean(numbers):
    numbers = list(numbers)
    return math.fsum(numbers) / len(numbers)


def fit(model, optimizer, loss_fn, training, validation, epochs):
    """Train the model; return a list of (training loss, validation loss), one pair per epoch."""
    return [
        (mean(walk(model, loss_fn, training, optimizer)), mean(walk(model, loss_fn, validation)))
        for _ in range(epochs)
    ]
