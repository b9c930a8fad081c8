"""Several runs on one scale."""

from __future__ import annotations

import math

import pytest

from coursekit.errors import DataError
from coursekit.training import History
from coursekit.visualization.run_grid import run_grid


def _run(losses, validation=None):
    run = History()
    for epoch, loss in enumerate(losses, 1):
        run.append(epoch, {"loss": loss} | ({} if validation is None else {"val_loss": validation[epoch - 1]}))
    return run


def test_a_panel_per_run_on_one_scale():
    picture = run_grid({"A": _run([1.0, 0.5], [1.1, 0.7]), "B": _run([2.0, 1.0])})
    axes = [panel.axes[0] for panel in picture.panels]
    assert [one.get_title("left") for one in axes] == ["A", "B"]
    assert len({one.get_ylim() for one in axes}) == 1
    assert axes[0].get_ylim()[1] == pytest.approx(1.12 * 2.0)
    assert picture.state == "Last epoch, training and validation. A: 0.5 and 0.7; B: 1."


def test_what_is_above_the_scale_is_marked_at_its_edge():
    picture = run_grid({"A": _run([1.0, 80.0, math.nan]), "B": _run([1.0, 0.5, 0.2])})
    axes = picture.panels[0].axes[0]
    marks = next(line for line in axes.lines if line.get_marker() == "^")
    assert list(marks.get_xdata()) == [2, 3]
    assert set(marks.get_ydata()) == {axes.get_ylim()[1]} == {2.5}
    assert "A: no number" in picture.state


def test_validation_can_be_missing_and_another_figure_asked_for():
    run = History()
    run.append(1, {"accuracy": 0.5, "val_accuracy": 0.25})
    assert "0.5 and 0.25" in run_grid({"A": run}, figure="accuracy", top=1.0).state
    with pytest.raises(KeyError):
        run_grid({"A": run}, figure="loss")


@pytest.mark.parametrize("runs", [{}, {"A": History()}])
def test_nothing_to_draw(runs):
    with pytest.raises(DataError, match=r"no run|runs without epochs: A"):
        run_grid(runs)
