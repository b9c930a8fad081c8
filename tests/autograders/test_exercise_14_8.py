"""14.8, judged on code that was written from its text alone, and on what its scenes promise."""

from __future__ import annotations

from pathlib import Path

import loop_trials
import numpy as np
import pytest

from coursekit.autograders.loop_capstone import SCRIPTS
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
    return judge_bytes("14.8", observe_source("14.8", source, seed), seed)


@pytest.mark.parametrize("name", loop_trials.RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    for seed in (1, 2, 3):
        report = _judged(loop_trials.RIGHT[name], seed)
        assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", loop_trials.WRONG)
def test_wrong_code_loses_the_points_of_its_own_checks_and_is_named(name: str) -> None:
    source, failed, named = loop_trials.WRONG[name]
    report = _judged(source)
    assert {check.name for check in report.checks if not check.passed} == failed
    assert {finding.name for finding in report.misconceptions} == set(named)


def test_answers_are_judged_as_they_must_be() -> None:
    problems = verify(answers("14.8"), (SEED,), with_mutants=False).problems
    assert not problems


def test_what_is_not_written_costs_its_own_checks_alone() -> None:
    starter = answers("14.8").exercise.starter
    report = _judged(starter + loop_trials.PARTS["plot_accuracy"])
    assert [check.name for check in report.checks if check.passed] == ["plot"]
    assert "not written yet" in report.checks[0].seen


def test_the_example_of_the_text_is_what_the_solution_does(tmp_path: Path) -> None:
    import torch

    from coursekit.autograders.pytorch_script_scene import Play
    from coursekit.autograders.written_losses import Script

    space: dict[str, object] = {}
    exec(answers("14.8").solution, space)
    losses = (5.0, 4.0, 6.0, 4.0, 3.0, 7.0, 5.0, 3.0, 8.0, 9.0, 2.0)
    play = Play(np.random.default_rng(0), Script(losses, 5, 2, 20, 10), tmp_path / "best.pt")
    fit: object = space["fit"]
    assert callable(fit)
    history = fit(
        play.model,
        torch.nn.functional.cross_entropy,
        play.optimizer,
        play.training,
        play.validation,
        tmp_path / "best.pt",
        20,
        5,
        2,
        play.factor,
    )
    assert history["best_epoch"] == 5
    assert np.allclose(np.array(history["val_loss"]) / history["val_loss"][0] * 5.0, losses[:10], rtol=1e-4)
    powers = np.log(np.array(history["learning_rate"]) / play.rate) / np.log(play.factor)
    assert np.allclose(powers, [0, 0, 0, 0, 1, 1, 1, 2, 2, 3])
    assert play.seen()["holds"] == "those of epoch 5"


def test_scripted_losses_are_those_that_are_written_down() -> None:
    import torch

    from coursekit.autograders.pytorch_script_scene import Play
    from coursekit.autograders.written_losses import BATCHES, Script

    for seed in range(20):
        for name, script in SCRIPTS.items():
            play = Play(np.random.default_rng(seed), Script(*script), Path("nowhere.pt"))
            losses, accuracies = [], []
            for epoch in range(len(script[0]) + 1):
                with torch.no_grad():
                    play.model.clock.fill_(epoch * BATCHES)
                    outputs = [(play.model(images), labels) for images, labels in play.validation]
                losses.append(np.mean([float(torch.nn.functional.cross_entropy(*pair)) for pair in outputs]))
                accuracies.append(np.mean([float((out.argmax(1) == labels).float().mean()) for out, labels in outputs]))
            found, wanted = np.array(losses[1:]), np.array(script[0])
            assert np.allclose(found / found[0], wanted / wanted[0], rtol=1e-4), name
            # Ties are ties to the last bit, and there are no others.
            assert [list(found).index(one) for one in found] == [list(wanted).index(one) for one in wanted]
            # The accuracy tells another story than the loss.
            assert np.argmax(accuracies[1:]) != np.argmin(found) or name in ("short", "rising")
