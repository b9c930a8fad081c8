from __future__ import annotations

import numpy as np
import pytest

from coursekit.visualization import lines, new_panel, styled
from coursekit.visualization.legends import arrange

X = list(range(40))


def boxes(picture):
    """(axes' size in inches, panel's height)"""
    figure = picture.panels[0]
    box = figure.axes[0].get_position()
    width, height = figure.get_size_inches()
    return (round(box.width * width, 6), round(box.height * height, 6)), height


def test_names_stay_inside_where_there_is_room():
    picture = lines(X, {"low": [0.0] * 40, "lower": [1.0] * 39 + [9.0]}, title="t", xlabel="step")
    assert picture.panels[0].axes[0].get_legend() is not None
    assert not picture.panels[0].legends


def test_names_go_below_where_curves_are_everywhere():
    crowd = {f"curve number {n}": 10 * np.sin(np.array(X) * (n + 1)) for n in range(5)}
    picture = lines(X, crowd, title="t", xlabel="step")
    assert picture.panels[0].axes[0].get_legend() is None
    assert [text.get_text() for text in picture.panels[0].legends[0].get_texts()] == list(crowd)
    size, height = boxes(picture)
    alone_size, alone_height = boxes(lines(X, {"one": [1.0] * 40}, title="t", xlabel="step"))
    assert size == alone_size
    assert height > alone_height


def test_a_curve_that_only_passes_through_is_seen():
    # No point of the line lies in the corner, where the names would be; the line between two points does.
    zigzag = lines(
        [0.0, 1.0], {"a": [0.0, 1.0], "b": [1.0, 0.0], "c": [0.5, 0.5], "d": [0.2, 0.9]}, title="t", xlabel="x"
    )
    assert zigzag.panels[0].legends


def test_columns_that_fit():
    assert arrange(["SGD", "Adam"], 4.0) == (1, 2)
    assert arrange(["a name of thirty letters or so"] * 3, 4.0) == (3, 1)
    assert arrange(["abcdefgh"] * 5, 4.0) == (2, 3)


@styled
def ticks(low, high):
    from coursekit.visualization.style import plain_log_ticks

    figure, axes = new_panel()
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    plain_log_ticks(axes.yaxis)
    figure.draw_without_rendering()
    return [label.get_text() for value, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
            if low <= value <= high]  # fmt: skip


def test_a_logarithmic_axis_is_never_without_numbers():
    assert ticks(0.15, 1.3) == ["0.2", "0.5", "1"]
    assert ticks(1e-6, 1.0)[0] == "10⁻⁶"
    assert len(ticks(1e-6, 1.0)) <= 7


def test_ticks_of_the_callers_own_stay():
    from coursekit.visualization.style import plain_log_ticks

    _, axes = new_panel()
    axes.set_yscale("log")
    axes.set_yticks([1.0, 100.0])
    plain_log_ticks(axes.yaxis)
    assert axes.get_yticks().tolist() == [1, 100]


@pytest.mark.parametrize(
    ("x", "values", "said"),
    [
        ([0.0, 0.5, 1.0], [3.0, 2.0, 1.0], "a: 3 at 0, 1 at 1."),
        ([0.0, 0.5, 1.0], [3.0, 0.5, 1.0], "a: 3 at 0, 1 at 1, least 0.5 at 0.5."),
        ([0.5, 1.5, 2.5], [1.0, 4.0, 1.0], "a: 1 at 0.5, 1 at 2.5, most 4 at 1.5."),
        ([0.5, 1.5], [float("nan")] * 2, "a is nowhere finite."),
        ([1, 2], [4.0, 2.0], "a ends at 2."),
    ],
)
def test_what_is_no_course_of_time_is_said_from_end_to_end(x, values, said):
    assert lines(x, {"a": values}, title="t", xlabel="x").state == said


def test_words_of_ones_own_and_a_logarithmic_width():
    picture = lines([1e-4, 1e-2], {"a": [1, 2]}, title="t", xlabel="rate", log_x=True, state="It rises.")
    assert picture.state == "It rises."
    assert picture.panels[0].axes[0].get_xscale() == "log"
