"""Ways to write 14.8, from its text alone: RIGHT must get full points; WRONG lose those of the named checks."""

from __future__ import annotations

PARTS = {
    "train_epoch": """
def train_epoch(model, loss_fn, optimizer, batches):
    model.train()
    running_loss = 0.0
    correct = 0
    n = 0
    for images, labels in batches:
        outputs = model(images)
        loss = loss_fn(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running_loss += loss.item() * images.size(0)
        _, predicted = torch.max(outputs.data, 1)
        correct += (predicted == labels).sum().item()
        n += labels.size(0)
    return running_loss / n, correct / n
""",
    "evaluate": """
def evaluate(model, loss_fn, batches):
    model.eval()
    running_loss = 0.0
    correct = 0
    n = 0
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            running_loss += loss_fn(outputs, labels).item() * images.size(0)
            correct += (outputs.argmax(1) == labels).sum().item()
            n += labels.size(0)
    return running_loss / n, correct / n
""",
    "fit": """
import copy
def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    history = {"train_loss": [], "train_accuracy": [], "val_loss": [], "val_accuracy": [], "learning_rate": [],
               "best_epoch": 0}
    best_val, best_weights = float("inf"), None
    counter, lr_counter = 0, 0
    for epoch in range(max_epochs):
        history["learning_rate"].append(optimizer.param_groups[0]["lr"])
        tl, ta = train_epoch(model, loss_fn, optimizer, training)
        vl, va = evaluate(model, loss_fn, validation)
        history["train_loss"].append(tl)
        history["train_accuracy"].append(ta)
        history["val_loss"].append(vl)
        history["val_accuracy"].append(va)
        if vl < best_val:
            best_val = vl
            best_weights = copy.deepcopy(model.state_dict())
            history["best_epoch"] = epoch + 1
            counter = 0
            lr_counter = 0
            torch.save({"epoch": epoch + 1, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
        else:
            counter += 1
            lr_counter += 1
            if lr_counter >= lr_patience:
                for g in optimizer.param_groups:
                    g["lr"] = g["lr"] * factor
                lr_counter = 0
            if counter >= patience:
                break
    model.load_state_dict(best_weights)
    return history
""",
    "plot_accuracy": """
def plot_accuracy(history, axes):
    x = list(range(1, len(history["val_accuracy"]) + 1))
    axes.plot(x, history["train_accuracy"], "o-", label="training accuracy")
    axes.plot(x, history["val_accuracy"], "s--", label="validation accuracy")
    axes.set_xlabel("Epoch")
    axes.set_ylabel("Accuracy")
    axes.set_title("Training and validation")
    axes.legend(loc="best")
    axes.grid(True, alpha=0.3)
""",
}


def with_parts(**parts: str | None) -> str:
    """The plain code, with some functions written in another way, or (None) not at all."""
    return "import torch\n" + "\n".join(text for text in (PARTS | parts).values() if text is not None)


def changed(name: str, *changes: tuple[str, str]) -> str:
    """The plain code with changes to one function, each of which must fit."""
    text = PARTS[name]
    for old, new in changes:
        assert text.count(old) == 1, (name, old)
        text = text.replace(old, new)
    return with_parts(**{name: text})


_IMPROVED = """
import copy
class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best, self.bad = patience, None, 0
    def step(self, loss):
        improved = self.best is None or loss < self.best
        if improved:
            self.best, self.bad = loss, 0
        else:
            self.bad += 1
        return improved, self.bad >= self.patience
class Plateau:
    def __init__(self, optimizer, patience, factor):
        self.optimizer, self.patience, self.factor, self.bad, self.best = optimizer, patience, factor, 0, None
    def step(self, loss):
        if self.best is None or loss < self.best:
            self.best, self.bad = loss, 0
            return
        self.bad += 1
        if self.bad == self.patience:
            self.bad = 0
            for group in self.optimizer.param_groups:
                group["lr"] *= self.factor
def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    stopper, plateau = EarlyStopping(patience), Plateau(optimizer, lr_patience, factor)
    keys = ["train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate"]
    history = {key: [] for key in keys}
    best = None
    epoch = 0
    while epoch < max_epochs:
        epoch += 1
        rate = optimizer.param_groups[0]["lr"]
        figures = train_epoch(model, loss_fn, optimizer, training) + evaluate(model, loss_fn, validation) + (rate,)
        for key, figure in zip(keys, figures):
            history[key].append(figure)
        plateau.step(history["val_loss"][-1])
        improved, stop = stopper.step(history["val_loss"][-1])
        if improved:
            best = {"epoch": epoch, "model": copy.deepcopy(model.state_dict()),
                    "optimizer": copy.deepcopy(optimizer.state_dict())}
            torch.save(best, path)
        if stop:
            break
    model.load_state_dict(best["model"])
    return dict(history, best_epoch=best["epoch"])
"""

