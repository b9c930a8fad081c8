"""14.3, judged on code that was written from its text alone."""

from __future__ import annotations

import pytest

from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.report import Report

RIGHT = {
    "plain": """
import torch

def evaluate(model, loss_fn, batches):
    old = {}
    for name, module in model.named_modules():
        old[name] = module.training
    model.eval()
    running_loss = 0
    right = 0
    seen = 0
    with torch.no_grad():
        for x, y in batches:
            pred = model(x)
            loss = loss_fn(pred, y)
            running_loss += loss.item() * x.size(0)
            _, classes = torch.max(pred, 1)
            right += torch.sum(classes == y).item()
            seen += x.size(0)
    for name, module in model.named_modules():
        module.training = old[name]
    return running_loss / seen, right / seen
""",
    "outputs of all batches first": """
import torch

def evaluate(model, loss_fn, batches):
    modules = list(model.modules())
    training = [m.training for m in modules]
    model.eval()
    outs, ys = [], []
    with torch.inference_mode():
        for x, y in batches:
            outs.append(model(x))
            ys.append(y)
        outs, ys = torch.vstack(outs), torch.hstack(ys)
        value = loss_fn(outs, ys).item()
    for m, t in zip(modules, training, strict=True):
        m.training = t
    share = (outs.argmax(dim=-1) == ys).to(torch.float32).mean().item()
    return value, share
""",
    "one image at a time": """
import torch

@torch.no_grad()
def evaluate(model, loss_fn, batches):
    saved = [(m, m.training) for m in model.modules()]
    try:
        model.train(mode=False)
        losses, hits = [], []
        for xs, ys in batches:
            for i in range(len(xs)):
                o = model(xs[i : i + 1])
                losses.append(float(loss_fn(o, ys[i : i + 1])))
                hits.append(o.argmax().item() == ys[i].item())
        return sum(losses) / len(losses), sum(hits) / len(hits)
    finally:
        for m, t in saved:
            m.train(t)
""",
    "grad mode by hand": """
import torch

def evaluate(model, loss_fn, batches):
    flags = {id(m): m.training for m in model.modules()}
    before = torch.is_grad_enabled()
    torch._C._set_grad_enabled(False)
    model.eval()
    s = torch.zeros(2, dtype=torch.double)
    n = 0
    it = iter(batches)
    while True:
        batch = next(it, None)
        if batch is None:
            break
        images, labels = batch
        logits = model(images)
        b = labels.numel()
        s += torch.stack([loss_fn(logits, labels).double() * b, logits.argmax(1).eq(labels).double().sum()])
        n += b
    for m in model.modules():
        m.training = flags[id(m)]
    torch.set_grad_enabled(before)
    loss, accuracy = (s / n).tolist()
    return (loss, accuracy)
""",
    "weighted by numpy": """
import numpy as np
import torch

def evaluate(model, loss_fn, batches):
    was = np.array([m.training for m in model.modules()])
    for m in model.modules():
        m.training = False
    rows = []
    for x, y in list(batches):
        with torch.no_grad():
            z = model(x)
        rows.append((loss_fn(z, y).numpy(), np.mean(z.numpy().argmax(axis=1) == y.numpy()), y.shape[0]))
    rows = np.array(rows, dtype=np.float64)
    for m, t in zip(model.modules(), was):
        m.training = bool(t)
    loss, acc = rows[:, 2] @ rows[:, :2] / rows[:, 2].sum()
    return float(loss), float(acc)
""",
    "a shallow twin": """
import copy
import torch

def evaluate(model, loss_fn, batches):
    m = copy.deepcopy(model)
    m.requires_grad_(False)
    m.eval()
    a = b = c = 0
    for x, y in batches:
        o = m(x)
        a, b, c = a + loss_fn(o, y).item() * len(x), b + int(sum(o.argmax(1) == y)), c + len(x)
    return a / c, b / c
""",
}

