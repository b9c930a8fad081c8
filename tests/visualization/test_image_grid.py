from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from coursekit.errors import DataError
from coursekit.visualization import images
from coursekit.visualization.image_grid import mask_outline

RNG = np.random.default_rng(0)
GREY = RNG.random((3, 4, 6, 1))


def shown(picture):
    return picture.panels[0].axes[0].images


def place(picture, image):
    """(left, top, pixel width, pixel height) of a drawn image, in the panel's units."""
    left, right, bottom, top = shown(picture)[image].get_extent()
    height, width = shown(picture)[image].get_array().shape[:2]
    return left, top, (right - left) / width, (bottom - top) / height


def test_the_pixels_are_drawn_as_they_are():
    drawn = shown(images(GREY))
    assert len(drawn) == 3
    for image, given in zip(drawn, GREY, strict=True):
        np.testing.assert_array_equal(image.get_array(), np.repeat(np.round(255 * given), 3, 2))
    colours = RNG.random((1, 5, 5, 3))
    np.testing.assert_array_equal(shown(images(colours))[0].get_array(), np.round(255 * colours[0]))


def test_in_the_svg_too_unscaled_and_upright():
    html = images(GREY[:1]).html()
    found = re.findall(r"base64,\s*([A-Za-z0-9+/=\s]+)\"", html)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(found[0]))))
    np.testing.assert_array_equal(pixels[..., 0], np.round(255 * GREY[0, ..., 0]))
    assert "pixelated" in html


def test_an_image_keeps_its_size_in_the_page():
    html = images(RNG.random((1, 175, 175, 3))).html()
    scale = float(re.search(r"matrix\(([\d.]+)", html)[1])
    # 1.5 inches are 108 points; a hundredth of a point more or less for each of 175 pixels would be seen.
    assert abs(scale * 175 - 108) < 0.1


def test_rows_and_shape():
    picture = images(np.zeros((10, 4, 8, 1)), columns=4)
    corners = [place(picture, index)[:2] for index in range(10)]
    assert len({round(left, 6) for left, _ in corners}) == 4
    assert len({round(top, 6) for _, top in corners}) == 3
    _, _, width, height = place(picture, 0)
    assert abs(width - height) < 1e-9  # pixels are squares
    assert picture.state == "10 images of 4 \N{MULTIPLICATION SIGN} 8 pixels, grey."


def test_titles_stand_over_their_images_and_long_ones_are_cut():
    picture = images(
        GREY, titles=["a", None, "a title that is far too long to fit over an image of this size, by any means"]
    )
    texts = [text.get_text() for text in picture.panels[0].axes[0].texts]
    assert texts[0] == "a"
    assert len(texts) == 2
    assert texts[1].count("\n") == 1
    assert texts[1].endswith("…")
    assert picture.alt.startswith("3 images, a, a title that")


def test_boxes_lie_on_their_pixels():
    boxes = [np.zeros((0, 4)), [1, 0, 5, 3], [[0, 0, 6, 4], [2, 1, 3, 2]]]
    picture = images(GREY, boxes=boxes)
    paths = [patch.get_path() for patch in picture.panels[0].axes[0].patches if len(patch.get_path()) == 15]
    assert len(paths) == 2  # the line, and its ground
    polygons = paths[1].to_polygons()
    for polygon, (index, box) in zip(polygons, [(1, boxes[1]), (2, boxes[2][0]), (2, boxes[2][1])], strict=True):
        left, top, width, height = place(picture, index)
        low, high = polygon.min(0), polygon.max(0)
        np.testing.assert_allclose(low, [left + box[0] * width, top + box[1] * height])
        np.testing.assert_allclose(high, [left + box[2] * width, top + box[3] * height])
    assert "3 boxes" in picture.state


def test_named_boxes_have_a_legend():
    boxes = {"truth": np.array([[0, 0, 2, 2]] * 3), "predicted": np.array([[1, 1, 3, 3]] * 3)}
    picture = images(GREY, boxes=boxes)
    assert [text.get_text() for text in picture.panels[0].legends[0].get_texts()] == ["truth", "predicted"]
    assert "boxes (truth, predicted)" in picture.alt


def test_the_outline_of_a_mask():
    mask = np.zeros((5, 6), dtype=bool)
    mask[1:3, 2:6] = True
    expected = {((2, 1), (6, 1)), ((2, 3), (6, 3)), ((2, 1), (2, 3)), ((6, 1), (6, 3))}
    assert set(mask_outline(mask)) == expected
    assert mask_outline(np.zeros((3, 3), dtype=bool)) == []


def test_masks_are_tinted_where_they_are():
    mask = np.zeros((3, 4, 6))
    mask[0, 1, 2] = 1
    picture = images(GREY, masks=mask)
    tint = shown(picture)[1].get_array()
    assert tint[1, 2, 3] == 0.45
    assert tint[..., 3].sum() == 0.45
    assert picture.state.endswith("masks cover 1 % of the pixels.")


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 4, 4)), "channel"),
        (np.zeros((2, 3, 8, 8)), "transpose"),
        (np.full((1, 2, 2, 3), 255.0), "divide by 255"),
        (np.full((1, 2, 2, 1), np.nan), "numbers in"),
        (np.zeros((0, 2, 2, 1)), "1 to 96"),
        (np.zeros((97, 2, 2, 1)), "images\\[:16\\]"),
    ],
)
def test_what_is_no_image_is_refused(array, words):
    with pytest.raises(DataError, match=words):
        images(array)


def test_what_does_not_belong_is_refused():
    with pytest.raises(DataError, match="one title each"):
        images(GREY, titles=["a"])
    with pytest.raises(DataError, match="x1, y1, x2, y2"):
        images(GREY, boxes=[[0, 0, 1]] * 3)
    with pytest.raises(DataError, match="for 3 images"):
        images(GREY, boxes={"truth": [[0, 0, 1, 1]]})
    with pytest.raises(DataError, match="masks > 0"):
        images(GREY, masks=np.full((3, 4, 6), 2))
    with pytest.raises(DataError, match="masks of the shape"):
        images(GREY, masks=np.zeros((3, 4, 5)))
