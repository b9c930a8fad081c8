from __future__ import annotations

import numpy as np
import pytest

from coursekit.errors import ConfigurationError, DataError
from coursekit.visualization import parity
from coursekit.visualization.style import MINUS

LOSSES = np.array([2.0, 1.0, 0.5, 0.25])
APART = np.array([0.0, 1e-7, 3e-6, 2e-7])


def drawn(picture, panel):
    return [np.asarray(line.get_ydata(), dtype=float) for line in picture.panels[panel].axes[0].lines]


def test_both_curves_and_their_distance_are_drawn():
    picture = parity(PyTorch=LOSSES, TensorFlow=LOSSES + APART, tolerance=1e-5, title="loss", xlabel="update")
    left = drawn(picture, 0)
    np.testing.assert_array_equal(left[0], LOSSES)
    np.testing.assert_array_equal(left[1], LOSSES + APART)
    gap, equal, tolerance = drawn(picture, 1)
    np.testing.assert_allclose(gap[1:], APART[1:], rtol=1e-6)
    assert np.isnan(gap[0])  # no place on a logarithmic axis, but on its edge:
    axes = picture.panels[1].axes[0]
    np.testing.assert_allclose(equal, axes.get_ylim()[0])
    assert axes.lines[1].get_xdata().tolist() == [1]
    assert set(tolerance) == {1e-5}
    assert axes.get_yscale() == "log"
    said = "TensorFlow and PyTorch differ by at most 3e-06 (update 3): within the tolerance 1e-05. "
    said += "1 of 4 are exactly equal (hollow, at the foot)."
    assert picture.state == said.replace("-", MINUS)
    assert "TensorFlow" in picture.alt


@pytest.mark.parametrize(("tolerance", "said"), [(3.1e-6, "within"), (2.9e-6, "OUTSIDE")])
def test_the_verdict_follows_the_tolerance(tolerance, said):
    assert said in parity(a=LOSSES, b=LOSSES + APART, tolerance=tolerance, title="t", xlabel="x").state


def test_the_tolerance_is_always_in_sight():
    for tolerance in (1e-12, 1.0):
        axes = parity(a=LOSSES, b=LOSSES + APART, tolerance=tolerance, title="t", xlabel="x").panels[1].axes[0]
        low, high = axes.get_ylim()
        assert low < tolerance < high
        assert low < 1e-7 < 3e-6 < high


def test_equal_and_not_finite_are_said():
    assert "equal to the last bit" in parity(a=LOSSES, b=LOSSES.copy(), tolerance=1e-6, title="t", xlabel="x").state
    lost = LOSSES.copy()
    lost[2:] = np.nan
    assert "not finite from update 3 on" in parity(a=LOSSES, b=lost, tolerance=1, title="t", xlabel="update").state


def test_three_are_measured_from_the_first_and_tables_are_read_row_by_row():
    table = np.arange(6.0).reshape(2, 3)
    picture = parity(NumPy=table, PyTorch=table + 0.5, TensorFlow=table - 0.25, tolerance=1, title="t", xlabel="entry")
    gaps = drawn(picture, 1)
    np.testing.assert_array_equal(gaps[0], [0.5] * 6)
    np.testing.assert_array_equal(gaps[1], [0.25] * 6)
    assert picture.state.count("NumPy") == 2


def test_float32_is_compared_as_it_is():
    one, other = np.float32([0.1]), np.array([0.1])
    gap = drawn(parity(a=one, b=other, tolerance=1e-6, title="t", xlabel="x"), 1)[0]
    np.testing.assert_allclose(gap, abs(float(np.float32(0.1)) - 0.1))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ConfigurationError, match="above 0"):
        parity(a=LOSSES, b=LOSSES, tolerance=0, title="t", xlabel="x")
    with pytest.raises(DataError, match="one shape"):
        parity(a=LOSSES, b=LOSSES[:3], tolerance=1, title="t", xlabel="x")
    with pytest.raises(DataError, match="2 to 5"):
        parity(a=LOSSES, tolerance=1, title="t", xlabel="x")
    with pytest.raises(DataError, match="over 2 positions"):
        parity(a=LOSSES, b=LOSSES, x=[1, 2], tolerance=1, title="t", xlabel="x")