RIGHT = {
    "plain": with_parts(),
    "classes for both rules": with_parts(fit=_IMPROVED),
    "PyTorch's schedule, best from the file": changed(
        "fit",
        (
            "    counter, lr_counter = 0, 0\n",
            "    counter = 0\n    schedule = torch.optim.lr_scheduler."
            "ReduceLROnPlateau(optimizer, 'min', factor, lr_patience - 1, threshold=0)\n",
        ),
        ("            lr_counter = 0\n            torch", "            torch"),
        (
            "            lr_counter += 1\n            if lr_counter >= lr_patience:\n"
            "                for g in optimizer.param_groups:\n"
            '                    g["lr"] = g["lr"] * factor\n                lr_counter = 0\n',
            "",
        ),
        ("        if vl < best_val:\n", "        schedule.step(vl)\n        if vl < best_val:\n"),
        ("    model.load_state_dict(best_weights)\n", "    model.load_state_dict(torch.load(path)['model'])\n"),
    ),
    "numbers from arrays": with_parts(
        evaluate="""
import numpy as np
@torch.no_grad()
def evaluate(model, loss_fn, batches):
    model.eval()
    table = np.array([
        (loss_fn(out, y).item(), (out.argmax(-1) == y).float().mean().item(), len(y))
        for out, y in ((model(x), y) for x, y in batches)
    ])
    loss, accuracy = np.average(table[:, :2], axis=0, weights=table[:, 2])
    return float(loss), float(accuracy)
""",
        plot_accuracy="""
import numpy as np
def plot_accuracy(history, axes):
    curves = np.column_stack([history["train_accuracy"], history["val_accuracy"]])
    axes.plot(np.arange(len(curves)) + 1, curves, label=["training", "validation"])
    axes.set(xlabel="epoch", ylabel="accuracy")
    axes.legend()
""",
    ),
    "one loop for both": with_parts(
        train_epoch="""
def run(model, loss_fn, batches, optimizer=None):
    model.train(optimizer is not None)
    loss_sum = torch.zeros((), dtype=torch.float64)
    hits = count = 0
    for x, y in batches:
        logits = model(x)
        loss = loss_fn(logits, y)
        loss_sum += loss.detach() * len(x)
        hits += int((logits.detach().max(dim=1).indices == y).sum())
        count += len(x)
        if optimizer is not None:
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    return (loss_sum / count).item(), hits / count
def train_epoch(model, loss_fn, optimizer, batches):
    optimizer.zero_grad()
    return run(model, loss_fn, batches, optimizer)
""",
        evaluate="""
def evaluate(model, loss_fn, batches):
    with torch.inference_mode():
        return run(model, loss_fn, batches)
""",
    ),
    "counts from the history": with_parts(
        fit="""
from pathlib import Path
def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    h = {"train_loss": [], "train_accuracy": [], "val_loss": [], "val_accuracy": [], "learning_rate": []}
    bad = 0
    while len(h["val_loss"]) < max_epochs and bad < patience:
        h["learning_rate"].append(optimizer.param_groups[0]["lr"])
        for name, value in zip(("train_loss", "train_accuracy"), train_epoch(model, loss_fn, optimizer, training)):
            h[name].append(value)
        for name, value in zip(("val_loss", "val_accuracy"), evaluate(model, loss_fn, validation)):
            h[name].append(value)
        h["best_epoch"] = h["val_loss"].index(min(h["val_loss"])) + 1
        bad = len(h["val_loss"]) - h["best_epoch"]
        if bad == 0:
            state = {"epoch": h["best_epoch"], "model": model.state_dict(), "optimizer": optimizer.state_dict()}
            with Path(path).open("wb") as file:
                torch.save(state, file)
        elif bad % lr_patience == 0:
            for group in optimizer.param_groups:
                group["lr"] = factor * group["lr"]
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return h
""",
    ),
    "loops of its own": with_parts(
        fit="""
def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    tl, ta, vl, va, lrs = [], [], [], [], []
    best, since_best, since_drop = None, 0, 0
    for epoch in range(1, max_epochs + 1):
        lrs.append(optimizer.param_groups[0]["lr"])
        model.train()
        a = b = c = 0
        for x, y in training:
            optimizer.zero_grad()
            p = model(x)
            l = loss_fn(p, y)
            l.backward()
            optimizer.step()
            a += l.item() * len(y); b += (p.argmax(1) == y).sum().item(); c += len(y)
        tl.append(a / c); ta.append(b / c)
        model.eval()
        a = b = c = 0
        with torch.no_grad():
            for x, y in validation:
                p = model(x)
                a += loss_fn(p, y).item() * len(y); b += (p.argmax(1) == y).sum().item(); c += len(y)
        vl.append(a / c); va.append(b / c)
        since_best += 1
        since_drop += 1
        if best is None or vl[-1] < vl[best - 1]:
            best, since_best, since_drop = epoch, 0, 0
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, path)
        if since_best == patience:
            break
        if since_drop == lr_patience:
            since_drop = 0
            for group in optimizer.param_groups:
                group["lr"] *= factor
    model.load_state_dict(torch.load(path)["model"])
    return {"train_loss": tl, "train_accuracy": ta, "val_loss": vl, "val_accuracy": va, "learning_rate": lrs,
            "best_epoch": best}
"""
    ),
}

