from __future__ import annotations

import io
import math

import pytest
from PIL import Image

from coursekit.errors import ConfigurationError
from coursekit.widgets import LossExplorer, OptimizerRace, ScheduleExplorer

EXPLORERS = [LossExplorer, OptimizerRace, ScheduleExplorer]


@pytest.mark.parametrize("kind", EXPLORERS, ids=lambda kind: kind.__name__)
def test_every_explorer_has_a_picture_words_and_native_controls(kind):
    explorer = kind()
    assert Image.open(io.BytesIO(explorer.picture())).size[0] > 900
    assert explorer.picture("svg").startswith(b"<svg")
    with pytest.raises(ConfigurationError):
        explorer.picture("jpeg")
    assert len(explorer.alt) > 30
    assert len(explorer.state) > 30
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert 'role="img" aria-label="' in bundle["text/html"]
    assert explorer.state in bundle["text/plain"]
    for name, control in explorer.controls.items():
        assert control.description, name
        assert control.keys is not None
    layouts = [control.layout.model_id for control in explorer.controls.values()]
    assert len(set(layouts)) == len(layouts), "a shared layout hides all controls together"


@pytest.mark.parametrize("kind", EXPLORERS, ids=lambda kind: kind.__name__)
def test_sliders_begin_where_a_browser_leaves_them(kind):
    for name, control in kind().controls.items():
        if hasattr(control, "step"):
            at = math.log10(control.value) if hasattr(control, "base") else control.value
            steps = (at - control.min) / control.step
            assert steps == pytest.approx(round(steps), abs=1e-6), name
            assert control.min <= at <= control.max


@pytest.mark.parametrize("kind", EXPLORERS, ids=lambda kind: kind.__name__)
def test_a_picture_stays_as_it_was_when_the_controls_move_on(kind):
    explorer = kind()
    kept, before = explorer._picture, explorer._picture.html()
    first = next(one for one in explorer.controls.values() if hasattr(one, "step") and one.layout.display != "none")
    first.value = first.max
    assert explorer._drawn.value != before
    assert kept.html() == before
