from __future__ import annotations

import numpy as np
import pytest

from coursekit import schedules
from coursekit.errors import ConfigurationError
from coursekit.widgets import ScheduleExplorer
from coursekit.widgets.schedule_explorer import SETTINGS, describe_rates, rates_per_epoch, schedule_rates


def test_every_schedule_is_there():
    # A warm-up is not one of its own here: it stands before any of them.
    assert set(SETTINGS) == {*schedules.NAMES, "plateau"} - {"warmup"}


def test_cosine_per_epoch_and_per_update():
    by_epoch = schedule_rates("cosine", {"minimum": 0.1}, base_rate=0.2, epochs=8, updates_per_epoch=5)
    t = np.arange(8)
    expected = 0.2 * (0.1 + 0.9 * (1 + np.cos(np.pi * t / 8)) / 2)
    np.testing.assert_allclose(by_epoch.rates, np.repeat(expected, 5))
    assert rates_per_epoch(by_epoch) == pytest.approx(expected)
    by_update = schedule_rates(
        "cosine", {"minimum": 0.1}, base_rate=0.2, epochs=8, updates_per_epoch=5, stepped="update"
    )
    np.testing.assert_allclose(by_update.rates, 0.2 * (0.1 + 0.9 * (1 + np.cos(np.pi * np.arange(40) / 40)) / 2))


def test_the_mistake_runs_through_it_too_fast():
    settings = {"period": 3, "gamma": 0.1}
    wrong = schedule_rates("step", settings, base_rate=1.0, epochs=6, updates_per_epoch=10, stepped="mistake")
    np.testing.assert_allclose(wrong.rates, 0.1 ** (np.arange(60) // 3))
    right = schedule_rates("step", settings, base_rate=1.0, epochs=6, updates_per_epoch=10, stepped="update")
    np.testing.assert_allclose(right.rates, 0.1 ** (np.arange(60) // 30))
    assert "10 times too fast" in describe_rates(wrong, mistaken=True)


def test_exponential_is_the_same_at_whole_epochs_in_either_unit():
    given = {"base_rate": 1.0, "epochs": 10, "updates_per_epoch": 20}
    by_update = schedule_rates("exponential", {"gamma_each": 0.8}, stepped="update", **given)
    np.testing.assert_allclose(by_update.rates[::20], 0.8 ** np.arange(10), rtol=1e-3)


def test_warmup_rises_in_a_line_to_the_base_rate():
    rates = schedule_rates("linear", {"minimum": 0.0}, base_rate=1.0, epochs=10, updates_per_epoch=2, warmup=4)
    expected = [0.2, 0.4, 0.6, 0.8, 1.0, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]
    assert rates_per_epoch(rates) == pytest.approx(expected)
    assert rates.code == "Warmup(steps=4, then=Linear(total=6), start=0.2)"
    built = eval(rates.code, dict(vars(schedules)))
    assert built.values(np.arange(10)) == pytest.approx(expected)


def test_plateau_falls_when_the_loss_stands_still():
    rates = schedule_rates("plateau", {"gamma": 0.5, "patience": 2}, base_rate=1.0, epochs=30, updates_per_epoch=4)
    judge, expected = schedules.Plateau(factor=0.5, patience=2), []
    for loss in rates.watched:
        expected.append(judge.multiplier)
        judge.update(loss)
    assert rates_per_epoch(rates) == pytest.approx(expected)
    assert expected[5] == 1 > expected[-1]


def test_only_controls_that_mean_something_are_shown():
    explorer = ScheduleExplorer()

    def shown():
        return {name for name, control in explorer.controls.items() if control.layout.display != "none"}

    shared = {"schedule", "stepped", "base_rate", "epochs", "updates_per_epoch", "warmup"}
    assert shown() == shared | {"minimum"}
    explorer.controls["schedule"].value = "plateau"
    assert shown() == shared - {"stepped", "warmup"} | {"gamma", "patience"}
    assert len(explorer._picture.panels) == 2


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("stepped", ["epoch", "update", "mistake"])
def test_every_setting_draws(name, stepped):
    explorer = ScheduleExplorer(name, epochs=12, updates_per_epoch=5)
    explorer.controls["stepped"].value = stepped
    explorer.controls["warmup"].value = 2
    assert "cannot be drawn" not in explorer._drawn.value
    assert explorer.rates().rates.shape == (60,)
    assert explorer.rates().rates.max() <= 0.1 + 1e-12


def test_a_setting_that_a_schedule_refuses_is_said():
    explorer = ScheduleExplorer("one_cycle", epochs=5)
    explorer.controls["pct_start"].value = 0.1
    assert "This setting cannot be drawn" in explorer._drawn.value
    explorer.controls["stepped"].value = "update"
    assert "cannot be drawn" not in explorer._drawn.value


def test_unknown_schedule():
    with pytest.raises(ConfigurationError, match="cosine"):
        ScheduleExplorer("cosin")