FIT_CHECKS = {"stopping", "plateau", "best-weights", "checkpoint", "optimizer", "history", "whole"}

WRONG = {
    "the first two alone": (with_parts(fit=None, plot_accuracy=None), FIT_CHECKS | {"floats", "plot"}, ()),
    "best weights not copied": (
        changed("fit", ("copy.deepcopy(model.state_dict())", "model.state_dict()")),
        {"best-weights"},
        ("aliased-best-state",),
    ),
    "PyTorch's patience as it is": (
        changed(
            "fit",
            ("            if lr_counter >= lr_patience:", "            if lr_counter > lr_patience:"),
        ),
        {"plateau", "history"},
        ("plateau-off-by-one",),
    ),
    "one epoch too patient": (
        changed("fit", ("            if counter >= patience:", "            if counter > patience:")),
        {"stopping", "history"},
        ("patience-off-by-one",),
    ),
    "rates written down too late": (
        changed(
            "fit",
            ('        history["learning_rate"].append(optimizer.param_groups[0]["lr"])\n', ""),
            (
                "            if counter >= patience:",
                '            history["learning_rate"].append(optimizer.param_groups[0]["lr"])\n'
                "            if counter >= patience:",
            ),
            (
                "            counter = 0\n",
                "            counter = 0\n"
                '            history["learning_rate"].append(optimizer.param_groups[0]["lr"])\n',
            ),
        ),
        {"history"},
        ("rate-after-the-schedule",),
    ),
    "no zero_grad": (
        changed("train_epoch", ("        optimizer.zero_grad()\n", "")),
        {"steps", "whole"},
        ("no-zero-grad",),
    ),
    "train() before the first epoch alone": (
        with_parts(
            train_epoch=PARTS["train_epoch"].replace("    model.train()\n", ""),
            fit=PARTS["fit"].replace("    counter, lr", "    model.train()\n    counter, lr"),
        ),
        {"steps", "whole"},
        ("never-back-to-training",),
    ),
    "means of means": (
        changed(
            "evaluate",
            ("loss_fn(outputs, labels).item() * images.size(0)", "loss_fn(outputs, labels).item()"),
            ("return running_loss / n", "return running_loss / len(batches)"),
        ),
        {"validation-figures", "whole"},
        ("validation-mean-of-batch-means",),
    ),
    "no eval": (
        changed("evaluate", ("    model.eval()\n", "")),
        {"evaluation", "whole"},
        ("evaluates-in-training-mode",),
    ),
    "weights alone in the file": (
        changed(
            "fit",
            (
                '{"epoch": epoch + 1, "model": model.state_dict(), "optimizer": optimizer.state_dict()}',
                "model.state_dict()",
            ),
        ),
        {"checkpoint", "optimizer"},
        ("model-alone-saved",),
    ),
    "saved after every epoch, and the last one left": (
        changed(
            "fit",
            (
                '            torch.save({"epoch": epoch + 1, "model": model.state_dict(), '
                '"optimizer": optimizer.state_dict()}, path)\n',
                "",
            ),
            (
                "        if vl < best_val:\n",
                '        torch.save({"epoch": epoch + 1, "model": model.state_dict(), '
                '"optimizer": optimizer.state_dict()}, path)\n        if vl < best_val:\n',
            ),
            ("    model.load_state_dict(best_weights)\n", ""),
        ),
        {"best-weights", "checkpoint"},
        ("last-for-best", "saved-after-every-epoch"),
    ),
    "the accuracy decides": (
        changed(
            "fit",
            (
                "        if vl < best_val:\n            best_val = vl\n",
                "        if va > best_val:\n            best_val = va\n",
            ),
            ('best_val, best_weights = float("inf"), None', "best_val, best_weights = 0.0, None"),
        ),
        {"stopping", "plateau", "best-weights", "checkpoint", "history"},
        ("decided-by-the-accuracy",),
    ),
    "curves from 0, no legend": (
        changed("plot_accuracy", ('range(1, len(history["val_accuracy"]) + 1)', 'range(len(history["val_accuracy"]))')),
        {"plot"},
        ("picture-from-epoch-zero",),
    ),
}
