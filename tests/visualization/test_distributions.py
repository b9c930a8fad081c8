from __future__ import annotations

import numpy as np
import pytest

from coursekit.errors import DataError
from coursekit.visualization import bars, histogram
from coursekit.visualization.style import elided


def lengths(picture):
    return [patch.get_width() for patch in picture.panels[0].axes[0].patches]


def texts(picture):
    return [text.get_text() for text in picture.panels[0].axes[0].texts]


def test_bars_are_as_long_as_their_numbers_and_begin_at_nought():
    picture = bars({"a": 2.0, "b": -0.5, "c": 1234.0}, title="t", ylabel="loss (nats)")
    assert lengths(picture) == [2.0, -0.5, 1234.0]
    assert all(patch.get_x() == 0 for patch in picture.panels[0].axes[0].patches)
    low, high = picture.panels[0].axes[0].get_xlim()
    assert low < -0.5
    assert high > 1234
    assert texts(picture) == ["2", "\N{MINUS SIGN}0.5", "1,234"]
    assert picture.state == "a 2, b \N{MINUS SIGN}0.5, c 1,234."
    assert picture.panels[0].axes[0].get_xlabel() == "loss (nats)"


def test_a_name_is_read_from_top_to_bottom():
    axes = bars({"first": 1, "second": 2}, title="t").panels[0].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_in_groups_a_name_has_one_look():
    picture = bars({"sum": {"PyTorch": 1, "TensorFlow": 2}, "mean": {"TensorFlow": 3}}, title="t")
    one, two, three = picture.panels[0].axes[0].patches
    assert two.get_facecolor() == three.get_facecolor() != one.get_facecolor()
    assert two.get_hatch() == three.get_hatch() != one.get_hatch()
    assert [text.get_text() for text in picture.panels[0].legends[0].get_texts()] == ["PyTorch", "TensorFlow"]
    assert picture.state == "sum: PyTorch 1, TensorFlow 2; mean: TensorFlow 3."
    rows = [patch.get_y() for patch in (one, two, three)]
    assert rows[1] - rows[0] < rows[2] - rows[1]


def test_on_a_logarithmic_axis_dots_without_a_foot():
    picture = bars({"a": 1e-6, "b": 10.0}, title="t", log=True)
    axes = picture.panels[0].axes[0]
    assert axes.get_xscale() == "log"
    assert not axes.patches
    assert [line.get_xdata()[0] for line in axes.lines] == [1e-6, 10.0]
    with pytest.raises(DataError, match="log=False"):
        bars({"a": 0.0}, title="t", log=True)


def test_what_is_not_finite_is_said():
    picture = bars({"naive": float("nan"), "stable": 2.0, "sum": float("inf")}, title="t")
    assert texts(picture) == ["not a number", "2", "infinite"]
    assert "naive not a number" in picture.state


def test_what_is_no_bar_is_refused():
    with pytest.raises(DataError, match="no bars"):
        bars({}, title="t")
    with pytest.raises(DataError, match="two pictures"):
        bars({"a": 1.0, "b": {"c": 1.0}}, title="t")
    with pytest.raises(DataError, match="at most 40"):
        bars({str(n): n for n in range(41)}, title="t")
    with pytest.raises(DataError, match="at most 5 names"):
        bars({"group": {str(n): n for n in range(6)}}, title="t")


def test_a_histogram_counts():
    values = np.array([0.0, 0.1, 0.1, 0.9, 1.0, np.nan])
    picture = histogram({"w": values}, title="weights", xlabel="weight", bins=2)
    ground, line = picture.panels[0].axes[0].patches
    np.testing.assert_allclose(line.get_data().values, [0.6, 0.4])
    np.testing.assert_allclose(line.get_data().edges, [0, 0.5, 1])
    np.testing.assert_allclose(ground.get_data().values, [0.6, 0.4])
    mean, spread = "0.42", f"{np.nanstd(values):.3g}"
    assert picture.state == f"w: mean {mean}, standard deviation {spread}, 1 of 6 not finite."


def test_sets_of_different_sizes_share_bins_and_scale():
    picture = histogram({"few": [0.0, 1.0], "many": np.repeat([0.0, 4.0], 50)}, title="t", xlabel="x", bins=4)
    lines = picture.panels[0].axes[0].patches[1::2]
    np.testing.assert_allclose(lines[0].get_data().values, [0.5, 0.5, 0, 0])
    np.testing.assert_allclose(lines[1].get_data().values, [0.5, 0, 0, 0.5])


def test_what_cannot_be_spread_is_refused():
    for values in ({}, {"a": [np.nan]}, {str(n): [0.0] for n in range(6)}):
        with pytest.raises(DataError, match="finite"):
            histogram(values, title="t", xlabel="x")
    with pytest.raises(DataError, match="bin"):
        histogram({"a": [1.0]}, title="t", xlabel="x", bins=0)


def test_long_names_keep_both_ends():
    assert elided("short") == "short"
    assert elided("blocks.0.convolution.weight", 20) == "blocks.0.c…on.weight"
    assert len(elided("x" * 50, 20)) == 20
