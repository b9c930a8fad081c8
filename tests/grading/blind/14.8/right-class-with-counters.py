# right: a class keeps counters and copies (named parameters and buffers); atomic writing; one pass method for both
# believes: a training is an object with a memory
import os
from pathlib import Path

import torch


def one_pass(model, loss_fn, batches, optimizer=None):
    model.train(optimizer is not None)
    sums = {"loss": 0.0, "right": 0, "images": 0}
    for images, labels in batches:
        with torch.set_grad_enabled(optimizer is not None):
            logits = model(images)
            loss = loss_fn(logits, labels)
        if optimizer is not None:
            for parameter in model.parameters():
                parameter.grad = None
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        n = images.shape[0]
        sums["loss"] += float(loss.detach()) * n
        sums["right"] += int((logits.detach().max(dim=1).indices == labels).sum())
        sums["images"] += n
    return sums["loss"] / sums["images"], sums["right"] / sums["images"]


def train_epoch(model, loss_fn, optimizer, batches):
    """Train for one epoch; return (loss, accuracy) of the training batches."""
    return one_pass(model, loss_fn, batches, optimizer)


def evaluate(model, loss_fn, batches):
    """Return (loss, accuracy) of the model as it is."""
    return one_pass(model, loss_fn, batches)


class Keeper:
    def __init__(self, model, optimizer, path):
        self.model, self.optimizer, self.path = model, optimizer, Path(path)
        self.lowest = None
        self.epoch = 0
        self.since_best = 0
        self.since_change = 0
        self.kept = {}

    def things(self):
        yield from self.model.named_parameters()
        yield from self.model.named_buffers()

    def note(self, epoch, loss):
        """Take in the loss of an epoch; return whether it is an improvement."""
        if self.lowest is not None and not loss < self.lowest:
            self.since_best += 1
            self.since_change += 1
            return False
        self.lowest, self.epoch = loss, epoch
        self.since_best = self.since_change = 0
        self.kept = {name: thing.detach().clone() for name, thing in self.things()}
        self.write()
        return True

    def write(self):
        beside = self.path.with_name(self.path.name + ".new")
        content = dict(epoch=self.epoch, model=self.model.state_dict(), optimizer=self.optimizer.state_dict())
        content["val_loss"] = self.lowest
        torch.save(content, beside)
        os.replace(beside, self.path)

    def lower_rates(self, lr_patience, factor):
        if self.since_change == lr_patience:
            for group in self.optimizer.param_groups:
                group["lr"] = group["lr"] * factor
            self.since_change = 0

    @torch.no_grad()
    def give_back(self):
        for name, thing in self.things():
            thing.copy_(self.kept[name])


def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    """Train with checkpoints, a plateau schedule and early stopping; return the history."""
    keeper = Keeper(model, optimizer, path)
    rows = []
    epoch = 0
    while epoch < max_epochs and keeper.since_best < patience:
        epoch += 1
        rate = float(optimizer.param_groups[0]["lr"])
        trained = train_epoch(model, loss_fn, optimizer, training)
        checked = evaluate(model, loss_fn, validation)
        rows.append((*trained, *checked, rate))
        keeper.note(epoch, checked[0])
        keeper.lower_rates(lr_patience, factor)
    keeper.give_back()
    names = "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate"
    history = {name: list(column) for name, column in zip(names, zip(*rows))}
    history["best_epoch"] = keeper.epoch
    return history


def plot_accuracy(history, axes):
    """Draw training and validation accuracy over the epochs."""
    for key, label in ("val_accuracy", "Validation accuracy"), ("train_accuracy", "Training accuracy"):
        numbers = history[key]
        axes.plot([1 + i for i in range(len(numbers))], numbers, marker="o", label=label)
    axes.set(xlabel="Epoch (from 1)", ylabel="Accuracy", title="Accuracy of training and validation")
    axes.grid(True)
    axes.legend(loc="lower right")
