"""14.7, judged on code that was written from its text alone, and on every part of a repair."""

from __future__ import annotations

import itertools

import pytest

from coursekit.autograders.ch14.e14_7 import STARTER
from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.report import Report

GRADIENTS = (("            loss.backward()\n", "            optimizer.zero_grad()\n            loss.backward()\n"),)
MODE = (("        total, count = 0.0, 0\n", "        model.train()\n        total, count = 0.0, 0\n"),)
MEAN = (
    (
        "losses.append(loss_fn(model(images), labels).item())",
        "losses += [loss_fn(model(images), labels).item()] * len(labels)",
    ),
)
NAMES = {"gradients-pile-up": (GRADIENTS, 3), "learns-in-evaluation-mode": (MODE, 2), "mean-of-batch-means": (MEAN, 2)}


def mended(*repairs: tuple[tuple[str, str], ...], source: str = STARTER) -> str:
    for old, new in itertools.chain(*repairs):
        assert source.count(old) == 1
        source = source.replace(old, new)
    return source


ALL = mended(GRADIENTS, MODE, MEAN)

RIGHT = {
    "three lines": ALL,
    "train at the end of an epoch, zero after the step": mended(
        (("            optimizer.step()\n", "            optimizer.step()\n            optimizer.zero_grad()\n"),),
        (("        history.append(", "        model.train()\n        history.append("),),
        MEAN,
    ),
    "two helpers": """
import torch

def train_epoch(model, optimizer, loss_fn, batches):
    model.train()
    losses = []
    for x, y in batches:
        optimizer.zero_grad(set_to_none=True)
        out = model(x)
        loss = loss_fn(out, y)
        loss.backward()
        optimizer.step()
        losses.extend(len(x) * [float(loss)])
    return sum(losses) / len(losses)

@torch.inference_mode()
def validate(model, loss_fn, batches):
    model.eval()
    sizes = [y.shape[0] for _, y in batches]
    means = [loss_fn(model(x), y).item() for x, y in batches]
    return sum(s * m for s, m in zip(sizes, means)) / sum(sizes)

def fit(model, optimizer, loss_fn, training, validation, epochs):
    return [
        (train_epoch(model, optimizer, loss_fn, training), validate(model, loss_fn, validation))
        for _ in range(epochs)
    ]
""",
    "tensors until the end": """
import torch

def fit(model, optimizer, loss_fn, training, validation, epochs):
    rows = torch.zeros(epochs, 2, dtype=torch.double)
    for epoch in range(epochs):
        for learn, batches in ((True, training), (False, validation)):
            model.train() if learn else model.eval()
            n = 0
            for images, labels in batches:
                if learn:
                    model.zero_grad()
                with torch.set_grad_enabled(learn):
                    loss = loss_fn(model(images), labels)
                if learn:
                    loss.backward()
                    optimizer.step()
                rows[epoch, int(not learn)] += loss.detach() * len(labels)
                n += len(labels)
            rows[epoch, int(not learn)] /= n
    return [tuple(row) for row in rows.tolist()]
""",
    "each image of the validation for itself": """
import torch

def fit(model, optimizer, loss_fn, training, validation, epochs):
    history = []
    for _ in range(epochs):
        model.train()
        s = n = 0
        for x, y in training:
            loss = loss_fn(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            s, n = s + loss.item() * y.numel(), n + y.numel()
            optimizer.step()
        model.eval()
        values = []
        for x, y in validation:
            for i in range(len(y)):
                with torch.no_grad():
                    values.append(loss_fn(model(x[[i]]), y[[i]]).item())
        history.append([s / n, sum(values) / len(values)])
    return history
""",
}

WRONG = {
    "eval taken away": ("validates-in-training-mode", 8, mended(GRADIENTS, MEAN, (("        model.eval()\n", ""),))),
    "zero_grad once an epoch": (
        "cleaned-once-an-epoch",
        7,
        mended(
            MODE,
            MEAN,
            (("        total, count = 0.0, 0\n", "        optimizer.zero_grad()\n        total, count = 0.0, 0\n"),),
        ),
    ),
    "zero_grad in the wrong line": (
        "cleaned-before-the-step",
        7,
        mended(
            MODE,
            MEAN,
            (("            optimizer.step()\n", "            optimizer.zero_grad()\n            optimizer.step()\n"),),
        ),
    ),
    "the training loss mended instead": (
        "mean-of-batch-means training-mean-of-means",
        7,
        mended(
            GRADIENTS,
            MODE,
            (("loss.item() * len(labels)\n            count += len(labels)", "loss.item()\n            count += 1"),),
        ),
    ),
    "the wrong count": (
        "weighted-sum-over-batches",
        6,
        mended(GRADIENTS, MODE, (("labels).item())", "labels).item() * len(labels))"),)),
    ),
    "no_grad taken away": (
        "validation-recorded",
        8,
        mended(GRADIENTS, MODE, MEAN, (("        with torch.no_grad():\n", "        if validation:\n"),)),
    ),
    "no item": (
        "losses-hold-graphs",
        9,
        mended(GRADIENTS, MODE, MEAN, (("loss.item() * len(labels)", "loss * len(labels)"),)),
    ),
    "train after the epochs": (
        "always-in-evaluation-mode",
        6,
        mended(
            GRADIENTS,
            MEAN,
            (("    model.train()\n", ""),),
            (("    return history", "    model.train()\n    return history"),),
        ),
    ),
    "only the last pair": (None, 0, mended(GRADIENTS, MODE, MEAN, (("    return history", "    return history[-1]"),))),
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("14.7", observe_source("14.7", source, seed), seed)


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    for seed in (1, 2, 3):
        report = _judged(RIGHT[name], seed)
        assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    named, points, source = WRONG[name]
    report = _judged(source)
    assert report.status == "failed"
    assert {finding.name for finding in report.misconceptions} == set((named or "").split())
    if named:
        assert report.points == points


@pytest.mark.parametrize("left", [*itertools.combinations(NAMES, 1), *itertools.combinations(NAMES, 2)])
def test_a_part_of_the_repair_gets_its_points_and_what_is_left_is_named(left: tuple[str, ...]) -> None:
    for seed in (1, 2):
        report = _judged(mended(*(repair for name, (repair, _) in NAMES.items() if name not in left)), seed)
        assert {finding.name for finding in report.misconceptions} == set(left)
        assert report.points == 10 - sum(NAMES[name][1] for name in left)


def test_the_starter_is_no_attempt_and_a_useless_change_mends_nothing() -> None:
    assert _judged(STARTER).status == "not attempted"
    assert (
        _judged(STARTER.replace("    history = []", "    # What is wrong?\n    history = []")).status == "not attempted"
    )
    report = _judged(STARTER.replace("sum(losses) / len(losses)", "sum(losses) / max(1, len(losses))"))
    assert (report.status, report.points) == ("failed", 3)
