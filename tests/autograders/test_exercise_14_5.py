"""14.5, judged on code that was written from its text alone."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.registry import answers
from coursekit.grading.report import Report

SAVE = """
import torch

def save_checkpoint(path, model, optimizer, epoch):
    torch.save({
        "epoch": epoch,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "rng_state": torch.get_rng_state(),
    }, path)
"""

LOAD = """
def load_checkpoint(path, model, optimizer):
    ckpt = torch.load(path)
    model.load_state_dict(ckpt["model_state_dict"])
    optimizer.load_state_dict(ckpt["optimizer_state_dict"])
    torch.set_rng_state(ckpt["rng_state"])
    return ckpt["epoch"]
"""

RIGHT = {
    "plain": SAVE + LOAD,
    "a tuple, and the generator as an object": """
import torch

def save_checkpoint(path, model, optimizer, epoch):
    generator = torch.default_generator
    with open(str(path), "wb") as f:
        torch.save((epoch, generator.get_state(), model.state_dict(), optimizer.state_dict()), f)

def load_checkpoint(path, model, optimizer):
    with open(str(path), "rb") as f:
        epoch, *states = torch.load(f, weights_only=True, map_location="cpu")
    for owner, state in zip((model, optimizer), states[1:]):
        owner.load_state_dict(state)
    torch.default_generator.set_state(states[0])
    return epoch
""",
    "one flat dict": """
import torch

def save_checkpoint(path, model, optimizer, epoch):
    flat = {f"model.{name}": value.clone() for name, value in model.state_dict().items()}
    flat["optimizer"] = optimizer.state_dict()
    flat["epoch"] = torch.tensor([epoch])
    flat["chance"] = torch.random.get_rng_state().to(torch.int32)
    torch.save(flat, path)

def load_checkpoint(path, model, optimizer):
    flat = torch.load(path, weights_only=True, mmap=False)
    torch.random.set_rng_state(flat.pop("chance").to(torch.uint8))
    optimizer.load_state_dict(flat.pop("optimizer"))
    epoch = int(flat.pop("epoch")[0])
    model.load_state_dict({name[len("model."):]: value for name, value in flat.items()})
    return epoch
""",
    "a class that gathers everything": """
import torch
from pathlib import Path

class Checkpoint:
    def __init__(self, **parts):
        self.parts = parts

    def state(self):
        return {name: part.state_dict() for name, part in self.parts.items()}

    def restore(self, state):
        for name, part in self.parts.items():
            part.load_state_dict(state[name])

def save_checkpoint(path, model, optimizer, epoch):
    target = Path(path)
    target.unlink(missing_ok=True)
    content = Checkpoint(model=model, optimizer=optimizer).state()
    content.update(epoch=epoch, rng=[torch.get_rng_state()], note="written by hand")
    torch.save(content, target)
    return target

def load_checkpoint(path, model, optimizer):
    content = torch.load(Path(path), weights_only=True)
    assert content["note"]
    Checkpoint(model=model, optimizer=optimizer).restore(content)
    (state,) = content["rng"]
    torch.set_rng_state(state)
    return content["epoch"]
""",
    "numbers as lists": """
import torch

def save_checkpoint(path, model, optimizer, epoch):
    weights = [(name, value.tolist(), str(value.dtype)) for name, value in model.state_dict().items()]
    torch.save([weights, optimizer.state_dict(), bytes(torch.get_rng_state().tolist()).hex(), epoch], path)

def load_checkpoint(path, model, optimizer):
    weights, state, chance, epoch = torch.load(path, weights_only=True)
    own = model.state_dict()
    for name, values, kind in weights:
        own[name].copy_(torch.tensor(values, dtype=getattr(torch, kind.split(".")[1])))
    optimizer.load_state_dict(state)
    torch.set_rng_state(torch.tensor(list(bytes.fromhex(chance)), dtype=torch.uint8))
    return epoch
