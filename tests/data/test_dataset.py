"""ArrayDataset: what it accepts, what it says to the rest, selections, fingerprints."""

from __future__ import annotations

import dataclasses
import pickle
import warnings

import numpy as np
import pytest

from coursekit.data import ArrayDataset, DataSplits
from coursekit.errors import DataError, DataWarning


def images(n: int = 6, shape: tuple[int, ...] = (5, 7, 3), seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n, *shape), dtype=np.float32)


def test_holds_what_it_is_given_without_a_copy() -> None:
    pixels, labels = images(), np.array([0, 1, 2, 2, 2, 1])
    data = ArrayDataset(pixels, labels, ("a", "b", "c", "d"))
    assert data.images is pixels
    assert (len(data), data.input_shape, data.num_classes) == (6, (5, 7, 3), 4)
    assert data.class_counts().tolist() == [1, 2, 3, 0]
    assert data.labels.dtype == np.int64
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.name = "x"  # type: ignore[misc]  # the assignment is what is tested


def test_converts_what_needs_no_guess() -> None:
    data = ArrayDataset(images().astype(np.float64), np.array([0, 1, 0, 1, 0, 1], dtype=np.uint8))
    assert data.images.dtype == np.float32
    assert data.class_names == ("0", "1")
    whole_floats = ArrayDataset(images(), np.array([0.0, 1, 0, 1, 0, 1]), ("a", "b"))
    assert whole_floats.labels.dtype == np.int64
    fortran = ArrayDataset(np.asfortranarray(images()), np.zeros(6, int))
    assert fortran.images.flags.c_contiguous


@pytest.mark.parametrize(
    ("pixels", "labels", "names", "says"),
    [
        (images(shape=(3, 32, 32)), np.zeros(6, int), (), "transpose(0, 2, 3, 1)"),
        (images(shape=(1, 28, 28)), np.zeros(6, int), (), "channels first"),
        (images(shape=(8, 8)), np.zeros(6, int), (), "newaxis"),
        (images()[:0], np.zeros(0, int), (), "empty"),
        (images(), np.zeros(5, int), (), "6 images and labels of shape (5,)"),
        (images(), np.eye(3)[[0, 1, 2, 0, 1, 2]], (), "argmax"),
        (images(), np.eye(3, dtype=int)[[0, 1, 2, 0, 1, 2]], (), "argmax"),
        (images(), np.zeros((6, 1), int), (), "reshape(-1)"),
        (images(), np.array([0, 1, 2, 3, 2, 1]), ("a", "b", "c"), "label 3 at index 3 with 3 class names"),
        (images(), np.array([0, -1, 0, 0, 0, 0]), (), "negative label (-1) at index 1"),
        (images(), np.array([0.0, np.nan, 0, 0, 0, 0]), (), "NaN"),
        (images(), np.array([0.5, 1, 1, 1, 1, 1]), ("a", "b"), "regression"),
        (images(), np.array(list("abcabc")), (), "return_inverse"),
        (np.array([["a"]]), np.zeros(1, int), (), "dtype"),
        (images(), np.zeros(6, int), ("a", "a"), "twice"),
        (images(), np.zeros(6, int), "cat", "sequence of names"),
    ],
)
def test_bad_input_is_named_and_mended(
    pixels: np.ndarray, labels: np.ndarray, names: tuple[str, ...], says: str
) -> None:
    with pytest.raises(DataError) as caught:
        ArrayDataset(pixels, labels, names)
    assert says in str(caught.value)
    assert caught.value.expected
    assert caught.value.mend


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_located(value: float) -> None:
    pixels = images()
    pixels[4, 0, 0, 0] = value
    with pytest.raises(DataError, match="1 of 6 images, the first at index 4"):
        ArrayDataset(pixels, np.zeros(6, int))


@pytest.mark.parametrize("shape", [(4, 4, 64), (1, 1, 512), (8, 8, 2)])
def test_feature_maps_are_images_too(shape: tuple[int, ...]) -> None:
    assert ArrayDataset(images(shape=shape), np.zeros(6, int)).input_shape == shape


def test_unscaled_pixels_warn_and_keep_their_values() -> None:
    raw = np.arange(6 * 2 * 2 * 3, dtype=np.uint8).reshape(6, 2, 2, 3)
    with pytest.warns(DataWarning, match="divide by 255") as caught:
        data = ArrayDataset(raw, np.zeros(6, int))
    assert caught[0].filename == __file__
    assert data.images.dtype == np.float32
    np.testing.assert_array_equal(data.images, raw)
    with pytest.warns(DataWarning, match="divide by 255"):
        ArrayDataset(images() * 255, np.zeros(6, int))


def test_scaled_and_standardised_pixels_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ArrayDataset(images(), np.zeros(6, int))
        ArrayDataset((images() - 0.5) / 0.2, np.zeros(6, int))


def test_regression_targets() -> None:
    data = ArrayDataset(images(), np.linspace(0, 1, 6))
    assert (data.labels.dtype, data.class_names, data.num_classes) == (np.float32, (), 0)
    assert ArrayDataset(images(), np.linspace(0, 1, 12).reshape(6, 2)).labels.shape == (6, 2)
    with pytest.raises(DataError, match="regression"):
        data.class_counts()


