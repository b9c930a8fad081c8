"""The solution of 14.8, and the places in it where mistakes are made."""

from __future__ import annotations

from coursekit.grading.answers import Form, Misconception

SOLUTION = """\
import copy

import torch


def train_epoch(model, loss_fn, optimizer, batches):
    model.train()
    total, right, count = 0.0, 0, 0
    for images, labels in batches:
        optimizer.zero_grad()
        logits = model(images)
        loss = loss_fn(logits, labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        right += (logits.argmax(dim=1) == labels).sum().item()
        count += len(labels)
    return total / count, right / count


def evaluate(model, loss_fn, batches):
    model.eval()
    summed, hits, seen = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            summed += loss_fn(outputs, labels).item() * len(labels)
            hits += (outputs.argmax(dim=1) == labels).sum().item()
            seen += len(labels)
    return summed / seen, hits / seen


def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    history = {"train_loss": [], "train_accuracy": [], "val_loss": [], "val_accuracy": [], "learning_rate": []}
    best_loss = float("inf")
    for epoch in range(1, max_epochs + 1):
        rate = optimizer.param_groups[0]["lr"]
        train_loss, train_accuracy = train_epoch(model, loss_fn, optimizer, training)
        val_loss, val_accuracy = evaluate(model, loss_fn, validation)
        for values, value in zip(history.values(), (train_loss, train_accuracy, val_loss, val_accuracy, rate)):
            values.append(value)
        if val_loss < best_loss:
            best_loss, best_epoch = val_loss, epoch
            waited = stalled = 0
            best_state = copy.deepcopy(model.state_dict())
            torch.save({"epoch": epoch, "model": best_state, "optimizer": optimizer.state_dict()}, path)
        else:
            stalled += 1
            if stalled == lr_patience:
                for group in optimizer.param_groups:
                    group["lr"] *= factor
                stalled = 0
            waited += 1
            if waited == patience:
                break
    model.load_state_dict(best_state)
    history["best_epoch"] = best_epoch
    return history


def plot_accuracy(history, axes):
    epochs = range(1, len(history["train_accuracy"]) + 1)
    axes.plot(epochs, history["train_accuracy"], label="training")
    axes.plot(epochs, history["val_accuracy"], label="validation")
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy")
    axes.legend()
"""

STEPS = "The nine steps"
MEANS = "Metrics as means over samples"
LOGGING = "Logging the loss"
STOPPING = "Early stopping"
KEEPING = "Checkpoints and exact resume"

# train_epoch
TRAIN = "    model.train()\n"
CLEAN = "        optimizer.zero_grad()\n"
LOGITS = "        logits = model(images)\n"
LOSS = "        loss = loss_fn(logits, labels)\n"
BACKWARD = "        loss.backward()\n"
STEP = "        optimizer.step()\n"
TOTAL = "        total += loss.item() * len(labels)\n"
RIGHT = "        right += (logits.argmax(dim=1) == labels).sum().item()\n"
FIGURES = "    return total / count, right / count\n"
# evaluate
EVAL = "    model.eval()\n"
NO_GRAD = "    with torch.no_grad():\n"
SUMMED = "summed += loss_fn(outputs, labels).item() * len(labels)"
HITS = "hits += (outputs.argmax(dim=1) == labels).sum().item()"
SEEN = "            seen += len(labels)\n"
FOUND = "    return summed / seen, hits / seen\n"
# fit
EPOCHS = "range(1, max_epochs + 1)"
RATE = '        rate = optimizer.param_groups[0]["lr"]\n'
TRAINED = "        train_loss, train_accuracy = train_epoch(model, loss_fn, optimizer, training)\n"
VALIDATED = "        val_loss, val_accuracy = evaluate(model, loss_fn, validation)\n"
APPENDED = "(train_loss, train_accuracy, val_loss, val_accuracy, rate)"
BETTER = "if val_loss < best_loss:"
BEST = "best_loss, best_epoch = val_loss, epoch"
RESET = "            waited = stalled = 0\n"
COPY = "best_state = copy.deepcopy(model.state_dict())"
SAVE = '            torch.save({"epoch": epoch, "model": best_state, "optimizer": optimizer.state_dict()}, path)\n'
STALLED = "            stalled += 1\n"
PLATEAU = "if stalled == lr_patience:"
GROUPS = "for group in optimizer.param_groups:\n"
REDUCE = 'group["lr"] *= factor'
AGAIN = "                stalled = 0\n"
WAITED = "            waited += 1\n"
PATIENCE = "if waited == patience:"
BREAK = "                break\n"
LOAD = "    model.load_state_dict(best_state)\n"
RETURNED = 'history["best_epoch"] = best_epoch'


def known(
    name: str, title: str, explanation: str, hint: str, reading: str, *forms: Form, kin: tuple[Form, ...] = ()
) -> Misconception:
    """A misconception, ``reading`` being a section of chapter 14."""
    return Misconception(
        name=name,
        title=title,
        explanation=explanation,
        hint=hint,
        reading=f"Chapter 14, {reading}",
        forms=forms,
        kin=kin,
    )
