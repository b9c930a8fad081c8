"""Splits: disjoint, complete, proportional; scikit-learn's counts as oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.data import ArrayDataset, k_fold, stratified_split
from coursekit.errors import ConfigurationError, DataError


def numbered(labels: np.ndarray, names: tuple[str, ...] = ()) -> ArrayDataset:
    """Image i has the value i everywhere, so that a selection tells which images it holds."""
    labels = np.asarray(labels)
    pixels = np.arange(len(labels), dtype=np.float32).reshape(-1, 1, 1, 1) - len(labels)
    return ArrayDataset(np.clip(pixels / (len(labels) + 1), -1, 0), labels, names)


def members(part: ArrayDataset, n: int) -> list[int]:
    return np.rint(part.images.ravel() * (n + 1) + n).astype(int).tolist()


@st.composite
def label_sets(draw: st.DrawFn) -> np.ndarray:
    counts = draw(st.lists(st.integers(3, 60), min_size=1, max_size=12))
    labels = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(draw(st.integers(0, 99))).permutation(labels)


@given(label_sets(), st.sampled_from([(0.7, 0.15, 0.15), (0.8, 0.1, 0.1), (0.34, 0.33, 0.33), (0.6, 0.3, 0.1)]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_stratified_split_is_complete_disjoint_and_proportional(
    labels: np.ndarray, fractions: tuple[float, float, float]
) -> None:
    data, n = numbered(labels), len(labels)
    splits = stratified_split(data, fractions, seed=3)
    held = [members(part, n) for part in splits]
    assert sorted(held[0] + held[1] + held[2]) == list(range(n))
    counts = data.class_counts()
    for part, fraction in zip(splits, fractions, strict=True):
        np.testing.assert_array_equal(part.labels, labels[members(part, n)])
        quota = counts * fraction
        large = counts * min(fractions) >= 1
        assert (np.abs(part.class_counts() - quota)[large] < 1).all()
        assert (part.class_counts() >= 1).all()


@pytest.mark.parametrize("per_class", [10, 11, 13, 20, 33])
def test_rounding_does_not_pile_up_in_one_set(per_class: int) -> None:
    labels = np.repeat(np.arange(50), per_class)
    for part, fraction in zip(stratified_split(numbered(labels)), (0.7, 0.15, 0.15), strict=True):
        assert abs(len(part) - fraction * len(labels)) <= 1


def test_counts_agree_with_scikit_learn() -> None:
    from sklearn.model_selection import train_test_split

    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(4), [100, 40, 20, 400]))
    train, test = train_test_split(np.arange(560), test_size=0.15, stratify=labels, random_state=0)
    splits = stratified_split(numbered(labels))
    np.testing.assert_array_equal(splits.test.class_counts(), np.bincount(labels[test]))
    merged = splits.train.class_counts() + splits.validation.class_counts()
    np.testing.assert_array_equal(merged, np.bincount(labels[train]))


def test_the_seed_decides_and_the_order_is_mixed() -> None:
    data = numbered(np.repeat([0, 1, 2], 40))
    first, again, other = (stratified_split(data, seed=seed).train for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.images, again.images)
    assert set(members(first, 120)) != set(members(other, 120))
    assert (np.diff(first.labels) != 0).sum() > 20


def test_names_of_absent_classes_are_kept() -> None:
    splits = stratified_split(numbered(np.repeat([0, 2], 10), ("a", "b", "c")))
    assert splits.num_classes == 3
    assert splits.train.class_counts().tolist() == [7, 0, 7]


def test_regression_is_split_at_random() -> None:
    splits = stratified_split(numbered(np.linspace(0, 1, 40)))
    assert [len(part) for part in splits] == [28, 6, 6]


@pytest.mark.parametrize("fractions", [(0.7, 0.3), (0.7, 0.2, 0.2), (1.0, 0.0, 0.0), (0.8, 0.3, -0.1)])
def test_impossible_fractions(fractions: tuple[float, ...]) -> None:
    with pytest.raises(ConfigurationError, match="fractions"):
        stratified_split(numbered(np.zeros(20, int)), fractions)


def test_classes_too_small_for_three_sets_are_named() -> None:
    labels = np.array([0] * 10 + [1] * 2)
    with pytest.raises(DataError, match=r"'rare' \(2\)"):
        stratified_split(numbered(labels, ("common", "rare")))


@given(label_sets(), st.integers(2, 3), st.booleans())
@settings(max_examples=80, deadline=None, derandomize=True)
def test_every_image_is_validated_exactly_once(labels: np.ndarray, k: int, stratified: bool) -> None:
    data, n = numbered(labels), len(labels)
    folds = k_fold(data, k, seed=5, stratified=stratified)
    assert len(folds) == k
    validated: list[int] = []
    for train, validation in folds:
        assert sorted(members(train, n) + members(validation, n)) == list(range(n))
        validated += members(validation, n)
        assert len(validation) in (n // k, n // k + 1)
        if stratified:
            assert (np.abs(validation.class_counts() - data.class_counts() / k) < 1).all()
    assert sorted(validated) == list(range(n))


def test_folds_have_scikit_learns_class_counts() -> None:
    from sklearn.model_selection import StratifiedKFold

    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(3), [50, 25, 10]))
    folds = k_fold(numbered(labels), 5)
    ours = [validation.class_counts().tolist() for _, validation in folds]
    split = StratifiedKFold(5, shuffle=True, random_state=0).split(labels, labels)
    assert ours == [np.bincount(labels[test]).tolist() for _, test in split]


def test_folds_can_be_read_twice_and_by_number() -> None:
    folds = k_fold(numbered(np.repeat([0, 1], 10)), 4, seed=1)
    np.testing.assert_array_equal(folds[-1][1].images, list(folds)[3][1].images)
    assert len(folds[1:3]) == 2
    assert sorted(np.concatenate(folds.indices).tolist()) == list(range(20))
    with pytest.raises(IndexError):
        folds[4]


def test_impossible_folds() -> None:
    data = numbered(np.array([0] * 10 + [1] * 3), ("a", "b"))
    with pytest.raises(ConfigurationError, match="k=1"):
        k_fold(data, 1)
    with pytest.raises(DataError, match=r"'b' \(3\).*stratified=False"):
        k_fold(data, 5)
    assert len(k_fold(data, 5, stratified=False)) == 5
    with pytest.raises(DataError, match="13"):
        k_fold(data, 14, stratified=False)
