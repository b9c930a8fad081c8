"""14.1, judged on code that was written without a look at its checks."""

from __future__ import annotations

import blind_14_1
import pytest

from coursekit.grading.judge import judge, judge_bytes
from coursekit.grading.observing import observe_code, observe_source
from coursekit.grading.registry import answers
from coursekit.grading.report import Report


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("14.1", observe_source("14.1", source, seed), seed)


@pytest.mark.parametrize("name", blind_14_1.RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    report = _judged(blind_14_1.RIGHT[name])
    assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", blind_14_1.WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    named, source = blind_14_1.WRONG[name]
    report = _judged(source)
    assert report.status == "failed"
    assert report.points < report.max_points
    assert (report.misconception and report.misconception.name) == named


def test_two_mistakes_at_once_are_both_named() -> None:
    report = _judged(blind_14_1.WRONG["forgets two things"][1])
    assert {finding.name for finding in report.misconceptions} == {"no-zero-grad", "evaluation-mode"}


def test_the_same_seed_gives_the_same_report_and_another_seed_other_numbers() -> None:
    source = blind_14_1.WRONG["forgets to clear"][1]
    assert _judged(source, 5) == _judged(source, 5)
    assert _judged(source, 5).checks != _judged(source, 6).checks


def test_randomness_and_modes_of_the_caller_are_left_alone() -> None:
    import numpy as np
    import torch

    torch.manual_seed(3)
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    torch.set_grad_enabled(False)
    try:
        found = answers("14.1")
        assert judge(observe_code(found.exercise, found.solution, 1), found, 1).passed
        assert not torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(True)
    assert torch.equal(before, torch.get_rng_state())
    assert (numpy_before == np.random.get_state()[1]).all()


def test_an_error_in_the_code_shows_its_own_line_alone() -> None:
    report = _judged(blind_14_1.WRONG["typo"][1])
    assert "optimiser.zero_grad()" in report.traceback
    assert "your code, line 4, in train_step" in report.traceback
    assert "coursekit" not in report.traceback
    assert "NameError" in report.traceback