WRONG = {
    "mean of means": (
        "mean-of-batch-means",
        """
import torch

def evaluate(model, loss_fn, batches):
    state = [(m, m.training) for m in model.modules()]
    model.eval()
    losses, accuracies = [], []
    with torch.no_grad():
        for x, y in batches:
            out = model(x)
            losses.append(loss_fn(out, y).item())
            accuracies.append((out.argmax(1) == y).float().mean().item())
    for m, t in state:
        m.training = t
    return sum(losses) / len(losses), sum(accuracies) / len(accuracies)
""",
    ),
    "as most tutorials have it": (
        "never-back-to-training",
        """
import torch

def evaluate(model, loss_fn, batches):
    model.eval()
    loss, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            out = model(x)
            loss += loss_fn(out, y).item() * len(y)
            correct += (out.argmax(1) == y).sum().item()
            n += len(y)
    return loss / n, correct / n
""",
    ),
    "train at the end": (
        "always-back-to-training",
        """
import torch

def evaluate(model, loss_fn, batches):
    model.eval()
    loss, correct, n = 0.0, 0, 0
    with torch.inference_mode():
        for x, y in batches:
            out = model(x)
            loss += loss_fn(out, y).item() * len(y)
            correct += (out.max(1).indices == y).sum().item()
            n += len(y)
    model.train()
    return loss / n, correct / n
""",
    ),
    "one flag for the whole model": (
        "one-mode-for-all",
        """
import torch

def evaluate(model, loss_fn, batches):
    mode = model.training
    try:
        model.eval()
        loss, correct, n = 0.0, 0, 0
        with torch.no_grad():
            for x, y in batches:
                out = model(x)
                loss += loss_fn(out, y).item() * len(y)
                correct += (out.argmax(1) == y).sum().item()
                n += len(y)
        return loss / n, correct / n
    finally:
        model.train(mode)
""",
    ),
    "no eval": (
        "training-mode",
        """
import torch

def evaluate(model, loss_fn, batches):
    total, hits, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            z = model(x)
            total += float(loss_fn(z, y)) * len(x)
            hits += int((z.argmax(1) == y).sum())
            n += len(x)
    return total / n, hits / n
""",
    ),
    "detached too late": (
        "gradients-recorded",
        """
def evaluate(model, loss_fn, batches):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    total, hits, n = 0.0, 0, 0
    for x, y in batches:
        z = model(x).detach()
        total += loss_fn(z, y).item() * len(x)
        hits += (z.argmax(1) == y).sum().item()
        n += len(x)
    for m, mode in modes:
        m.training = mode
    return total / n, hits / n
""",
    ),
    "losses that hold their graphs": (
        "returns-the-graph",
        """
def evaluate(model, loss_fn, batches):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    total, hits, n = 0.0, 0, 0
    for x, y in batches:
        z = model(x)
        total = total + loss_fn(z, y) * len(x)
        hits += (z.argmax(1) == y).sum().item()
        n += len(x)
    for m, mode in modes:
        m.training = mode
    return total / n, hits / n
""",
    ),
    "percent": (
        "percent",
        """
import torch

def evaluate(model, loss_fn, batches):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    total, hits, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            z = model(x)
            total += loss_fn(z, y).item() * len(x)
            hits += (z.argmax(1) == y).sum().item()
            n += len(x)
    for m in modes:
        m.training = modes[m]
    return total / n, hits / n * 100.0
""",
    ),
    "probabilities for the loss": (
        "softmax-before-loss",
        """
import torch
import torch.nn.functional as F

def evaluate(model, loss_fn, batches):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    total, hits, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            p = F.softmax(model(x), dim=1)
            total += loss_fn(p, y).item() * len(x)
            hits += (p.argmax(1) == y).sum().item()
            n += len(x)
    for m in modes:
        m.training = modes[m]
    return total / n, hits / n
""",
    ),
    "length of the loader": (
        "length-of-the-data-set",
        """
import torch

def evaluate(model, loss_fn, batches):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    total, hits = 0.0, 0
    with torch.no_grad():
        for x, y in batches:
            z = model(x)
            total += loss_fn(z, y).item() * len(x)
            hits += (z.argmax(1) == y).sum().item()
    for m in modes:
        m.training = modes[m]
    return total / len(batches.dataset), hits / len(batches.dataset)
""",
    ),
    "two loops": (
        "batches-gone-through-twice",
        """
import torch

def evaluate(model, loss_fn, batches):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    with torch.no_grad():
        total, n = 0.0, 0
        for x, y in batches:
            total += loss_fn(model(x), y).item() * len(x)
            n += len(x)
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in batches)
    for m in modes:
        m.training = modes[m]
    return total / n, hits / n
""",
    ),
    "returned from inside the loop": (
        "first-batch-only",
        """
import torch

def evaluate(model, loss_fn, batches):
    model.eval()
    total, hits, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            z = model(x)
            total += loss_fn(z, y).item() * len(x)
            hits += (z.argmax(1) == y).sum().item()
            n += len(x)
            return total / n, hits / n
""",
    ),
    "axis zero": (
        "wrong-axis",
        """
import torch

def evaluate(model, loss_fn, batches):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    total, hits, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            z = model(x)
            total += loss_fn(z, y).item() * len(x)
            hits += (torch.max(z, 0)[1] == y).sum().item()
            n += len(x)
    for m in modes:
        m.training = modes[m]
    return total / n, hits / n
""",
    ),
    "switched off and left so": (
        "gradients-off-for-good",
        """
import torch

def evaluate(model, loss_fn, batches):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    torch.set_grad_enabled(False)
    total, hits, n = 0.0, 0, 0
    for x, y in batches:
        z = model(x)
        total += loss_fn(z, y).item() * len(x)
        hits += (z.argmax(1) == y).sum().item()
        n += len(x)
    for m in modes:
        m.training = modes[m]
    return total / n, hits / n
""",
    ),
    "two mistakes": (
        "mean-of-batch-means never-back-to-training",
        """
import torch

def evaluate(model, loss_fn, batches):
    model.eval()
    loss, accuracy, k = 0.0, 0.0, 0
    with torch.no_grad():
        for x, y in batches:
            z = model(x)
            loss += loss_fn(z, y).item()
            accuracy += (z.argmax(1) == y).float().mean().item()
            k += 1
    return loss / k, accuracy / k
""",
    ),
    "statistics moved only": (
        None,
        """
import torch

def evaluate(model, loss_fn, batches):
    modes = {m: m.training for m in model.modules()}
    batches = list(batches)
    with torch.no_grad():
        model.train()
        model(batches[0][0])
        model.eval()
        z = torch.cat([model(x) for x, _ in batches])
    y = torch.cat([y for _, y in batches])
    for m in modes:
        m.training = modes[m]
    return loss_fn(z, y).item(), (z.argmax(1) == y).float().mean().item()
""",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("14.3", observe_source("14.3", source, seed), seed)


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    for seed in (1, 2, 3):
        report = _judged(RIGHT[name], seed)
        assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    named, source = WRONG[name]
    report = _judged(source)
    assert report.status == "failed"
    assert {finding.name for finding in report.misconceptions} == set((named or "").split())


def test_one_mistake_costs_its_own_points_alone() -> None:
    points = {
        name: _judged(WRONG[name][1]).points for name in ("mean of means", "as most tutorials have it", "percent")
    }
    assert points == {"mean of means": 6, "as most tutorials have it": 9, "percent": 8}


def test_whether_gradients_are_recorded_is_the_callers_again_after_grading() -> None:
    import torch

    _judged(WRONG["switched off and left so"][1])
    assert torch.is_grad_enabled()
