from __future__ import annotations

import numpy as np
import pytest

from coursekit.errors import DataError
from coursekit.visualization import gradient_flow
from coursekit.visualization.cells import draw_cells, runs
from coursekit.visualization.gradients import scale

STEPS = np.arange(1, 11)
NORMS = {"conv1": 1e-4 / STEPS, "conv2": 1e-2 / STEPS, "head": 1.0 / STEPS}


def test_each_layers_median_and_range_are_drawn():
    axes = gradient_flow(NORMS).panels[1].axes[0]
    ranges, medians = axes.lines[0::2], axes.lines[1::2]
    for row, (span, dot, norms) in enumerate(zip(ranges, medians, NORMS.values(), strict=True)):
        np.testing.assert_allclose(span.get_xdata(), [norms.min(), norms.max()])
        np.testing.assert_allclose(dot.get_xdata(), [np.median(norms)])
        assert set(dot.get_ydata()) == {row}
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_yticklabels()] == list(NORMS)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the input's layer on top


def test_the_words_compare_input_and_output():
    assert gradient_flow(NORMS).state.endswith("10,000 times less at the input.")
    assert "alike" in gradient_flow({"a": [1.0], "b": [1.5]}).state
    assert "100 times more at the input" in gradient_flow({"a": [100.0], "b": [1.0]}).state


def test_more_norm_is_more_ink():
    axes = gradient_flow({"a": [1e-3, 1e-2, 1e-1, 1.0]}).panels[0].axes[0]
    found = sorted((patch.get_extents().x0, patch.get_facecolor()[3]) for patch in axes.patches)
    shades = [shade for _, shade in found]
    assert shades == sorted(shades)
    assert len(set(shades)) == 4


def test_what_is_lost_and_what_is_nothing_are_marked():
    picture = gradient_flow({"a": [1.0, np.nan, np.inf], "b": [0.0, 0.0, 2.0]})
    crosses, rings = picture.panels[0].axes[0].lines
    assert crosses.get_xydata().tolist() == [[2, 0], [3, 0]]
    assert rings.get_xydata().tolist() == [[1, 1], [2, 1]]
    assert "2 norms are not finite (crosses)" in picture.state
    assert "2 norms are exactly 0" in picture.state


def test_a_long_run_is_drawn_in_80_columns_of_geometric_means():
    axes = gradient_flow({"a": np.tile([1e-2, 1.0], 400)}).panels[0].axes[0]
    assert len(axes.patches) == 1  # each column's mean is 0.1: one shade, one rectangle
    assert axes.get_xlim() == (0.5, 800.5)


def test_the_ratio_has_its_own_panel():
    ratios = {"conv1": [1e-5], "head": [1e-3]}
    picture = gradient_flow(NORMS, weight_ratio=ratios)
    axes = picture.panels[2].axes[0]
    np.testing.assert_allclose(axes.lines[1].get_xdata(), [1e-5])
    assert set(axes.lines[-1].get_xdata()) == {1e-3}
    assert "moves conv1 by 1e\N{MINUS SIGN}05" in picture.state
    with pytest.raises(DataError, match="same names"):
        gradient_flow(NORMS, weight_ratio={"conv9": [1e-3]})


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match="one shape"):
        gradient_flow({"a": [1.0, 2.0], "b": [1.0]})
    with pytest.raises(DataError, match="layers"):
        gradient_flow({})
    with pytest.raises(DataError, match="0 or above"):
        gradient_flow({"a": [-1.0]})
    with pytest.raises(DataError, match="one shape"):
        gradient_flow({"a": [1.0, 2.0]}, steps=[1, 2, 3])


@pytest.mark.parametrize("span", [0.0, 0.3, 2.0, 7.0, 40.0, 300.0])
def test_the_scale_holds_all_numbers_in_at_most_12_levels(span):
    logs = np.array([-3.2, -3.2 + span])
    low, width, count = scale(10.0**logs)
    assert 1 <= count <= 12
    assert low <= logs[0] + 1e-6
    assert low + count * width >= logs[1] - 1e-6
    assert low + (count - 1) * width <= logs[1] + 1e-6  # no level to spare


def test_runs_of_truths():
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert runs(np.array([False])) == []


def test_cells_of_a_level_become_one_path():
    from coursekit.visualization import new_panel

    _, axes = new_panel()
    draw_cells(axes, np.array([[0, 0, 1], [-1, 1, 1]]), [0, 1, 2, 3], [0.2, 0.8])
    boxes = [patch.get_path().to_polygons() for patch in axes.patches]
    assert [len(found) for found in boxes] == [1, 2]
    assert boxes[0][0][:, 0].min() == 0
    assert boxes[0][0][:, 0].max() == 2
    assert [patch.get_facecolor()[3] for patch in axes.patches] == [0.2, 0.8]


def test_a_median_of_nothing_is_a_ring_on_the_edge():
    picture = gradient_flow({"a": [0.0, 0.0, 2.0], "b": [0.0, 1.0, 2.0]})
    span, ring, _, dot = picture.panels[1].axes[0].lines
    assert span.get_xdata().tolist() == [2.0, 2.0]
    assert ring.get_markerfacecolor() == "none"
    assert dot.get_xdata().tolist() == [1.0]
    assert "a 0, b 1" in picture.state


def test_a_long_run_of_marks_is_thinned():
    picture = gradient_flow({"a": [1.0] * 20 + [np.nan] * 60, "b": [1.0] * 79 + [np.inf]})
    crosses = picture.panels[0].axes[0].lines[0].get_xydata()
    assert len(crosses[crosses[:, 1] == 0]) == 15
    assert crosses[:, 0].min() > 20
    assert crosses[-1].tolist() == [80, 1]
