from __future__ import annotations

import numpy as np
import pytest

from coursekit.errors import ConfigurationError
from coursekit.optimizers import SGD, Adam
from coursekit.widgets import OptimizerRace
from coursekit.widgets.optimizer_race import RACERS, run_lap
from coursekit.widgets.surfaces import BOWL, RAVINE, SURFACES


@pytest.mark.parametrize("surface", SURFACES.values(), ids=lambda one: one.name)
def test_gradients_are_slopes_and_minima_are_flat(surface):
    rng, h = np.random.default_rng(0), 1e-6
    for x, y in rng.uniform(-1.5, 1.5, (20, 2)):
        dx, dy = surface.gradient(x, y)
        assert dx == pytest.approx((surface.value(x + h, y) - surface.value(x - h, y)) / (2 * h), abs=1e-5)
        assert dy == pytest.approx((surface.value(x, y + h) - surface.value(x, y - h)) / (2 * h), abs=1e-5)
    x, y = np.meshgrid(np.linspace(*surface.xlim, 201), np.linspace(*surface.ylim, 201))
    assert surface.value(x, y).min() >= surface.least - 1e-12
    for at in surface.minima:
        assert surface.gradient(*at) == pytest.approx((0, 0))
        assert surface.value(*at) == pytest.approx(surface.least)
    assert surface.xlim[0] < surface.start[0] < surface.xlim[1]


def test_descent_on_a_quadratic_in_closed_form():
    lap = run_lap("SGD", SGD(), "ravine", 0.03, 50)
    n = np.arange(51)
    expected = np.stack([RAVINE.start[0] * 0.97**n, RAVINE.start[1] * (1 - 0.03 * 40) ** n], axis=1)
    np.testing.assert_allclose(lap.points, expected, atol=1e-12)
    np.testing.assert_allclose(lap.losses, (expected[:, 0] ** 2 + 40 * expected[:, 1] ** 2) / 2, atol=1e-12)
    assert lap.diverged_at is None


def test_momentum_by_its_linear_recurrence():
    lap = run_lap("momentum", SGD(momentum=0.9), "bowl", 0.1, 30)
    step = np.array([[1 - 0.1, -0.1 * 0.9], [1.0, 0.9]])  # (position, velocity) -> (position, velocity)
    for axis in (0, 1):
        pair, places = np.array([BOWL.start[axis], 0.0]), [BOWL.start[axis]]
        for _ in range(30):
            pair = step @ pair
            places.append(pair[0])
        np.testing.assert_allclose(lap.points[:, axis], places, atol=1e-12)


def test_first_step_of_adam_is_the_rate_along_each_axis():
    lap = run_lap("Adam", Adam(), "Rosenbrock", 0.05, 3)
    np.testing.assert_allclose(np.abs(lap.points[1] - lap.points[0]), 0.05, rtol=1e-6)


def test_a_rate_above_two_over_the_steepness_diverges():
    assert run_lap("SGD", SGD(), "ravine", 0.0499, 200).diverged_at is None
    lap = run_lap("SGD", SGD(), "ravine", 0.08, 200)
    # |1 - 0.08 * 40| = 2.2: 0.6 * 2.2^n passes a million at n = 19.
    assert lap.diverged_at == 19
    race = OptimizerRace(racers=("SGD", "Adam"))
    race.controls["rate"].value = 0.08
    assert "SGD diverged: lost after step 19." in race.state
    race.controls["step"].value = 10
    assert "diverged: lost" not in race.state
    assert "Outside the map: SGD." in race.state


def test_controls_reach_their_optimizers_and_no_others():
    race = OptimizerRace(racers=RACERS)
    base = {lap.name: lap.losses for lap in race.laps()}
    for control, value, moved in (
        ("rate", 0.02, {"SGD", "momentum"}),
        ("momentum", 0.5, {"momentum"}),
        ("adaptive_rate", 0.03, {"RMSprop", "Adam", "AdamW"}),
        ("beta1", 0.5, {"Adam", "AdamW"}),
        ("beta2", 0.9, {"RMSprop", "Adam", "AdamW"}),
        ("weight_decay", 1.0, {"AdamW"}),
    ):
        before = race.controls[control].value
        race.controls[control].value = value
        changed = {lap.name for lap in race.laps() if not np.array_equal(lap.losses, base[lap.name], equal_nan=True)}
        assert changed == moved, control
        race.controls[control].value = before


def test_pictured_are_the_steps_that_are_shown():
    race = OptimizerRace("bowl", ("SGD",))
    race.controls["step"].value = 7
    lap, axes = race.laps()[0], race._picture.panels[0].axes[0]
    path = next(line for line in axes.lines if len(line.get_xdata()) == 8)
    np.testing.assert_array_equal(path.get_xydata(), lap.points[:8])
    losses = race._picture.panels[1].axes[0].lines[0].get_ydata()
    np.testing.assert_array_equal(losses, lap.losses[:8])
    assert "After 7 steps SGD leads" in race.state


def test_nobody_runs():
    race = OptimizerRace(racers=())
    assert "tick an optimizer" in race.state
    assert race.picture("svg").startswith(b"<svg")


def test_unknown_names_are_refused():
    with pytest.raises(ConfigurationError, match="ravine, saddle"):
        OptimizerRace("hill")
    with pytest.raises(ConfigurationError, match="AdamW"):
        OptimizerRace(racers=("adamw",))
