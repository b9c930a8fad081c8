"""Two cures for unbalanced classes: weights in the loss, or balanced sampling. Use one of them, not both."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.data.dataset import ArrayDataset
from coursekit.errors import ConfigurationError, DataError


def class_weights(labels: ArrayLike | ArrayDataset, num_classes: int | None = None) -> NDArray[np.float32]:
    """Weigh every class by its inverse frequency: ``w_c = N / (C * n_c)`` (King, Zeng 2001).

    N images, C classes, n_c images of class c. Balanced classes get weight 1, and the weights of all images
    sum to N, so that the loss keeps its size. scikit-learn calls this "balanced".

    Args:
        labels: (N,) class numbers, or the training set.
        num_classes: C; left out, the highest label plus one, or what the data set says.

    Returns:
        (num_classes,) float32.

    Raises:
        DataError: a class without images, or labels that are no class numbers.
    """
    counts, names = _counts(labels, num_classes)
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        raise DataError(
            f"classes without any image: {', '.join(names[i] for i in empty[:5])}",
            expected="at least one image of every class, since the weight is N / (C * n_c)",
            mend="leave those classes out of class_names, or collect images",
        )
    return np.asarray(counts.sum() / (len(counts) * counts), dtype=np.float32)


class BalancedSampler:
    """The indices of an epoch in which every class that occurs is equally frequent (to within one image).

    Images of rare classes come several times, equally often to within one; of frequent classes each epoch
    takes another part. Compared with drawing every image independently with replacement, no image of a rare
    class is missed by chance.

    Args:
        labels: (N,) class numbers, or the training set. Sampling is for training only.
        n: indices per epoch; left out, as many as there are images.

    Raises:
        ConfigurationError: n below the number of classes.
        DataError: labels that are no class numbers.
    """

    def __init__(self, labels: ArrayLike | ArrayDataset, n: int | None = None) -> None:
        """Sort the images into their classes."""
        whole = _labels(labels)
        self._members = [np.flatnonzero(whole == label) for label in np.unique(whole)]
        self.n = len(whole) if n is None else int(n)
        if self.n < len(self._members):
            raise ConfigurationError(
                f"n={n} for {len(self._members)} classes",
                expected="at least one image per class",
                mend="leave n out for as many as there are images",
            )

    def __len__(self) -> int:
        """Return the number of indices per epoch."""
        return self.n

    def __call__(self, epoch: int, seed: int = 0) -> NDArray[np.int64]:
        """Return the indices of one epoch: (n,) int64, in random order, fixed by epoch and seed."""
        rng = np.random.default_rng([seed & 0xFFFFFFFFFFFFFFFF, epoch, 1 << 20])
        quotas = np.full(len(self._members), self.n // len(self._members))
        quotas[rng.permutation(len(quotas))[: self.n % len(quotas)]] += 1
        drawn = [self._draw(members, quota, rng) for members, quota in zip(self._members, quotas, strict=True)]
        return rng.permutation(np.concatenate(drawn)).astype(np.int64, copy=False)

    @staticmethod
    def _draw(members: NDArray[np.intp], quota: int, rng: np.random.Generator) -> NDArray[np.intp]:
        whole, rest = divmod(int(quota), len(members))
        return np.concatenate([np.tile(members, whole), rng.permutation(members)[:rest]])


def _labels(labels: ArrayLike | ArrayDataset) -> NDArray[np.int64]:
    if isinstance(labels, ArrayDataset):
        return labels.class_labels()
    array = np.asarray(labels)
    if array.ndim != 1 or array.dtype.kind not in "iu" or not len(array) or array.min() < 0:
        raise DataError(
            f"labels of shape {array.shape} and dtype {array.dtype}",
            expected="class numbers from 0, shape (N,)",
            mend="labels.argmax(axis=1) if they are one-hot",
        )
    return array.astype(np.int64, copy=False)


def _counts(labels: ArrayLike | ArrayDataset, num_classes: int | None) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    whole = _labels(labels)
    known = labels.num_classes if isinstance(labels, ArrayDataset) else int(whole.max()) + 1
    classes = known if num_classes is None else num_classes
    if whole.max() >= classes:
        raise DataError(
            f"label {whole.max()} with num_classes={classes}",
            expected=f"labels from 0 to {classes - 1}",
            mend="give num_classes as it is in the model",
        )
    names = labels.class_names if isinstance(labels, ArrayDataset) else ()
    counts = np.bincount(whole, minlength=classes).astype(np.int64, copy=False)
    return counts, names + tuple(str(i) for i in range(len(names), classes))
