"""Curves written by hand as SVG lie where matplotlib draws them, and say the same."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from coursekit.visualization import SERIES
from coursekit.widgets.live_picture import HEIGHT, Curve, LivePicture, Panel, _figure, panel_svg, ticks
from coursekit.widgets.run_figures import RunFigures, RunRecord, binned
from coursekit.widgets.run_picture import draw_run

X = np.array([0.0, 3.0, 7.0, 20.0])
SAMPLES = {
    "plain": Panel("loss", "step", [Curve("a", X, np.array([2.3, 0.5, 0.41, 0.1]), SERIES[0], marked=True)], 20.0),
    "negative": Panel("loss", "step", [Curve("a", X, np.array([-2.3, 0.5, 0.41, 0.1]), SERIES[1])], 25.0),
    "log": Panel("norm", "step", [Curve("a", X, np.array([1e-3, 0.5, 40.0, 0.1]), SERIES[2])], 20.0, log=True),
    "share": Panel("accuracy", "step", [Curve("a", X, np.array([0.1, 0.5, 0.8, 0.9]), SERIES[3])], 40.0, top=1.0),
}


def drawn_path(svg: str) -> np.ndarray:
    """The points of the last path, the curve's, from the lower left corner upwards."""
    root = ElementTree.fromstring(svg)
    path = [element.get("d") or "" for element in root.iter("path")][-1]
    points = np.array([[float(number) for number in point.split()] for point in re.split("[ML]", path)[1:]])
    return np.stack([points[:, 0], HEIGHT - points[:, 1]], axis=1)


@pytest.mark.parametrize("name", SAMPLES)
def test_points_lie_where_matplotlib_draws_them(name):
    panel = SAMPLES[name]
    figure = _figure(panel)
    figure.draw_without_rendering()
    axes, curve = figure.axes[0], panel.curves[0]
    expected = axes.transData.transform(np.stack([curve.x, curve.y], axis=1)) * 72 / figure.dpi
    # Margins of the two differ by a point: places are compared within the axes.
    box = axes.get_window_extent().get_points() * 72 / figure.dpi
    assert drawn_path(panel_svg(panel)) == pytest.approx(expected, abs=1.2)
    assert box[1, 1] == pytest.approx(HEIGHT - 27, abs=1.2)


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [np.inf, 1.0, np.nan, 2.0], [0.0, 0.0], [1e-300, 1e300]])
@pytest.mark.parametrize("log", [False, True])
def test_whatever_comes_out_of_a_run_can_be_drawn(values, log):
    curve = Curve("a <b>", np.arange(len(values), dtype=float), np.array(values, float), SERIES[0], marked=True)
    svg = panel_svg(Panel("t & t", "step", [curve, curve], 5.0, log=log))
    ElementTree.fromstring(svg)
    assert not re.search(r"\b(nan|inf)\b", svg)


def test_a_value_that_is_no_number_leaves_a_gap():
    curve = Curve("a", np.arange(4.0), np.array([1.0, np.nan, 2.0, 3.0]), SERIES[0])
    path = [e.get("d") or "" for e in ElementTree.fromstring(panel_svg(Panel("t", "x", [curve], 4.0))).iter("path")]
    assert path[-1].count("M") == 2
    assert path[-1].count("L") == 1


def test_a_rate_is_drawn_as_the_stairs_that_it_is():
    curve = Curve("", np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.5, 0.5]), SERIES[0], stairs=True)
    path = [e.get("d") or "" for e in ElementTree.fromstring(panel_svg(Panel("t", "x", [curve], 2.0))).iter("path")][-1]
    places = [float(number) for number in re.findall(r"[HV]([\d.]+)", path)]
    assert places[0] == pytest.approx(161.0)  # along the axis first, half of it: then down
    assert places[1] > float(path.split(" ")[1].split("H")[0])


@pytest.mark.parametrize(
    ("low", "high", "options", "expected"),
    [
        (0, 1, {}, [0, 0.25, 0.5, 0.75, 1]),
        (0, 2.415, {}, [0, 1, 2]),
        (0, 3, {"whole": True}, [0, 1, 2, 3]),
        (0, 1, {"whole": True}, [0, 1]),
        (0, 230, {"whole": True}, [0, 100, 200]),
        (-0.5, 0.5, {}, [-0.5, -0.25, 0, 0.25, 0.5]),
        (1e-3, 20, {"log": True}, [1e-3, 1e-2, 1e-1, 1, 10]),
        (0.8, 6, {"log": True}, [1, 2, 5]),
    ],
)
def test_ticks_are_round(low, high, options, expected):
    assert ticks(low, high, **options) == pytest.approx(expected)


def test_both_files_come_from_matplotlib():
    picture = LivePicture([SAMPLES["plain"], SAMPLES["log"]], alt="two curves", state="They fall.")
    assert b"<desc>They fall.</desc>" in picture.data("svg")
    assert picture.data("png").startswith(b"\x89PNG")
    assert "They fall." in picture.html()
    assert picture.html(style=False).startswith("<figure")


# The record ---------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 119, 120, 121, 1000, 12345])
def test_points_are_means_of_equal_runs_of_steps(count):
    values = np.random.default_rng(0).normal(size=count)
    at, means = binned(values)
    assert len(at) == len(means) <= 120
    size = -(-count // 120) or 1
    groups = [values[first : first + size] for first in range(0, count, size)]
    steps = [np.arange(count)[first : first + size] + 1 for first in range(0, count, size)]
    assert means == pytest.approx([group.mean() for group in groups])
    assert at == pytest.approx([group.mean() for group in steps])


class _Clock:
    """Time that passes only where it is said to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("costs", "most"), [(0.001, 40), (0.1, 5)])
def test_records_are_few_and_cheap(monkeypatch, costs, most):
    """Ten seconds of steps: four records a second at most, and a twentieth of the time at most."""
    clock = _Clock()
    monkeypatch.setattr("coursekit.widgets.run_figures.monotonic", clock)
    taken = []

    def changed() -> None:
        clock.now += costs
        taken.append(clock.now)

    record = RunRecord(changed, 1)
    monkeypatch.setattr(record, "_record", lambda _state: RunFigures(1))
    asked: list[bool] = []
    report: dict[str, dict[str, float]] = {}

    class Backend:
        def gradient_report(self):
            return report

        def observe_gradients(self, wanted):
            asked.append(wanted)

    class State:
        backend, step = Backend(), 0

    state: object = State()
    record.on_train_begin(state)
    while clock.now < 1010:
        clock.now += 0.002
        State.step += 1
        if asked[-1]:
            report = {"w": {"gradient": 1.0}}
        record.on_step_end(state)
    assert most * 0.8 <= len(taken) <= most + 2  # before the first step and after it there is one each
    assert (len(taken) - 2) * costs <= 0.05 * 10
    assert sum(asked) <= 42  # gradients are looked at as often, and not at each step


def test_the_sentence_says_why_a_run_ended():
    figures = RunFigures(3, epoch=2, step=8, steps=12, rate=np.array([1e-3]), stop_reason="val_loss has not improved")
    said = draw_run(figures, "finished").state
    assert said == (
        "Finished: epoch 2 of 3, step 8 of 12. It ended early: val_loss has not improved. Learning rate 0.001."
    )
