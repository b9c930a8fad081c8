"""16.1, judged on code that was written from its text alone."""

from __future__ import annotations

import pytest

from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.registry import answers
from coursekit.grading.report import Report

RIGHT = {
    "plain": """
import torch

def validate(model, loss_fn, batches):
    previous = {}
    for name, m in model.named_modules():
        previous[name] = m.training
    model.eval()
    total_loss = 0.0
    hits = 0
    n = 0
    try:
        with torch.no_grad():
            for x, y in batches:
                out = model(x)
                total_loss += loss_fn(out, y).item() * x.size(0)
                hits += (out.argmax(1) == y).sum().item()
                n += x.size(0)
    finally:
        for name, m in model.named_modules():
            m.training = previous[name]
    return {"loss": total_loss / n, "accuracy": hits / n}
""",
    "modes in a dict of modules, train(mode) parents first": """
import torch

def validate(model, loss_fn, batches):
    was = {m: m.training for m in model.modules()}
    grad = torch.is_grad_enabled()
    try:
        model.eval()
        torch.set_grad_enabled(False)
        s, c, n = 0, 0, 0
        for x, y in batches:
            logits = model(x)
            s = s + loss_fn(logits, y) * len(y)
            c = c + torch.eq(torch.max(logits, 1)[1], y).sum()
            n = n + len(y)
        return {"loss": float(s / n), "accuracy": float(c / n)}
    finally:
        torch.set_grad_enabled(grad)
        for m, mode in was.items():
            m.train(mode)
""",
    "a pickled copy": """
import io
import torch

def validate(model, loss_fn, batches):
    import copy
    probe = copy.deepcopy(model)
    probe.train(False)
    results = []
    with torch.inference_mode(mode=True):
        for images, labels in batches:
            logits = probe(images)
            hits = logits.argmax(-1).eq(labels).float()
            results.append([loss_fn(logits, labels).item(), hits.mean().item(), len(labels)])
    weight = sum(r[2] for r in results)
    return {"loss": sum(r[0] * r[2] for r in results) / weight, "accuracy": sum(r[1] * r[2] for r in results) / weight}
""",
    "a class that remembers": """
import torch

class Frozen:
    def __init__(self, model):
        self.model = model
    def __enter__(self):
        self.on = [m for m in self.model.modules() if m.training]
        self.off = [m for m in self.model.modules() if not m.training]
        self.guard = torch.no_grad()
        self.guard.__enter__()
        self.model.eval()
    def __exit__(self, *error):
        for m in self.on: m.training = True
        for m in self.off: m.training = False
        self.guard.__exit__(*error)
        return False

def validate(model, loss_fn, batches):
    with Frozen(model):
        outputs, targets = zip(*[(model(x), y) for x, y in batches])
        outputs, targets = torch.cat(outputs), torch.cat(targets)
        loss = loss_fn(outputs, targets).tolist()
    return {"loss": loss, "accuracy": outputs.argsort(1)[:, -1].eq(targets).double().mean().item()}
""",
    "fork_rng to be sure, state by apply": """
import torch

def validate(model, loss_fn, batches):
    seen = []
    model.apply(lambda m: seen.append((m, m.training)))
    with torch.random.fork_rng(), torch.no_grad():
        try:
            model.apply(lambda m: setattr(m, "training", False))
            loss = torch.tensor(0.0, dtype=torch.float64)
            right = size = 0
            for x, y in batches:
                scores = model(x)
                loss += loss_fn(scores, y).double() * len(y)
                right += int((scores == scores.max(dim=1, keepdim=True).values)[range(len(y)), y].sum())
                size += len(y)
        finally:
            for m, mode in seen:
                m.training = mode
    return {"accuracy": right / size, "loss": loss.item() / size}
""",
    "two walks": """
import torch

@torch.inference_mode()
def validate(model, loss_fn, batches):
    modes = [m.training for m in model.modules()]
    try:
        model.eval()
        n = sum(len(y) for _, y in batches)
        loss = sum(loss_fn(model(x), y).item() * len(y) / n for x, y in batches)
        accuracy = sum((model(x).argmax(1) == y).sum().item() for x, y in batches) / n
    finally:
        for m in model.modules():
            m.training = modes.pop(0)
    return {"loss": loss, "accuracy": accuracy}
""",
}

