from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from coursekit.errors import ConfigurationError, DataError
from coursekit.training import History
from coursekit.visualization import LIGHT, Picture, history_curves, lines, new_panel, rate_curve, styled, trajectories


@styled
def example(text="0.37654"):
    figure, axes = new_panel()
    axes.plot([0, 1, 2], [0, 1, 0.5], color=LIGHT["series1"])
    axes.set_title(text)
    return Picture([figure, figure], alt='a "line" <up>', state="It rises & falls.")


def test_in_a_page_it_follows_the_theme_and_styles_nothing_else():
    html = example().html()
    assert "var(--ckf-series1," in html
    assert "var(--ckf-ink," in html
    drawing = html[html.index("<figure") :]
    assert "<style" not in drawing
    assert "<metadata" not in drawing
    bare = re.sub(r"var\(--ckf-\w+,#\w{6}\)", "", drawing)
    assert not [colour for colour in LIGHT.values() if colour in bare]


def test_words_are_there_and_escaped():
    html = example().html()
    assert 'role="img" aria-label="a &quot;line&quot; &lt;up&gt;"' in html
    assert "<figcaption>It rises &amp; falls.</figcaption>" in html


def test_numbers_that_are_read_keep_their_digits():
    assert ">0.37654<" in example().html()
    assert not re.search(r' d="[^"]*\d\.\d{3}', example().html())


def test_the_same_picture_is_the_same_bytes():
    assert example().svg() == example().svg()
    assert example().html() == example().html()


def test_references_inside_the_drawing_are_defined():
    html = example().html()
    used = set(re.findall(r"(?:url\(#|href=\"#)([\w-]+)", html))
    assert used
    assert used <= set(re.findall(r'id="([\w-]+)"', html))


def test_as_files():
    root = ElementTree.fromstring(example().svg())
    assert root.find("{http://www.w3.org/2000/svg}title").text == 'a "line" <up>'
    assert root.get("viewBox") == "0 0 576 216"
    image = Image.open(io.BytesIO(example().data("png")))
    assert image.size == (1152, 432)
    assert image.getpixel((0, 0))[:3] == (255, 255, 254)
    assert image.convert("L").getextrema()[0] < 100
    with pytest.raises(ConfigurationError, match="svg"):
        example().data("gif")


def test_a_picture_without_words_is_refused():
    with pytest.raises(ConfigurationError, match="alt"):
        Picture([new_panel()[0]], alt=" ")
    with pytest.raises(ConfigurationError):
        Picture([], alt="nothing")


def test_notebook_form():
    bundle = example()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "It rises" in bundle["text/plain"]


def history():
    return History.from_json(
        {
            "epochs": [1, 2, 3],
            "figures": {"loss": [1.0, 0.5, 0.2], "val_loss": [1.1, 0.7, 0.9], "learning_rate": [0.1, 0.1, 0.1]},
            "steps": {},
            "stop_reason": "",
        }
    )


def test_history_names_the_best_epoch():
    picture = history_curves(history())
    assert len(picture.panels) == 1
    assert picture.state == "Best validation loss 0.7 in epoch 2."
    drawn = picture.panels[0].axes[0].lines
    np.testing.assert_array_equal(drawn[0].get_ydata(), [1.0, 0.5, 0.2])
    np.testing.assert_array_equal(drawn[1].get_ydata(), [1.1, 0.7, 0.9])
    assert drawn[2].get_xydata().tolist() == [[2, 0.7]]


def test_history_of_one_figure_and_of_none():
    assert history_curves(history(), "learning_rate").state == "Learning rate ends at 0.1."
    with pytest.raises(DataError, match="fit"):
        history_curves(History())
    with pytest.raises(KeyError):
        history_curves(history(), "accurcy")


def test_lines_say_their_ends_and_refuse_what_does_not_fit():
    picture = lines([0, 1, 2], {"a": [1, 2, 3], "b": [3, 1, float("nan")]}, title="t", xlabel="step")
    assert picture.state == "a ends at 3; b ends at 1."
    with pytest.raises(DataError, match="2 values over 3"):
        lines([0, 1, 2], {"a": [1, 2]}, title="t", xlabel="step")
    with pytest.raises(DataError, match="told apart"):
        lines([0], {str(n): [0] for n in range(6)}, title="t", xlabel="step")


def test_rates():
    picture = rate_curve([0.1, 0.4, 0.01])
    assert picture.state == "From 0.1 over at most 0.4 to 0.01."
    drawn = picture.panels[0].axes[0].lines[0]
    assert drawn.get_xydata().tolist() == [[0, 0.1], [1, 0.4], [2, 0.01], [3, 0.01]]
    assert drawn.get_drawstyle() == "steps-post"
    assert rate_curve([0.1, 0.01]).state == "From 0.1 to 0.01."


def test_what_holds_is_drawn_as_stairs():
    picture = lines([0, 1, 2], {"step": [1.0, 1.0, 0.1]}, title="t", xlabel="epoch", hold=True)
    assert picture.panels[0].axes[0].lines[0].get_drawstyle() == "steps-post"


def test_paths_end_where_they_leave_the_finite():
    points = [[1.0, 1.0], [0.5, 0.25], [np.nan, 0.0], [9.0, 9.0]]
    picture = trajectories(lambda x, y: x**2 + y**2, {"SGD": points}, xlim=(-2, 2), ylim=(-2, 2), minima=[(0, 0)])
    assert picture.state == "SGD ends at loss 0.312"
    with pytest.raises(DataError, match=r"\(n, 2\)"):
        trajectories(lambda x, y: x + y, {"SGD": [1.0, 2.0]}, xlim=(0, 1), ylim=(0, 1))
