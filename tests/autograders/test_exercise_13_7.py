"""13.7, judged on code that was written from its text alone, and on what its scenes promise."""

from __future__ import annotations

import math

import capstone_trials
import numpy as np
import pytest

from coursekit.autograders.drawn_curves import epoch_curves, loss_curves
from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.registry import answers
from coursekit.grading.report import Report
from coursekit.grading.verify import verify

SEED = 5


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _judged(source: str, seed: int = SEED) -> Report:
    return judge_bytes("13.7", observe_source("13.7", source, seed), seed)


@pytest.mark.parametrize("name", capstone_trials.RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    for seed in (1, 2, 3):
        report = _judged(capstone_trials.RIGHT[name], seed)
        assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", capstone_trials.WRONG)
def test_wrong_code_loses_the_points_of_its_own_function_and_is_named(name: str) -> None:
    source, failed, named = capstone_trials.WRONG[name]
    report = _judged(source)
    assert {check.name for check in report.checks if not check.passed} == failed
    assert {finding.name for finding in report.misconceptions} == set(named)


def test_answers_are_judged_as_they_must_be() -> None:
    problems = verify(answers("13.7"), (SEED,), with_mutants=False).problems
    assert not problems


def test_what_is_not_written_is_said_so_and_costs_its_own_checks_alone() -> None:
    starter = answers("13.7").exercise.starter
    part = capstone_trials.with_parts(**dict.fromkeys(capstone_trials.PARTS))
    own = capstone_trials.PARTS["epoch_means"]
    report = _judged(starter + part + own)
    assert report.points == 1
    assert [check.name for check in report.checks if check.passed] == ["means"]
    assert "not written yet" in report.checks[0].seen


def test_curves_hold_what_they_are_drawn_for() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        pairs = loss_curves(rng)
        when = [
            [next((i for i, loss in enumerate(c) if loss < limit), math.inf) for c in curves.values()]
            for curves, limit in pairs
        ]
        rises = [[np.diff(c).clip(0).sum() for c in curves.values()] for curves, _ in pairs]
        assert [int(np.argmin(pair)) for pair in when] == [0, 1, 1, 1]
        assert [math.inf in pair for pair in when] == [False, False, True, False]
        assert [int(np.argmax(pair)) for pair in rises] == [0, 0, 1, 1]
        # No ties, also where the sums are rounded in another order.
        assert all(abs(one - other) > 0.05 for one, other in rises)
        for curves in epoch_curves(rng):
            finite = {rate: c for rate, c in curves.items() if np.isfinite(c).all()}
            best = min(finite, key=lambda rate: finite[rate][-1])
            assert min(curves) < best < max(curves)
            assert best != next(iter(curves))