WRONG: dict[str, tuple[set[str], str]] = {
    "train() at the end": (
        {"train-afterwards", "not-put-back-after-an-error"},
        """
import torch

def validate(model, loss_fn, batches):
    model.eval()
    total, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            total += loss_fn(outputs, labels).item() * images.size(0)
            correct += (outputs.argmax(1) == labels).sum().item()
            n += images.size(0)
    model.train()
    return {"loss": total / n, "accuracy": correct / n}
""",
    ),
    "one flag, and batch means": (
        {"only-the-top-mode-kept", "mean-of-batch-means"},
        """
import torch

def validate(model, loss_fn, batches):
    was_training = model.training
    model.eval()
    try:
        loss, correct, n = 0.0, 0, 0
        with torch.no_grad():
            for images, labels in batches:
                outputs = model(images)
                loss += loss_fn(outputs, labels).item()
                correct += (outputs.argmax(1) == labels).sum().item()
                n += len(labels)
    finally:
        model.train(was_training)
    return {"loss": loss / len(batches), "accuracy": correct / n}
""",
    ),
    "no_grad taken for eval": (
        {"no-eval"},
        """
import torch

@torch.no_grad()
def validate(model, loss_fn, batches):
    loss, correct, n = 0.0, 0, 0
    for images, labels in batches:
        outputs = model(images)
        loss += loss_fn(outputs, labels).item() * len(labels)
        correct += (outputs.argmax(1) == labels).sum().item()
        n += len(labels)
    return {"loss": loss / n, "accuracy": correct / n}
""",
    ),
    "eval for ever": (
        {"never-back"},
        """
import torch

def validate(model, loss_fn, batches):
    model.eval()
    losses, hits = [], []
    with torch.inference_mode():
        for images, labels in batches:
            outputs = model(images)
            losses += [loss_fn(outputs, labels).item()] * len(labels)
            hits += (outputs.argmax(1) == labels).tolist()
    return {"loss": sum(losses) / len(losses), "accuracy": sum(hits) / len(hits)}
""",
    ),
    "modes written down too late": (
        {"never-back"},
        """
import torch

def validate(model, loss_fn, batches):
    model.eval()
    modes = {m: m.training for m in model.modules()}
    with torch.no_grad():
        rows = [(loss_fn(o, y).item() * len(y), (o.argmax(1) == y).sum().item(), len(y))
                for x, y in batches for o in [model(x)]]
    for m, mode in modes.items():
        m.training = mode
    a, b, c = map(sum, zip(*rows))
    return {"loss": a / c, "accuracy": b / c}
""",
    ),
    "eval taken for no_grad": (
        {"graph-recorded"},
        """
def validate(model, loss_fn, batches):
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        a = b = c = 0
        for x, y in batches:
            o = model(x)
            a += loss_fn(o, y).item() * len(y)
            b += (o.argmax(1) == y).sum().item()
            c += len(y)
    finally:
        for m, mode in modes:
            m.training = mode
    return {"loss": a / c, "accuracy": b / c}
""",
    ),
    "put back, but not after an error": (
        {"not-put-back-after-an-error"},
        """
import torch

def validate(model, loss_fn, batches):
    modes = [m.training for m in model.modules()]
    model.eval()
    a = b = c = 0
    with torch.no_grad():
        for x, y in batches:
            o = model(x)
            a += loss_fn(o, y).item() * len(y)
            b += (o.argmax(1) == y).sum().item()
            c += len(y)
    for m, mode in zip(model.modules(), modes):
        m.training = mode
    return {"loss": a / c, "accuracy": b / c}
""",
    ),
    "gradients on by hand": (
        {"gradients-forced-on"},
        """
import torch

def validate(model, loss_fn, batches):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    torch.set_grad_enabled(False)
    try:
        a = b = c = 0
        for x, y in batches:
            o = model(x)
            a += loss_fn(o, y).item() * len(y)
            b += (o.argmax(1) == y).sum().item()
            c += len(y)
    finally:
        torch.set_grad_enabled(True)
        for m, mode in modes:
            m.training = mode
    return {"loss": a / c, "accuracy": b / c}
""",
    ),
    "children only": (
        {"only-children-kept"},
        """
import torch

def validate(model, loss_fn, batches):
    top, modes = model.training, {name: child.training for name, child in model.named_children()}
    try:
        model.eval()
        with torch.no_grad():
            a = b = c = 0
            for x, y in batches:
                o = model(x)
                a += loss_fn(o, y).item() * len(y)
                b += (o.argmax(1) == y).sum().item()
                c += len(y)
    finally:
        model.train(top)
        for name, child in model.named_children():
            child.train(modes[name])
    return {"loss": a / c, "accuracy": b / c}
""",
    ),
    "errors are printed": (
        {"error-swallowed"},
        """
import torch

def validate(model, loss_fn, batches):
    modes = [(m, m.training) for m in model.modules()]
    a = b = c = 0
    model.eval()
    with torch.no_grad():
        try:
            for x, y in batches:
                o = model(x)
                a += loss_fn(o, y).item() * len(y)
                b += (o.argmax(1) == y).sum().item()
                c += len(y)
        except Exception as error:
            print("validation failed:", error)
    for m, mode in modes:
        m.training = mode
    return {"loss": a / max(c, 1), "accuracy": b / max(c, 1)}
""",
    ),
    "a seed, so that it is reproducible": (
        {"random-numbers-reseeded", "not-put-back-after-an-error"},
        """
import torch

def validate(model, loss_fn, batches):
    torch.manual_seed(0)
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    a = b = c = 0
    with torch.no_grad():
        for x, y in batches:
            o = model(x)
            a += loss_fn(o, y).item() * len(y)
            b += (o.argmax(1) == y).sum().item()
            c += len(y)
    for m, mode in modes:
        m.training = mode
    return {"loss": a / c, "accuracy": b / c}
""",
    ),
    "gives up at once": (
        set(),
        """
def validate(model, loss_fn, batches):
    return {"loss": 0.0, "accuracy": 0.0}
""",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("16.1", observe_source("16.1", source, seed), seed)


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    report = _judged(RIGHT[name])
    assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    named, source = WRONG[name]
    report = _judged(source)
    assert report.status == "failed"
    assert {finding.name for finding in report.misconceptions} == named


def test_code_that_never_runs_the_model_gets_no_points_for_leaving_it_alone() -> None:
    report = _judged(WRONG["gives up at once"][1])
    assert {check.name for check in report.checks if check.passed} <= {"float"}


def test_gradient_mode_and_random_numbers_of_the_grader_survive_careless_code() -> None:
    import torch

    torch.manual_seed(5)
    before = torch.get_rng_state()
    _judged(answers("16.1").solution.replace("    model.eval()\n", "    torch.set_grad_enabled(False)\n"))
    assert torch.is_grad_enabled()
    assert torch.equal(before, torch.get_rng_state())


def test_planted_errors_are_no_trouble_of_the_code() -> None:
    report = _judged(WRONG["children only"][1])
    assert report.traceback == ""
