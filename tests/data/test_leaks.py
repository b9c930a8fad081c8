"""Leaks, duplicates and the report of ``inspect``, against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit.data import ArrayDataset, DataSplits, find_duplicates, find_leaks, inspect, leak_check
from coursekit.errors import DataError


def drawn(rng: np.random.Generator, n: int, pool: np.ndarray) -> ArrayDataset:
    return ArrayDataset(pool[rng.integers(0, len(pool), n)], np.zeros(n, int))


def test_leaks_agree_with_brute_force() -> None:
    rng = np.random.default_rng(0)
    pool = rng.random((60, 4, 5, 3), dtype=np.float32)
    a, b = drawn(rng, 40, pool), drawn(rng, 50, pool)
    expected = []
    for j, image in enumerate(b.images):
        equal = [i for i, other in enumerate(a.images) if np.array_equal(image, other)]
        if equal:
            expected.append([equal[0], j])
    assert expected
    found = find_leaks(a, b)
    assert found.dtype == np.int64
    assert found.tolist() == expected


def test_colliding_fingerprints_are_no_leak() -> None:
    pixels = np.random.default_rng(0).random((6, 2, 2, 1), dtype=np.float32)
    a, b = ArrayDataset(pixels[[0, 1, 2]], np.zeros(3, int)), ArrayDataset(pixels[[5, 2]], np.zeros(2, int))
    # All fingerprints equal: only the comparison of the pixels can tell.
    a.__dict__["fingerprints"], b.__dict__["fingerprints"] = np.ones(3, np.uint64), np.ones(2, np.uint64)
    assert find_leaks(a, b).tolist() == [[2, 1]]


def test_nothing_shared_gives_no_pairs() -> None:
    rng = np.random.default_rng(0)
    a, b = (ArrayDataset(rng.random((9, 3, 3, 1), dtype=np.float32), np.zeros(9, int)) for _ in range(2))
    assert find_leaks(a, b).shape == (0, 2)
    report = leak_check(DataSplits(a, b, ArrayDataset(rng.random((2, 3, 3, 1)), [0, 0])))
    assert not report
    assert "No identical images" in str(report)


def test_leak_check_names_the_pairs() -> None:
    pixels = np.random.default_rng(0).random((20, 3, 3, 1), dtype=np.float32)
    whole = ArrayDataset(pixels, np.zeros(20, int))
    splits = DataSplits(whole[:10], whole[np.array([10, 3, 11])], whole[np.array([12, 9, 11])])
    report = leak_check(splits)
    assert report
    assert report.total == 3
    assert report.train_validation.tolist() == [[3, 1]]
    assert report.train_test.tolist() == [[9, 1]]
    assert report.validation_test.tolist() == [[2, 2]]
    assert "train[3] = validation[1]" in str(report)


def test_images_of_other_shapes_cannot_be_compared() -> None:
    a, b = (ArrayDataset(np.zeros((1, s, s, 1), np.float32), [0]) for s in (3, 4))
    with pytest.raises(DataError, match="resiz"):
        find_leaks(a, b)


def test_duplicates_agree_with_numpy() -> None:
    rng = np.random.default_rng(1)
    data = drawn(rng, 80, rng.random((30, 3, 3, 2), dtype=np.float32))
    _, first, inverse = np.unique(data.images.reshape(80, -1), axis=0, return_index=True, return_inverse=True)
    earlier = first[inverse.ravel()]
    expected = [[int(earlier[i]), i] for i in range(80) if earlier[i] != i]
    assert find_duplicates(data).tolist() == expected


def test_inspect_measures() -> None:
    rng = np.random.default_rng(2)
    pixels = rng.random((300, 6, 5, 3), dtype=np.float32)
    pixels[7] = pixels[3]
    pixels[9] = pixels[4]
    pixels[20] = np.array([0.1, 0.2, 0.3])
    labels = np.array([0] * 10 + [1] * 240 + [2] * 50)
    labels[9] = 2
    report = inspect(ArrayDataset(pixels, labels, ("a", "<b>", "c", "none"), name="set"))
    np.testing.assert_allclose(report.channel_mean, pixels.reshape(-1, 3).mean(axis=0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(report.channel_std, pixels.reshape(-1, 3).std(axis=0, dtype=np.float64), rtol=1e-10)
    assert report.value_range == (float(pixels.min()), float(pixels.max()))
    assert report.class_counts.tolist() == [9, 240, 51, 0]
    assert report.imbalance_ratio == pytest.approx(240 / 9)
    assert report.duplicates.tolist() == [[3, 7], [4, 9]]
    assert report.label_conflicts.tolist() == [[4, 9]]
    assert report.constant_images.tolist() == [20]
    text = str(report)
    for word in ("set", "240", "class_weights", "Classes without images: none", "another label", "flat colour"):
        assert word in text
    html = report._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert 'scope="col"' in html
    assert html.count("<caption>") == 2


def test_statistics_survive_a_large_offset() -> None:
    pixels = (np.random.default_rng(0).random((100, 4, 4, 1)) + 5000).astype(np.float32)
    with pytest.warns(UserWarning, match="divide by 255"):
        data = ArrayDataset(pixels, np.zeros(100, int))
    np.testing.assert_allclose(inspect(data).channel_std, pixels.std(dtype=np.float64), rtol=1e-6)


def test_inspect_finds_nothing_wrong_with_clean_data_and_takes_regression() -> None:
    pixels = np.random.default_rng(0).random((12, 4, 4, 1), dtype=np.float32)
    assert inspect(ArrayDataset(pixels, np.arange(12) % 3)).findings == ()
    report = inspect(ArrayDataset(pixels, np.linspace(0, 1, 12)))
    assert report.imbalance_ratio == 1
    assert "imbalance" not in str(report)
