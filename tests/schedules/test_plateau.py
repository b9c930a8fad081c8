"""Plateau against torch's ReduceLROnPlateau, and its memory."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from coursekit import schedules
from coursekit.errors import ConfigurationError


def noisy_curve(seed, sign):
    rng = np.random.default_rng(seed)
    curve = sign * (1 / (1 + np.arange(100) / 8) + 0.05 * rng.normal(size=100) + 0.3)
    curve[13] = np.nan
    return curve


@pytest.mark.parametrize(
    ("mode", "threshold_mode", "patience", "cooldown", "min_lr"),
    list(itertools.product(("min", "max"), ("rel", "abs"), (0, 3), (0, 2), (0.0, 1e-3))),
)
def test_hundred_epochs_are_torchs(mode, threshold_mode, patience, cooldown, min_lr):
    torch = pytest.importorskip("torch")
    base = 0.3
    options = {
        "mode": mode,
        "factor": 0.5,
        "patience": patience,
        "threshold": 0.01,
        "threshold_mode": threshold_mode,
        "cooldown": cooldown,
        "min_lr": min_lr,
    }
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    ours = schedules.Plateau(**options, base_rate=base)
    falls = 0
    for value in noisy_curve(patience, 1 if mode == "min" else -1):
        theirs.step(value)
        before = ours.multiplier
        fell = ours.update(value)
        falls += fell
        assert fell == (ours.multiplier < before)
        assert base * ours.multiplier == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        # A resumed schedule goes on as if nothing had happened.
        state = json.loads(json.dumps(ours.state_dict()))
        ours = schedules.Plateau(**options, base_rate=base)
        ours.load_state_dict(state)
    assert falls >= 3


def test_patience_counts_the_epochs_that_are_let_pass():
    plateau = schedules.Plateau(patience=2)
    assert [plateau.update(1.0) for _ in range(8)] == [False, False, False, True, False, False, True, False]
    assert plateau.multiplier == pytest.approx(0.01)
    plateau.reset()
    assert (plateau.multiplier, plateau.best, plateau.bad_epochs) == (1.0, None, 0)


def test_nan_is_never_better():
    plateau = schedules.Plateau(patience=0, mode="max")
    assert plateau.update(float("nan"))
    assert plateau.best is None


@pytest.mark.parametrize(
    "options",
    [
        {"factor": 1.0},
        {"factor": 0.0},
        {"patience": -1},
        {"patience": 1.5},
        {"threshold": -1},
        {"threshold_mode": "relative"},
        {"cooldown": -1},
        {"min_lr": -1},
        {"mode": "auto"},
        {"base_rate": 0},
        {"eps": -1},
    ],
)
def test_bad_arguments(options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        schedules.Plateau(**options)


def test_a_state_of_something_else():
    with pytest.raises(ConfigurationError, match="multiplier"):
        schedules.Plateau().load_state_dict({"best": 1.0})
