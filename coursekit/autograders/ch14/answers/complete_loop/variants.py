"""Right code for 14.8 in other styles."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

from .solution import (
    BETTER,
    CLEAN,
    COPY,
    HITS,
    LOAD,
    NO_GRAD,
    PATIENCE,
    REDUCE,
    RIGHT,
    SAVE,
    SOLUTION,
    STEP,
    SUMMED,
    TOTAL,
    TRAIN,
    VALIDATED,
)

_FIRST_TWO = SOLUTION[: SOLUTION.index("def fit(")]
_PICTURE = SOLUTION[SOLUTION.index("def plot_accuracy") :]

_SCHEDULER = """\
from torch.optim.lr_scheduler import ReduceLROnPlateau

def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    scheduler = ReduceLROnPlateau(optimizer, mode="min", factor=factor, patience=lr_patience - 1, threshold=0)
    rows, best = [], None
    while len(rows) < max_epochs and (best is None or len(rows) - best < patience):
        lr = optimizer.param_groups[0]["lr"]
        rows.append((*train_epoch(model, loss_fn, optimizer, training), *evaluate(model, loss_fn, validation), lr))
        scheduler.step(rows[-1][2])
        if best is None or rows[-1][2] < rows[best - 1][2]:
            best = len(rows)
            state = {"epoch": best, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save({"figures": rows[-1], **state}, path)
    model.load_state_dict(torch.load(path, weights_only=True)["model"])
    names = "train_loss train_accuracy val_loss val_accuracy learning_rate".split()
    return {"best_epoch": best, **{name: list(column) for name, column in zip(names, zip(*rows))}}


"""

_ALONE = """\
import collections
import io
import os
import torch
import torch.nn as nn

def _mean(pairs):
    values, sizes = map(torch.tensor, zip(*pairs))
    return float((values.double() * sizes).sum() / sizes.sum())

def train_epoch(model, loss_fn, optimizer, batches):
    losses, shares = [], []
    for x, y in batches:
        model.train(True)
        for p in model.parameters():
            p.grad = None
        out = model(x)
        loss = loss_fn(out, y)
        torch.autograd.backward(loss)
        with torch.no_grad():
            shares.append(((out.topk(1)[1].squeeze(1) == y).float().mean().item(), len(y)))
            losses.append((loss.detach().item(), x.shape[0]))
        optimizer.step()
    return _mean(losses), _mean(shares)

@torch.inference_mode()
def evaluate(model, loss_fn, batches):
    was = model.training
    model.train(False)
    losses, shares = [], []
    for x, y in batches:
        out = model(x)
        losses.append((loss_fn(out, y).item(), x.size(0)))
        shares.append((out.max(1).indices.eq(y).double().mean().item(), x.size(0)))
    model.train(was)
    return [_mean(losses), _mean(shares)]

class _Best:
    def __init__(self, path):
        self.path, self.loss, self.epoch = path, None, 0

    def offer(self, epoch, loss, model, optimizer):
        if self.loss is not None and loss >= self.loss:
            return False
        self.loss, self.epoch = loss, epoch
        buffer = io.BytesIO()
        torch.save(dict(model=model.state_dict(), optimizer=optimizer.state_dict(), epoch=epoch), buffer)
        with open(f"{self.path}.new", "wb") as file:
            file.write(buffer.getvalue())
        os.replace(f"{self.path}.new", self.path)
        return True

def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    history = collections.defaultdict(list)
    best, bad = _Best(path), 0
    try:
        for epoch in range(max_epochs):
            history["learning_rate"] += [optimizer.param_groups[0]["lr"]]
            for part, figures in (
                ("train", train_epoch(model, loss_fn, optimizer, training)),
                ("val", evaluate(model, loss_fn, validation)),
            ):
                for what, value in zip(("loss", "accuracy"), figures):
                    history[f"{part}_{what}"].append(value)
            bad = 0 if best.offer(epoch + 1, history["val_loss"][-1], model, optimizer) else bad + 1
            if bad == patience:
                return history
            if bad and bad % lr_patience == 0:
                for g in optimizer.param_groups:
                    g["lr"] = g["lr"] * factor
        return history
    finally:
        model.load_state_dict(torch.load(path, weights_only=True)["model"])
        history["best_epoch"] = best.epoch

def plot_accuracy(history, axes):
    for key, label in (("val_accuracy", "Validation accuracy"), ("train_accuracy", "Training accuracy")):
        points = list(enumerate(history[key], start=1))
        axes.plot([x for x, _ in points], [y for _, y in points], "o--", label=label)
    axes.axvline(history["best_epoch"], color="grey", label="best")
    axes.set(xlabel="Epoch", ylabel="Accuracy (share)", title="Accuracy")
    axes.figure.legend()
    return axes
"""

_INLINE = """\
import numpy as np

def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    history = {k: [] for k in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate")}
    kept, low, since, drops = None, np.inf, 0, 0
    for epoch in range(max_epochs):
        history["learning_rate"].append(float(optimizer.param_groups[0]["lr"]))
        for phase, loader in {"train": training, "val": validation}.items():
            learning = phase == "train"
            model.train(learning)
            figures = np.zeros(3)
            for images, labels in loader:
                with torch.set_grad_enabled(learning):
                    def closure():
                        optimizer.zero_grad()
                        output = model(images)
                        loss = loss_fn(output, labels)
                        if learning:
                            loss.backward()
                        correct = torch.sum(torch.max(output, 1)[1] == labels.data).item()
                        figures.__iadd__([loss.item() * images.size(0), correct, images.size(0)])
                        return loss
                    if learning:
                        optimizer.step(closure)
                    else:
                        closure()
            history[f"{phase}_loss"].append(float(figures[0] / figures[2]))
            history[f"{phase}_accuracy"].append(float(figures[1] / figures[2]))
        loss = history["val_loss"][-1]
        if loss < low:
            low, since, drops = loss, epoch, epoch
            kept = {key: value.clone() for key, value in model.state_dict().items()}
            state = {"model": kept, "optimizer": optimizer.state_dict(), "epoch": int(epoch + 1), "loss": loss}
            torch.save(state, str(path))
            continue
        if epoch - drops == lr_patience:
            drops = epoch
            for index in range(len(optimizer.param_groups)):
                optimizer.param_groups[index]["lr"] *= factor
        if epoch - since >= patience:
            break
    model.load_state_dict(kept)
    history["best_epoch"] = since + 1
    return history


"""

VARIANTS: dict[str, Form] = {
    "with-pytorchs-schedule": _FIRST_TWO + _SCHEDULER + _PICTURE,
    "on-its-own": _ALONE,
    "phases-and-a-closure": _FIRST_TWO + _INLINE + _PICTURE,
    "cleaned-after-the-step": Edit(
        (TRAIN, TRAIN + "    optimizer.zero_grad()\n"),
        (CLEAN, ""),
        (STEP, STEP + "        optimizer.zero_grad(set_to_none=False)\n"),
        (TOTAL, "        total += float(loss) * images.shape[0]\n"),
        (RIGHT, "        right += int(torch.sum(torch.argmax(logits, -1).eq(labels)))\n"),
        (COPY, "best_state = {name: value.detach().clone() for name, value in model.state_dict().items()}"),
        (REDUCE, 'group.update(lr=group["lr"] * factor)'),
        (PATIENCE, "if waited >= patience:"),
    ),
    "copied-model": Edit(
        (NO_GRAD, "    with torch.inference_mode():\n"),
        (COPY, "best_model = copy.deepcopy(model)"),
        ('"model": best_state', '"model": best_model.state_dict()'),
        (
            LOAD,
            "    with torch.no_grad():\n        for own, kept in zip(\n            model.state_dict().values(), "
            "best_model.state_dict().values()\n        ):\n            own.copy_(kept)\n",
        ),
        (BETTER, "if not history['val_loss'][:-1] or val_loss < min(history['val_loss'][:-1]):"),
    ),
    "more-than-was-asked-for": Edit(
        (
            VALIDATED,
            "        evaluate(model, loss_fn, training)\n"
            + VALIDATED
            + "        evaluate(model, loss_fn, validation)\n",
        ),
        (SAVE, SAVE + '            torch.save(best_state, f"{path}.weights")\n'),
        (SUMMED, "summed += torch.mul(loss_fn(outputs, labels), labels.numel()).item()"),
        (HITS, "hits += sum(int(row.argmax()) == int(label) for row, label in zip(outputs, labels))"),
        ("    axes.legend()\n", "    axes.grid(True)\n    axes.set_ylim(0, 1)\n    axes.legend(loc='lower right')\n"),
    ),
}

_LABELS = {63: "training", 64: "validation", 65: "epoch", 66: "accuracy"}

EQUIVALENT: dict[str, str] = {
    f"line {line}: another text: '{word}'": "the text has the word in it still, which is all that is asked"
    for line, word in _LABELS.items()
}
