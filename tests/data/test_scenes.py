"""The procedural scenes: exact boxes and masks, the knobs, and that the task is learnable but not trivial."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from coursekit.data import ArrayDataset, draw_scenes, find_leaks, load
from coursekit.data.sources._paint import DOMAINS, hsv
from coursekit.data.sources._shapes import SHAPES
from coursekit.data.sources.scenes import mask_boxes
from coursekit.errors import ConfigurationError, DataError


def test_layout() -> None:
    data = draw_scenes(40, classes=8, size=24)
    assert data.images.shape == (40, 24, 24, 3)
    assert (data.images.dtype, data.masks.dtype, data.boxes.dtype) == (np.float32, np.uint8, np.float32)
    assert 0 <= data.images.min() < data.images.max() <= 1
    assert data.class_names == tuple(SHAPES)
    assert data.class_counts().tolist() == [5] * 8
    np.testing.assert_array_equal(data.true_labels, data.labels)


@pytest.mark.parametrize("size", [16, 33, 64])
def test_boxes_are_tight_around_the_masks(size: int) -> None:
    data = draw_scenes(64, classes=8, size=size, seed=3)
    for mask, box, label in zip(data.masks, data.boxes, data.labels, strict=True):
        rows, columns = np.nonzero(mask)
        assert box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert set(np.unique(mask)) == {0, label + 1}
        assert min(box) >= 1
        assert max(box) <= size - 1


def test_boxes_of_hand_drawn_masks() -> None:
    masks = np.zeros((2, 5, 7), int)
    masks[0, 2, 3] = 1
    masks[1, 0, 6] = masks[1, 4, 0] = 2
    assert mask_boxes(masks).tolist() == [[3, 2, 4, 3], [0, 0, 7, 5]]


def test_masks_hold_the_drawn_pixels() -> None:
    # With everything but the paint taken away, painted and masked pixels have to be the same.
    data = draw_scenes(40, classes=8, size=48, domain="sketch", seed=1)
    ink = 1 - data.images.mean(axis=-1)
    for mask, darkness in zip(data.masks, ink, strict=True):
        inside = mask > 0
        edge = inside & ~(
            np.roll(inside, 1, 0) & np.roll(inside, -1, 0) & np.roll(inside, 1, 1) & np.roll(inside, -1, 1)
        )
        assert darkness[edge].mean() > 2 * darkness[~inside].mean()


@pytest.mark.parametrize(("name", "area"), [("disc", np.pi * 0.88**2), ("square", 1.4**2), ("ring", np.pi * 0.56)])
def test_shapes_have_their_areas(name: str, area: float) -> None:
    axis = np.linspace(-1.2, 1.2, 1201, dtype=np.float32)
    u, v = np.meshgrid(axis, axis)
    assert (SHAPES[name](u, v) <= 0).mean() * 2.4**2 == pytest.approx(area, rel=5e-3)


@pytest.mark.parametrize("name", list(SHAPES))
def test_shapes_lie_in_the_unit_circle_with_true_distances_at_the_outline(name: str) -> None:
    axis = np.linspace(-1.3, 1.3, 401, dtype=np.float32)
    u, v = np.meshgrid(axis, axis)
    distance = SHAPES[name](u, v)
    assert distance.dtype == np.float32
    assert np.hypot(u, v)[distance <= 0].max() <= 1.01
    step = float(axis[1] - axis[0])
    slope = np.hypot(*np.gradient(distance.astype(float), step))
    near = np.abs(distance) < 0.02
    assert np.median(slope[near]) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("name", "turns"), [("star", 5), ("triangle", 3), ("square", 4), ("cross", 4), ("stripes", 2)])
def test_shapes_have_their_symmetries(name: str, turns: int) -> None:
    points = np.random.default_rng(0).uniform(-1, 1, 4000) + 1j * np.random.default_rng(1).uniform(-1, 1, 4000)
    turned = points * np.exp(2j * np.pi / turns)
    first, second = (SHAPES[name](p.real.astype(np.float32), p.imag.astype(np.float32)) <= 0 for p in (points, turned))
    assert 0.1 < first.mean() < 0.9
    assert (first == second).mean() > 0.999


def test_hsv_agrees_with_the_standard_library() -> None:
    import colorsys

    hsv_values = np.random.default_rng(0).random((50, 3)).astype(np.float32)
    ours = hsv(*hsv_values.T)[:, :, 0, 0]
    np.testing.assert_allclose(ours, [colorsys.hsv_to_rgb(*map(float, row)) for row in hsv_values], atol=1e-6)


def test_the_seed_decides_everything() -> None:
    first, again, other = (draw_scenes(20, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.images, again.images)
    assert hashlib.sha256(first.images.tobytes()).digest() != hashlib.sha256(other.images.tobytes()).digest()
    assert len(find_leaks(first, other)) == 0


def test_domains_differ_in_light_and_not_in_labels() -> None:
    brightness = {name: draw_scenes(200, domain=name).images.mean() for name in DOMAINS}
    assert brightness["night"] < 0.25 < brightness["default"] < brightness["sketch"]
    spread = {name: draw_scenes(200, domain=name).images.std(axis=(1, 2)).mean() for name in DOMAINS}
    assert spread["fog"] < 0.6 * spread["default"]


def test_load_splits_with_imbalance_and_label_noise() -> None:
    splits = load("scenes", classes=3, n=600, size=16, imbalance=(10, 3, 1), label_noise=0.2, seed=4)
    total = sum((part.class_counts() for part in (splits.validation, splits.test)), np.zeros(3, int))
    total = total + np.bincount(splits.train.true_labels, minlength=3)
    assert total.tolist() == [429, 128, 43]
    wrong = splits.train.labels != splits.train.true_labels
    assert wrong.sum() == round(0.2 * len(splits.train))
    for part in (splits.validation, splits.test):
        np.testing.assert_array_equal(part.labels, part.true_labels)
    masked = splits.train.masks.reshape(len(splits.train), -1).max(axis=1) - 1
    np.testing.assert_array_equal(masked, splits.train.true_labels)


def test_classes_by_name() -> None:
    assert draw_scenes(10, classes=["star", "disc"]).class_names == ("star", "disc")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"classes": 1}, "2 to 8"),
        ({"classes": 9}, "2 to 8"),
        ({"classes": ["disc", "sqare"]}, "'square'"),
        ({"classes": ["disc", "disc"]}, "different"),
        ({"size": 8}, "16 to 512"),
        ({"imbalance": (1, 2)}, "one positive number per class"),
        ({"imbalance": (1, 2, 0)}, "one positive number per class"),
        ({"domain": "nigth"}, "'night'"),
        ({"label_noise": 1.0}, "label_noise"),
        ({"n": 2}, "n=2"),
    ],
)
def test_bad_knobs(options: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        load("scenes", **options)
    with pytest.raises(DataError, match="at least 3"):
        load("scenes", n=7)


def test_a_linear_model_is_not_enough() -> None:
    from sklearn.linear_model import RidgeClassifier

    splits = load("scenes", n=1500, size=16)
    flat: list[ArrayDataset] = [splits.train, splits.test]
    (train, test) = (part.images.reshape(len(part), -1) for part in flat)
    score = RidgeClassifier(10.0).fit(train, splits.train.labels).score(test, splits.test.labels)
    assert score < 0.7
