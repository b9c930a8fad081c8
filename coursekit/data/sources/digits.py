"""Handwritten digits: 1,797 real images of 8x8 pixels that come with scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coursekit.data.dataset import ArrayDataset, DataSplits
from coursekit.data.splits import stratified_split


def digits(*, fractions: Sequence[float] = (0.7, 0.15, 0.15), seed: int = 0) -> DataSplits:
    """Load the test set of the UCI "Optical Recognition of Handwritten Digits" (Alpaydin, Kaynak 1998).

    Args:
        fractions: shares of train, validation and test.
        seed: of the split.

    Returns:
        Stratified splits of 1,797 images (8, 8, 1) float32: counts of dark pixels 0..16, divided by 16.
    """
    # scikit-learn takes a second to import, which `import coursekit` must not.
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = (bunch.images[..., np.newaxis] / 16.0).astype(np.float32)
    names = tuple(str(i) for i in range(10))
    return stratified_split(ArrayDataset(images, bunch.target, names, name="digits"), fractions, seed)
