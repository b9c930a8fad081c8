"""13.6, judged on code that was written from its text alone."""

from __future__ import annotations

import pytest

from coursekit.autograders.ch13.e13_6 import STARTER
from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.report import Report

HEAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn import functional

"""
NO_SOFTMAX = """
def build_model():
    layers = [nn.Flatten(), nn.Linear(6 * 6, 16), nn.Tanh(), nn.Linear(16, 5)]
    return nn.Sequential(*layers)

"""
WITH_SOFTMAX = NO_SOFTMAX.replace("nn.Linear(16, 5)]", "nn.Linear(16, 5), nn.Softmax(dim=1)]")
LOSS = "\ndef loss_of(model, images, labels):\n    return functional.cross_entropy(model(images), labels)\n\n"
SHARES = "\ndef probabilities(model, images):\n    return torch.softmax(model(images), dim=1)\n"

RIGHT = {
    "two lines of the starter": STARTER.replace("        nn.Softmax(dim=1),\n", "").replace(
        "    return model(images)\n", "    return model(images).softmax(dim=-1)\n"
    ),
    "loss as a module": HEAD
    + NO_SOFTMAX
    + """
criterion = nn.CrossEntropyLoss()

def loss_of(model, images, labels):
    logits = model(images)
    return criterion(logits, labels)

def probabilities(model, images):
    with torch.no_grad():
        z = model(images)
        e = torch.exp(z - z.max(dim=1, keepdim=True).values)
        return e / e.sum(dim=1, keepdim=True)
""",
    "the softmax stays and is gone around": HEAD
    + WITH_SOFTMAX
    + """
def loss_of(model, images, labels):
    x = images
    for layer in list(model.children())[:-1]:
        x = layer(x)
    return F.nll_loss(F.log_softmax(x, dim=1), labels)

def probabilities(model, images):
    return model(images)
""",
    "in double precision": HEAD
    + NO_SOFTMAX
    + """
def loss_of(model, images, labels):
    z = model(images).double()
    right = z[range(len(labels)), labels]
    return (z.logsumexp(dim=1) - right).mean()

def probabilities(model, images):
    return F.softmax(model(images).double(), dim=1).float()
""",
    "two heads": HEAD
    + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(36, 16), nn.Tanh(), nn.Linear(16, 5))
    def forward(self, x):
        z = self.body(x)
        return {"logits": z, "shares": z.softmax(1)}

def build_model():
    return Net()

def loss_of(model, images, labels):
    return F.cross_entropy(model(images)["logits"], labels)

def probabilities(model, images):
    return model(images)["shares"]
""",
    "evaluated without changing the mode": HEAD
    + NO_SOFTMAX
    + LOSS
    + """
def probabilities(model, images):
    was = model.training
    model.eval()
    with torch.inference_mode():
        out = nn.Softmax(dim=1)(model(images))
    model.train(was)
    return out.clone()
""",
}

WRONG = {
    "half the way: softmax gone for everybody": (
        "logits-as-probabilities",
        7,
        HEAD
        + NO_SOFTMAX
        + LOSS
        + """
def probabilities(model, images):
    out = model(images)
    return out
""",
    ),
    "nll instead of cross-entropy": (
        "nll-of-probabilities",
        3,
        HEAD
        + WITH_SOFTMAX
        + """
def loss_of(model, images, labels):
    return nn.NLLLoss()(model(images), labels)

def probabilities(model, images):
    return model(images)
""",
    ),
    "softmax gone from the wrong place": (
        "softmax-before-cross-entropy",
        3,
        HEAD
        + NO_SOFTMAX
        + SHARES
        + """
def loss_of(model, images, labels):
    return F.cross_entropy(probabilities(model, images), labels)
""",
    ),
    "log of the softmax": (
        "log-of-softmax",
        8,
        HEAD
        + WITH_SOFTMAX
        + """
def loss_of(model, images, labels):
    p = model(images)
    return F.nll_loss(torch.log(p), labels)

def probabilities(model, images):
    return model(images)
""",
    ),
    "log with a small number": (
        "log-of-softmax",
        8,
        HEAD
        + WITH_SOFTMAX
        + """
def loss_of(model, images, labels):
    p = model(images)
    return -torch.log(p[torch.arange(len(labels)), labels] + 1e-8).mean()

def probabilities(model, images):
    return model(images)
""",
    ),
    "logits in evaluation": (
        "mended-in-training-alone",
        7,
        HEAD
        + """
class Net(nn.Sequential):
    def forward(self, x):
        z = super().forward(x)
        return z if self.training else z.softmax(1)

def build_model():
    return Net(nn.Flatten(), nn.Linear(36, 16), nn.Tanh(), nn.Linear(16, 5))

def loss_of(model, images, labels):
    return F.cross_entropy(model(images), labels)

def probabilities(model, images):
    z = model(images)
    return z.softmax(1) if model.training else z
""",
    ),
    "sigmoid": (
        "sigmoid-for-softmax",
        7,
        HEAD
        + NO_SOFTMAX
        + LOSS
        + """
def probabilities(model, images):
    return nn.Sigmoid()(model(images))
""",
    ),
    "one more on top": ("softmax-twice-everywhere", 0, HEAD + WITH_SOFTMAX + LOSS + SHARES),
    "binary": (
        "binary-cross-entropy",
        3,
        HEAD
        + NO_SOFTMAX
        + SHARES
        + """
def loss_of(model, images, labels):
    t = torch.eye(5)[labels]
    return nn.BCEWithLogitsLoss()(model(images), t)
""",
    ),
    "over the batch": (
        "softmax-over-the-batch",
        7,
        HEAD
        + NO_SOFTMAX
        + LOSS
        + """
def probabilities(model, images):
    return F.softmax(model(images), 0)
""",
    ),
    "two mistakes": (
        "logits-as-probabilities nll-of-logits",
        0,
        HEAD
        + NO_SOFTMAX
        + """
def loss_of(model, images, labels):
    return F.nll_loss(model(images), labels)

def probabilities(model, images):
    return model(images)
""",
    ),
    "another network": (
        None,
        0,
        HEAD
        + """
def build_model():
    return nn.Sequential(nn.Flatten(), nn.Linear(36, 32), nn.Tanh(), nn.Linear(32, 5))
"""
        + LOSS
        + SHARES,
    ),
    "no model": (None, 0, HEAD + "\ndef build_model():\n    return lambda images: images\n" + LOSS + SHARES),
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("13.6", observe_source("13.6", source, seed), seed)


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
    assert report.points == points
    assert {finding.name for finding in report.misconceptions} == set((named or "").split())


def test_the_starter_is_no_attempt_but_any_change_of_it_is() -> None:
    assert _judged(STARTER).status == "not attempted"
    assert _judged(STARTER.replace("        nn.Softmax(dim=1),\n", "")).points == 7
    assert _judged(STARTER.replace("nn.Tanh()", "nn.ReLU()")).status == "failed"


def test_the_starter_has_the_bug_that_the_text_tells_of() -> None:
    import numpy as np
    import torch

    namespace: dict[str, object] = {}
    exec(STARTER, namespace)
    build, loss_of = namespace["build_model"], namespace["loss_of"]
    torch.manual_seed(0)
    model = build()  # type: ignore[operator]  # it is a function
    images, labels = torch.randn(6, 1, 6, 6), torch.arange(6) % 5
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        loss = loss_of(model, images, labels)  # type: ignore[operator]  # it is a function
        loss.backward()
        optimizer.step()
    assert np.log(np.e + 4) - 1 <= loss.item() < 0.92
