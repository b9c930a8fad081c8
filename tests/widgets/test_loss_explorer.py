from __future__ import annotations

import math

import numpy as np
import pytest

from coursekit.errors import ConfigurationError
from coursekit.widgets import LossExplorer
from coursekit.widgets.loss_explorer import cross_entropy_figures, describe_cross_entropy


def test_closed_form_of_two_classes():
    figures = cross_entropy_figures([2.0, 0.0], 1)
    p = 1 / (1 + math.exp(-2))
    assert figures.probabilities == pytest.approx([p, 1 - p])
    assert figures.loss == pytest.approx(math.log1p(math.exp(2)))
    assert figures.gradient == pytest.approx([p, -p])
    assert figures.least == 0


def test_gradient_is_the_slope_of_the_loss_with_smoothing():
    logits, h = np.array([0.3, -1.2, 2.0, 0.1]), 1e-6
    for label in range(4):
        figures = cross_entropy_figures(logits, label, 0.2)
        for at in range(4):
            step = np.eye(4)[at] * h
            rise = (
                cross_entropy_figures(logits + step, label, 0.2).loss
                - cross_entropy_figures(logits - step, label, 0.2).loss
            )
            assert figures.gradient[at] == pytest.approx(rise / (2 * h), abs=1e-8)
        assert figures.gradient == pytest.approx(figures.probabilities - figures.target)


def test_least_loss_is_reached_at_the_log_of_the_target():
    target = cross_entropy_figures([0.0, 0.0, 0.0], 2, 0.3).target
    assert target == pytest.approx([0.1, 0.1, 0.8])
    at_best = cross_entropy_figures(np.log(target), 2, 0.3)
    assert at_best.loss == pytest.approx(at_best.least)
    assert np.abs(at_best.gradient).max() < 1e-12
    assert "all but zero" in describe_cross_entropy(at_best, "abc", 2)


def test_state_follows_the_sliders():
    explorer = LossExplorer(("cat", "dog"), (0.0, 0.0), label="dog")
    assert "0.693 nats" in explorer.state
    before = explorer._drawn.value
    explorer.controls["logit0"].value = 3.0
    assert explorer._drawn.value != before
    assert "wrongly says cat (95%)" in explorer.state
    assert "raise the logit of dog" in explorer.state or "lower the logit of cat" in explorer.state
    explorer.controls["label"].value = 0
    assert "rightly says cat" in explorer.state
    explorer.controls["smoothing"].value = 0.5
    assert "the least that this smoothing allows" in explorer.state
    assert explorer.figures().target == pytest.approx([0.75, 0.25])


def test_bars_are_the_figures():
    explorer = LossExplorer(("a", "b", "c"), (1.0, 0.0, -1.0))
    left, right = (panel.axes[0] for panel in explorer._picture.panels)
    assert [bar.get_width() for bar in left.patches] == pytest.approx(list(explorer.figures().probabilities))
    assert [bar.get_width() for bar in right.patches] == pytest.approx(list(explorer.figures().gradient))
    assert [name.get_text() for name in left.get_yticklabels()] == ["▸ a", "b", "c"]


@pytest.mark.parametrize(
    "given",
    [
        {"classes": ("a",), "logits": (0.0,)},
        {"logits": (0.0,)},
        {"label": "cow"},
        {"classes": ("a", "b"), "logits": (0.0, 7.0)},
    ],
)
def test_what_does_not_fit_is_refused(given):
    with pytest.raises(ConfigurationError, match="Expected: 2 to 6"):
        LossExplorer(**given)