""",
}

MODEL = '"model_state_dict": model.state_dict(),'
LOAD_OPTIMIZER = '    optimizer.load_state_dict(ckpt["optimizer_state_dict"])\n'
LOAD_RNG = '    torch.set_rng_state(ckpt["rng_state"])\n'

WRONG: dict[str, tuple[Any, ...]] = {
    "no optimizer": (
        "optimizer-lost",
        ('        "optimizer_state_dict": optimizer.state_dict(),\n', ""),
        (LOAD_OPTIMIZER, ""),
    ),
    "a new optimizer": (
        "optimizer-lost",
        (
            LOAD_OPTIMIZER,
            LOAD_OPTIMIZER.replace(
                "    optimizer", "    optimizer = type(optimizer)(model.parameters())\n    optimizer"
            ),
        ),
    ),
    "the rate of the new one": (
        "rate-not-restored",
        (
            LOAD_OPTIMIZER,
            '    rates = [g["lr"] for g in optimizer.param_groups]\n'
            + LOAD_OPTIMIZER
            + '    for g, rate in zip(optimizer.param_groups, rates):\n        g["lr"] = rate\n',
        ),
    ),
    "no random numbers": ("chance-lost", (LOAD_RNG, "")),
    "a seed": ("chance-lost", (LOAD_RNG, "    torch.manual_seed(0)\n")),
    "the seed of the beginning": (
        "seed-for-state",
        ("torch.get_rng_state()", "torch.initial_seed()"),
        (LOAD_RNG, '    torch.manual_seed(ckpt["rng_state"])\n'),
    ),
    "NumPy's random numbers": (
        "objects-pickled chance-lost",
        ("torch.get_rng_state()", "__import__('numpy').random.get_state()"),
        ("torch.load(path)", "torch.load(path, weights_only=False)"),
        (LOAD_RNG, '    __import__("numpy").random.set_state(ckpt["rng_state"])\n'),
    ),
    "the next epoch": ("epoch-off-by-one", ('"epoch": epoch,', '"epoch": epoch + 1,')),
    "the last epoch": ("epoch-off-by-one", ('return ckpt["epoch"]', 'return ckpt["epoch"] - 1')),
    "nothing returned": ("epoch-lost", ('    return ckpt["epoch"]\n', "")),
    "the model itself": (
        "objects-pickled",
        (MODEL, '"model_state_dict": model,'),
        ("torch.load(path)", "torch.load(path, weights_only=False)"),
        ('ckpt["model_state_dict"])', 'ckpt["model_state_dict"].state_dict())'),
    ),
    "into another model": (
        "model-not-loaded",
        ("    model.load_state_dict(", "    import copy\n    model = copy.deepcopy(model)\n    model.load_state_dict("),
    ),
    "parameters alone": (
        "buffers-lost",
        (MODEL, '"model_state_dict": dict((n, p.data) for n, p in model.named_parameters()),'),
        ('ckpt["model_state_dict"])', 'ckpt["model_state_dict"], strict=False)'),
    ),
    "in memory": (
        "kept-by-reference",
        ("    torch.save({", "    SAVED.update({"),
        ("    }, path)", "    })\n\nSAVED = {}"),
        ("torch.load(path)", "SAVED"),
    ),
    "half of the digits": (
        "rounded",
        (MODEL, '"model_state_dict": {n: v.half() for n, v in model.state_dict().items()},'),
    ),
    "seeded anew": ("reseeded-by-saving", ("    torch.save({", "    torch.manual_seed(0)\n    torch.save({")),
    "two mistakes": ("optimizer-lost chance-lost", (LOAD_OPTIMIZER, ""), (LOAD_RNG, "")),
    "two files": (
        None,
        ('        "optimizer_state_dict": optimizer.state_dict(),\n', ""),
        ("    }, path)", "    }, path)\n    torch.save(optimizer.state_dict(), str(path) + '.optimizer')"),
        (LOAD_OPTIMIZER, "    optimizer.load_state_dict(torch.load(str(path) + '.optimizer'))\n"),
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("14.5", observe_source("14.5", source, seed), seed)


def _wrong(name: str) -> Report:
    source = SAVE + LOAD
    for old, new in WRONG[name][1:]:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return _judged(source)


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    for seed in (1, 2):
        report = _judged(RIGHT[name], seed)
        assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    report = _wrong(name)
    assert report.status == "failed"
    assert {finding.name for finding in report.misconceptions} == set((WRONG[name][0] or "").split())


def test_one_mistake_costs_its_own_points_and_that_of_the_resumed_training() -> None:
    names = ("no optimizer", "no random numbers", "the next epoch", "parameters alone", "the model itself")
    assert {name: _wrong(name).points for name in names} == {
        "no optimizer": 7,
        "no random numbers": 7,
        "the next epoch": 8,
        "parameters alone": 8,
        "the model itself": 8,
    }


def test_saving_alone_has_points_of_its_own() -> None:
    report = _judged(SAVE + "\ndef load_checkpoint(path, model, optimizer):\n    raise NotImplementedError\n")
    assert {one.name for one in report.checks if one.passed} == {"file", "saving"}


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert _judged(SAVE + LOAD).passed
    assert list(tmp_path.iterdir()) == []


def test_names_of_folders_do_not_tell_two_runs_apart() -> None:
    missing = (SAVE + LOAD).replace("}, path)", "}, str(path) + '.pth')")
    first, second = (_judged(missing).to_dict() for _ in range(2))
    assert first["checks"] == second["checks"]


def test_the_scene_is_the_same_training_each_time_and_needs_all_that_is_saved() -> None:
    import torch

    from coursekit.autograders.checkpoint_scene import EPOCHS, Training, _moment

    def make(model: Any, rate: float) -> Any:
        return torch.optim.Adam(model.parameters(), lr=rate)

    training = Training(np.random.default_rng(3), True, make)
    namespace: dict[str, Any] = {}
    exec(answers("14.5").solution, namespace)

    def end(forget: str) -> Any:
        model, optimizer = training.first()
        torch.manual_seed(5)
        for number in range(EPOCHS):
            if number == 2:
                state = model.state_dict(), optimizer.state_dict(), torch.get_rng_state()
                state = copy.deepcopy(state)
                model, optimizer = training.fresh()
                if forget != "model":
                    model.load_state_dict(state[0])
                if forget != "optimizer":
                    optimizer.load_state_dict(state[1])
                torch.manual_seed(9)
                if forget != "chance":
                    torch.set_rng_state(state[2])
            training.epoch(model, optimizer, number)
        return _moment(model)["weights"]

    whole = end("")
    assert np.array_equal(whole, end(""))
    for forgotten in ("model", "optimizer", "chance"):
        assert np.abs(whole - end(forgotten)).max() > 1e-4
