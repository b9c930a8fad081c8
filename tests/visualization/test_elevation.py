from __future__ import annotations

import numpy as np
import pytest

from coursekit.errors import DataError
from coursekit.visualization import slope, surface


def dots(axes):
    return [line.get_xydata()[0].tolist() for line in axes.lines if line.get_marker() == "o"]


def bowl(x, y):
    return x**2 + 4 * y**2


def test_slope_and_step_of_a_parabola():
    picture = slope(lambda x: x**2, 1.5, rate=0.1)
    axes = picture.panels[0].axes[0]
    np.testing.assert_allclose(dots(axes), [[1.5, 2.25], [1.2, 1.44]], rtol=1e-8)
    tangent = axes.lines[1].get_xydata()
    np.testing.assert_allclose(np.diff(tangent[:, 1]) / np.diff(tangent[:, 0]), 3, rtol=1e-8)
    np.testing.assert_allclose(tangent.mean(0), [1.5, 2.25])
    curve = axes.lines[0].get_xydata()
    np.testing.assert_allclose(curve[:, 1], curve[:, 0] ** 2)
    assert picture.state == (
        "At 1.5 the slope is 3: the step \N{MINUS SIGN}0.1 · 3 leads to 1.2, and the loss falls from 2.25 to 1.44."
    )


def test_a_step_too_far_is_said():
    assert "RISES from 1 to 4" in slope(lambda x: x**2, 1.0, rate=1.5).state
    assert "stays at 1" in slope(lambda x: x**2, 1.0, rate=1.0).state
    assert "(\N{MINUS SIGN}2)" in slope(lambda x: x**2, -1.0).state


def test_a_gradient_of_ones_own_is_taken():
    assert "slope is 7" in slope(lambda x: x**2, 1.0, gradient=7.0).state
    with pytest.raises(DataError, match="smaller rate"), np.errstate(invalid="ignore"):
        slope(np.sqrt, 0.1, gradient=100.0)


def test_steps_on_the_map_follow_the_negative_gradient():
    picture = surface(bowl, (1.0, 1.0), xlim=(-2, 2), ylim=(-2, 2), rate=0.1, steps=2, minima=[(0, 0)])
    start, first, second = dots(picture.panels[0].axes[0])
    # x falls by a factor of 1 - 0.1 * 2, y by one of 1 - 0.1 * 8
    np.testing.assert_allclose([start, first, second], [[1, 1], [0.8, 0.2], [0.64, 0.04]], rtol=1e-6)
    assert "the gradient is (2, 8), of size 8.25" in picture.state
    assert "falls from 5 to 0.8" in picture.state


def test_the_profile_is_the_loss_along_the_first_step():
    axes = surface(bowl, (1.0, 1.0), xlim=(-2, 2), ylim=(-2, 2), rate=0.1).panels[1].axes[0]
    ways, heights = axes.lines[0].get_xydata().T
    size = np.hypot(2, 8)
    np.testing.assert_allclose(heights, bowl(1 - ways * 2 / size, 1 - ways * 8 / size), rtol=1e-6)
    np.testing.assert_allclose(dots(axes), [[0, 5], [0.1 * size, 0.8]], rtol=1e-6, atol=1e-9)
    tangent = axes.lines[1].get_xydata()
    np.testing.assert_allclose(np.diff(tangent[:, 1]) / np.diff(tangent[:, 0]), -size, rtol=1e-5)


def test_where_there_is_no_slope():
    with pytest.raises(DataError, match="beside the minimum"):
        surface(bowl, (0.0, 0.0), gradient=lambda x, y: (2 * x, 8 * y), xlim=(-1, 1), ylim=(-1, 1))
    with pytest.raises(DataError, match="1 to 50"):
        surface(bowl, (1.0, 0.0), xlim=(-1, 1), ylim=(-1, 1), steps=0)