def test_selections_carry_everything_along() -> None:
    masks = np.arange(6 * 5 * 7).reshape(6, 5, 7) % 4
    boxes = np.array([[i, i, i + 2, i + 1] for i in range(6)])
    labels = np.array([0, 1, 2, 0, 1, 2])
    data = ArrayDataset(images(), labels, name="n", boxes=boxes, masks=masks, true_labels=labels[::-1])
    for index in (slice(1, 4), np.array([4, 0, -1]), labels == 1, [2]):
        part = data[index]
        for field in ("images", "labels", "boxes", "masks", "true_labels"):
            np.testing.assert_array_equal(getattr(part, field), getattr(data, field)[index])
        assert (part.name, part.class_names) == ("n", data.class_names)
    assert np.shares_memory(data[1:4].images, data.images)
    image, label = data[np.int64(4)]
    assert image.shape == (5, 7, 3)
    assert label == 1
    assert [int(one) for _, one in data] == labels.tolist()
    for bad in (slice(3, 3), labels == 7, np.array([], dtype=int), np.array([True]), np.array([0.5])):
        with pytest.raises(DataError):
            data[bad]
    with pytest.raises(IndexError):
        data[6]


def test_boxes_and_masks_are_checked() -> None:
    labels = np.zeros(6, int)
    with pytest.raises(DataError, match=r"x \+ width"):
        ArrayDataset(images(), labels, boxes=np.tile([4.0, 4, 2, 2], (6, 1)))
    with pytest.raises(DataError, match=r"\(6, 4\)"):
        ArrayDataset(images(), labels, boxes=np.zeros((5, 4)))
    with pytest.raises(DataError, match=r"masks"):
        ArrayDataset(images(), labels, masks=np.zeros((6, 5, 7, 1), int))
    with pytest.raises(DataError, match=r"masks"):
        ArrayDataset(images(), labels, masks=np.zeros((6, 5, 7)))
    assert ArrayDataset(images(), labels, masks=np.zeros((6, 5, 7), bool)).masks.dtype == np.uint8


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 7, 3), (1, 1, 1), (64, 65, 4)])
def test_fingerprints_equal_exactly_for_equal_images(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    # Few levels, as in drawings, are the hard case for a hash over float bits.
    pool = rng.integers(0, 3, (40, *shape)).astype(np.float32) / 2
    pixels = pool[rng.integers(0, 40, 300)]
    _, expected = np.unique(pixels.reshape(300, -1), axis=0, return_inverse=True)
    prints = ArrayDataset(pixels, np.zeros(300, int)).fingerprints
    _, found = np.unique(prints, return_inverse=True)
    assert prints.dtype == np.uint64
    np.testing.assert_array_equal(expected[:, None].ravel()[:, None] == expected.ravel(), found[:, None] == found)


def test_fingerprints_do_not_collide_on_binary_drawings() -> None:
    bits = (np.arange(1 << 16)[:, None] >> np.arange(16)) & 1
    pixels = bits.reshape(-1, 4, 4, 1).astype(np.float32)
    assert len(np.unique(ArrayDataset(pixels, np.zeros(len(pixels), int)).fingerprints)) == 1 << 16


def test_fingerprints_ignore_place_and_the_sign_of_zero() -> None:
    pixels = images(50)
    pixels[3] = 0
    data = ArrayDataset(pixels, np.zeros(50, int))
    before = data[::-1].fingerprints
    np.testing.assert_array_equal(before, data.fingerprints[::-1])
    # Once computed they are handed on to selections, which must get their own part.
    np.testing.assert_array_equal(data[::-1].fingerprints, before)
    np.testing.assert_array_equal(data[[7, 2]].fingerprints, data.fingerprints[[7, 2]])
    np.testing.assert_array_equal(ArrayDataset(pixels[10:11], [0]).fingerprints, data.fingerprints[10:11])
    minus = ArrayDataset(-pixels[3:4], [0])
    assert np.signbit(minus.images).all()
    assert minus.fingerprints[0] == data.fingerprints[3]


def test_fingerprints_are_the_same_in_every_release() -> None:
    pixels = np.linspace(0, 1, 27, dtype=np.float32).reshape(1, 3, 3, 3)
    words = np.append(pixels.ravel(), np.float32(0)).view(np.uint64).tolist()
    total, state = 0, 0
    for word in words:
        # splitmix64, written once more with Python's integers.
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        mixed = word * 0xD1B54A32D192ED03 % 2**64
        total += ((z ^ (z >> 31)) | 1) * (mixed ^ (mixed >> 37))
    assert int(ArrayDataset(pixels, [0]).fingerprints[0]) == total % 2**64


def test_survives_pickling_and_prints_itself() -> None:
    data = ArrayDataset(images(), np.zeros(6, int), name="n", masks=np.zeros((6, 5, 7), int))
    again = pickle.loads(pickle.dumps(data))
    np.testing.assert_array_equal(again.images, data.images)
    assert repr(data) == "ArrayDataset('n', 6 images 5x7x3, 1 classes, masks)"


def test_splits_must_belong_together() -> None:
    data = ArrayDataset(images(), np.array([0, 1, 0, 1, 0, 1]))
    splits = DataSplits(data[:2], data[2:4], data[4:], "n")
    assert (splits.input_shape, splits.class_names, splits.num_classes) == ((5, 7, 3), ("0", "1"), 2)
    train, _, test = splits
    assert len(train) == len(test) == 2
    with pytest.raises(DataError, match="resize"):
        DataSplits(data, ArrayDataset(images(shape=(4, 4, 3)), np.array([0, 1, 0, 1, 0, 1])), data)
    with pytest.raises(DataError, match="class names"):
        DataSplits(data, data, ArrayDataset(images(), np.zeros(6, int), ("b", "a")))
