"""Schedules against torch.optim.lr_scheduler, over 100 steps."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from coursekit import schedules
from coursekit.errors import ConfigurationError

BASE = 0.3


def torch_rates(build, steps=100):
    """Return the rates of a torch scheduler over its first steps, for a base rate of 0.3."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    rates = []
    with warnings.catch_warnings():
        # SequentialLR calls step with an epoch, of which torch itself warns.
        warnings.simplefilter("ignore")
        scheduler = build(torch.optim.lr_scheduler, optimizer)
        for step in range(steps):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if step < steps - 1:
                scheduler.step()
    return np.array(rates)


CASES = {
    "constant": (schedules.Constant(), lambda lr, o: lr.ConstantLR(o, factor=1.0)),
    "step": (schedules.Step(7, 0.5), lambda lr, o: lr.StepLR(o, 7, 0.5)),
    "multi_step": (
        schedules.MultiStep((10, 35, 36), 0.2),
        lambda lr, o: lr.MultiStepLR(o, [10, 35, 36], 0.2),
    ),
    "exponential": (schedules.Exponential(0.93), lambda lr, o: lr.ExponentialLR(o, 0.93)),
    "linear": (
        schedules.Linear(60, 0.2),
        lambda lr, o: lr.LinearLR(o, start_factor=1.0, end_factor=0.2, total_iters=60),
    ),
    "cosine": (
        schedules.Cosine(99, 0.1),
        lambda lr, o: lr.CosineAnnealingLR(o, 99, eta_min=0.1 * BASE),
    ),
    "cosine_restarts": (
        schedules.CosineRestarts(7, 2, 0.05),
        lambda lr, o: lr.CosineAnnealingWarmRestarts(o, 7, 2, eta_min=0.05 * BASE),
    ),
    "cosine_restarts_equal": (
        schedules.CosineRestarts(9),
        lambda lr, o: lr.CosineAnnealingWarmRestarts(o, 9),
    ),
    "warmup": (
        schedules.Warmup(12, schedules.Cosine(87), start=0.1),
        lambda lr, o: lr.SequentialLR(
            o,
            [lr.LinearLR(o, start_factor=0.1, total_iters=12), lr.CosineAnnealingLR(o, 87)],
            milestones=[12],
        ),
    ),
    "one_cycle": (schedules.OneCycle(100), lambda lr, o: lr.OneCycleLR(o, max_lr=BASE, total_steps=100)),
    "one_cycle_odd": (
        schedules.OneCycle(100, peak=4, start_div=7, final_div=50, pct_start=0.125),
        lambda lr, o: lr.OneCycleLR(
            o, max_lr=4 * BASE, total_steps=100, pct_start=0.125, div_factor=7, final_div_factor=50
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_hundred_steps_are_torchs(name):
    schedule, build = CASES[name]
    np.testing.assert_allclose(BASE * schedule.values(range(100)), torch_rates(build), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", CASES)
def test_one_step_is_the_vectors_entry(name):
    schedule, _ = CASES[name]
    values = schedule.values(np.arange(120).reshape(2, 60))
    assert values.shape == (2, 60)
    assert [schedule(step) for step in range(120)] == values.ravel().tolist()


def test_ends_are_kept():
    assert schedules.Cosine(10, 0.25)(10) == schedules.Cosine(10, 0.25)(1000) == 0.25
    assert schedules.Linear(10)(11) == 0
    cycle = schedules.OneCycle(50)
    assert cycle(49) == pytest.approx(1 / 25e4)
    assert cycle(500) == cycle(49)
    assert cycle(14) == 1.0


def test_warmup_from_zero_meets_what_follows():
    schedule = schedules.Warmup(4, schedules.Step(2, 0.5))
    np.testing.assert_allclose(schedule.values(range(9)), [0, 0.25, 0.5, 0.75, 1, 1, 0.5, 0.5, 0.25], rtol=1e-15)
    nested = schedules.Warmup(2, schedules.OneCycle(20))
    assert nested(2) == pytest.approx(1 / 25)
    assert nested(1) == pytest.approx(1 / 50)


def test_long_restarts_hit_their_boundaries():
    schedule = schedules.CosineRestarts(3, 3)
    starts = [3 * (3**n - 1) // 2 for n in range(12)]
    np.testing.assert_array_equal(schedule.values(starts), 1.0)
    assert np.all(schedule.values(np.array(starts[1:]) - 1) < 0.5)


@pytest.mark.parametrize("step", [-1, 0.5, np.nan, "3"])
def test_steps_that_are_none(step):
    with pytest.raises(ConfigurationError, match="steps"):
        schedules.Cosine(10)(step)


@pytest.mark.parametrize(
    "build",
    [
        lambda: schedules.Step(0),
        lambda: schedules.Step(2.5),
        lambda: schedules.Step(True),
        lambda: schedules.Step(2, gamma=1.5),
        lambda: schedules.MultiStep(()),
        lambda: schedules.MultiStep((5, 5)),
        lambda: schedules.Exponential(-0.1),
        lambda: schedules.Cosine(0),
        lambda: schedules.Cosine(10, minimum=2),
        lambda: schedules.CosineRestarts(5, growth=0),
        lambda: schedules.Warmup(5, then="cosine"),
        lambda: schedules.Warmup(5, start=-1),
        lambda: schedules.OneCycle(3),
        lambda: schedules.OneCycle(100, pct_start=1.0),
        lambda: schedules.OneCycle(100, final_div=0),
    ],
)
def test_bad_arguments(build):
    with pytest.raises(ConfigurationError):
        build()


def test_get():
    assert schedules.get("cosine", total=10, minimum=0.1) == schedules.Cosine(10, 0.1)
    assert schedules.get("multi_step", milestones=[2, 4]) == schedules.MultiStep((2, 4))
    spec = schedules.Step(3)
    assert schedules.get(spec) is spec
    assert hash(spec) == hash(schedules.Step(3))
    with pytest.raises(ConfigurationError, match="did you mean 'cosine'"):
        schedules.get("cosin")
    with pytest.raises(ConfigurationError, match="total"):
        schedules.get("cosine")
    with pytest.raises(ConfigurationError, match="T_max"):
        schedules.get("cosine", T_max=10)
    with pytest.raises(ConfigurationError, match="beside"):
        schedules.get(spec, gamma=0.5)
