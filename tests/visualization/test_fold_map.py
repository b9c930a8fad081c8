from __future__ import annotations

import numpy as np
import pytest

from coursekit.errors import DataError
from coursekit.visualization import folds
from coursekit.visualization.fold_map import shares

LABELS = np.repeat([0, 1, 2], 4)
SORTED = [np.arange(0, 4), np.arange(4, 8), np.arange(8, 12)]
EVEN = [np.array([0, 4, 8, 9]), np.array([1, 2, 5, 10]), np.array([3, 6, 7, 11])]


def table(picture, folds_count):
    numbers = [int(text.get_text()) for text in picture.panels[1].axes[0].texts]
    return np.array(numbers).reshape(folds_count, -1)


def test_the_table_counts_classes():
    np.testing.assert_array_equal(table(folds(SORTED, LABELS), 3), 4 * np.eye(3))
    np.testing.assert_array_equal(table(folds(EVEN, LABELS), 3), [[1, 1, 2], [2, 1, 1], [1, 2, 1]])


def test_a_missing_class_is_said():
    picture = folds(SORTED, LABELS, class_names=["disc", "square", "star"])
    assert "Each of the 12 samples is validated exactly once." in picture.state
    assert "differs by at most 4" in picture.state
    assert "Fold 1 has no square" in picture.state
    assert "2 more gaps" in picture.state
    assert "no" not in folds(EVEN, LABELS).state.split("Between")[1]


def test_where_samples_come_from():
    np.testing.assert_array_equal(shares(SORTED, 12), np.repeat(np.eye(3), 4, axis=1))
    axes = folds(SORTED, LABELS).panels[0].axes[0]
    (patch,) = axes.patches
    found = sorted(
        (box[:, 1].mean().round(), box[:, 0].min(), box[:, 0].max()) for box in patch.get_path().to_polygons()
    )
    assert [(low, high) for _, low, high in found] == [(0, 4), (4, 8), (8, 12)]


def test_of_many_samples_the_share_of_each_stretch():
    share = shares([np.arange(0, 6000, 5)], 6000)
    assert share.shape == (1, 120)
    np.testing.assert_allclose(share, 0.2)
    uneven = shares([np.arange(0, 1000)], 1000)
    np.testing.assert_allclose(uneven, 1)


def test_never_and_twice_are_said():
    assert "4 of 12 samples are never validated, 0 more than once" in folds(SORTED[:2], LABELS).state
    assert "4 of 12 samples are never validated, 4 more than once" in folds([*SORTED[:2], SORTED[0]], LABELS).state


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match="0 to 11"):
        folds([np.array([12])], LABELS)
    with pytest.raises(DataError, match="sets of indices"):
        folds([np.array([True] * 12)], LABELS)
    with pytest.raises(DataError, match="classes 0, 1"):
        folds(SORTED, LABELS.astype(float))
    with pytest.raises(DataError, match="2 names for 3 classes"):
        folds(SORTED, LABELS, class_names=["a", "b"])
    with pytest.raises(DataError, match="1 to 12"):
        folds([], LABELS)


def test_all_of_them_and_some_twice():
    assert "0 of 12 samples are never validated, 4 more than once" in folds([*SORTED, SORTED[0]], LABELS).state


def test_the_difference_is_between_folds_and_not_between_classes():
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    assert (
        "Each fold has as many of a class as every other"
        in folds([np.array([0, 1, 2, 6]), np.array([3, 4, 5, 7])], labels).state
    )
