"""Class weights against scikit-learn; balanced sampling by counting."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit.data import ArrayDataset, BalancedSampler, class_weights
from coursekit.errors import ConfigurationError, DataError

LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(3), [200, 31, 9]))


def test_weights_are_scikit_learns_balanced_ones() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    expected = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    weights = class_weights(LABELS, 3)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    assert weights[LABELS].sum() == pytest.approx(len(LABELS))
    data = ArrayDataset(np.zeros((240, 1, 1, 1), np.float32), LABELS)
    np.testing.assert_array_equal(class_weights(data), weights)


def test_weights_of_impossible_labels() -> None:
    with pytest.raises(DataError, match=r"without any image: 3"):
        class_weights(LABELS, 4)
    with pytest.raises(DataError, match="num_classes=2"):
        class_weights(LABELS, 2)
    for bad in (np.eye(3), np.array([0.0, 1.0]), np.array([-1, 0]), np.array([], int)):
        with pytest.raises(DataError):
            class_weights(bad)


@pytest.mark.parametrize("n", [None, 3, 100, 1000])
def test_every_class_equally_often(n: int | None) -> None:
    sampler = BalancedSampler(LABELS, n)
    for epoch in range(4):
        indices = sampler(epoch, 7)
        assert indices.shape == (len(sampler),) == (240 if n is None else n,)
        counts = np.bincount(LABELS[indices], minlength=3)
        assert counts.max() - counts.min() <= 1
        # Within a class every image comes equally often, to within one.
        for label in range(3):
            times = np.bincount(indices, minlength=240)[label == LABELS]
            assert times.max() - times.min() <= 1


def test_epochs_and_seeds_differ_and_repeat() -> None:
    sampler = BalancedSampler(LABELS)
    np.testing.assert_array_equal(sampler(3, 1), BalancedSampler(LABELS)(3, 1))
    assert (sampler(3, 1) != sampler(4, 1)).any()
    assert (sampler(3, 1) != sampler(3, 2)).any()
    seen = np.unique(np.concatenate([sampler(epoch, -1) for epoch in range(40)]))
    assert len(seen) == 240


def test_absent_classes_do_not_matter_and_bad_sizes_do() -> None:
    assert np.bincount(np.array([0, 2, 2, 2])[BalancedSampler([0, 2, 2, 2])(0, 0)]).tolist() == [2, 0, 2]
    with pytest.raises(ConfigurationError, match="n=2"):
        BalancedSampler(LABELS, 2)
