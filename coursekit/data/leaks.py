"""Identical images in two sets that should share none, or twice in one set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coursekit.data.dataset import ArrayDataset, DataSplits
from coursekit.errors import DataError

Pairs = NDArray[np.int64]
_CHUNK = 1024


def find_leaks(a: ArrayDataset, b: ArrayDataset) -> Pairs:
    """Find the images of ``b`` that are also in ``a``, pixel for pixel.

    Fingerprints find the candidates, a comparison of all pixels decides; labels play no part.

    Returns:
        (K, 2) int64: index in a, index in b. Every leaked image of b is listed once, ascending, with the
        first image of a that equals it, so K is the number of images of b that were seen before.

    Raises:
        DataError: images of different shapes.
    """
    if a.input_shape != b.input_shape:
        raise DataError(
            f"images of shape {a.input_shape} and of shape {b.input_shape}",
            expected="two sets of equally sized images",
            mend="compare the sets before resizing, or resize both",
        )
    order, candidate = _candidates(a, b)
    source = b.fingerprints
    open_ = np.flatnonzero(candidate < len(a))
    found = np.full(len(b), -1, dtype=np.int64)
    # One round decides all but the pairs whose fingerprints collide; those go on to their next candidate.
    while len(open_):
        match = order[candidate[open_]]
        alike = a.fingerprints[match] == source[open_]
        open_, match = open_[alike], match[alike]
        same = _equal(a, match, b, open_)
        found[open_[same]] = match[same]
        open_ = open_[~same]
        candidate[open_] += 1
        open_ = open_[candidate[open_] < len(a)]
    leaked = np.flatnonzero(found >= 0)
    return np.stack([found[leaked], leaked], axis=1)


def find_duplicates(dataset: ArrayDataset) -> Pairs:
    """Find the images that equal an earlier image of the same set: (K, 2) int64, earlier and later index."""
    pairs = find_leaks(dataset, dataset)
    return pairs[pairs[:, 0] < pairs[:, 1]]


def _candidates(a: ArrayDataset, b: ArrayDataset) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    # Stable, so that among equal images the first one comes first.
    order = np.argsort(a.fingerprints, kind="stable")
    return order, np.searchsorted(a.fingerprints[order], b.fingerprints, side="left")


def _equal(a: ArrayDataset, i: NDArray[np.intp], b: ArrayDataset, j: NDArray[np.intp]) -> NDArray[np.bool_]:
    result = np.empty(len(i), dtype=np.bool_)
    for start in range(0, len(i), _CHUNK):
        part = slice(start, start + _CHUNK)
        result[part] = (a.images[i[part]] == b.images[j[part]]).all(axis=(1, 2, 3))
    return result


@dataclass(frozen=True, eq=False)
class LeakReport:
    """The identical images between the three sets; true if there is any.

    Each field is (K, 2) int64: the index in the first and in the second set of its name (see find_leaks).
    """

    train_validation: Pairs
    train_test: Pairs
    validation_test: Pairs

    @property
    def total(self) -> int:
        """Number of leaked images, counted once per pair of sets."""
        return len(self.train_validation) + len(self.train_test) + len(self.validation_test)

    def __bool__(self) -> bool:
        """Say whether anything leaks."""
        return self.total > 0

    def __str__(self) -> str:
        """One line per pair of sets that share images."""
        if not self:
            return "No identical images across train, validation and test."
        lines = []
        for first, second, pairs in (
            ("train", "validation", self.train_validation),
            ("train", "test", self.train_test),
            ("validation", "test", self.validation_test),
        ):
            if len(pairs):
                some = ", ".join(f"{first}[{i}] = {second}[{j}]" for i, j in pairs[:3])
                lines.append(f"{len(pairs)} images of {second} are also in {first}: {some}{', ...' * (len(pairs) > 3)}")
        return "\n".join(lines)


def leak_check(splits: DataSplits) -> LeakReport:
    """Compare the three sets of an experiment with each other.

    A leaked image makes the validation or test figure too good: the model has been trained on it.
    Drop leaked images with ``np.setdiff1d(np.arange(len(splits.test)), report.train_test[:, 1])``.
    """
    train, validation, test = splits
    return LeakReport(
        train_validation=find_leaks(train, validation),
        train_test=find_leaks(train, test),
        validation_test=find_leaks(validation, test),
    )
