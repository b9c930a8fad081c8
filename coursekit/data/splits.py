"""Splitting one data set: stratified into train, validation and test, or into k folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from coursekit.data.dataset import ArrayDataset, DataSplits
from coursekit.errors import ConfigurationError, DataError


def stratified_split(
    dataset: ArrayDataset, fractions: Sequence[float] = (0.7, 0.15, 0.15), seed: int = 0
) -> DataSplits:
    """Split into train, validation and test so that every class keeps its share in each.

    Every class is shared out to within one image of ``fractions``, and what rounding leaves over goes to
    the set that is furthest behind, so that the totals follow the fractions too. Every class is in all three
    sets, which may cost a class of fewer than ``1 / min(fractions)`` images one more image of rounding.
    The targets of a regression have no classes and are split at random.

    Args:
        dataset: what to split; every class that occurs needs at least 3 images.
        fractions: three positive numbers that sum to 1.
        seed: of the draw; the same seed gives the same split.

    Raises:
        ConfigurationError: fractions that are not three, not positive, or do not sum to 1.
        DataError: a class with fewer images than sets.
    """
    if len(fractions) != 3:
        raise ConfigurationError(
            f"fractions={tuple(fractions)}",
            expected="three: train, validation, test",
            mend="(0.7, 0.15, 0.15)",
        )
    train, validation, test = stratified_indices(dataset, fractions, seed)
    return DataSplits(dataset[train], dataset[validation], dataset[test], name=dataset.name)


def stratified_indices(dataset: ArrayDataset, fractions: Sequence[float], seed: int = 0) -> list[NDArray[np.intp]]:
    """Return one shuffled index array per fraction, disjoint and together complete (see stratified_split)."""
    shares = np.asarray(fractions, dtype=np.float64)
    if not (shares > 0).all() or abs(shares.sum() - 1) > 1e-6:
        raise ConfigurationError(
            f"fractions={tuple(fractions)}, which sum to {shares.sum():g}",
            expected="positive numbers that sum to 1",
            mend="(0.7, 0.15, 0.15)",
        )
    labels, names = _strata(dataset)
    counts = np.bincount(labels, minlength=len(names))
    _enough(counts, names, len(shares), "sets to be split into", "merge or drop the class, or collect more of it")
    rng = np.random.default_rng(seed)
    cuts = np.cumsum(allocate(counts, shares), axis=1)[:, :-1]
    parts: list[list[NDArray[np.intp]]] = [[] for _ in shares]
    for label in np.flatnonzero(counts):
        members = rng.permutation(np.flatnonzero(labels == label))
        for part, chosen in zip(parts, np.split(members, cuts[label]), strict=True):
            part.append(chosen)
    # Joined class by class the sets would be sorted by label, which hurts whoever forgets to shuffle.
    return [rng.permutation(np.concatenate(part)) for part in parts]


def allocate(counts: NDArray[np.int64], shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Share out ``counts`` (classes,) over ``shares`` (parts,): (classes, parts) int64, rows sum to counts.

    Whole parts of the quotas first; the rest by largest remainder, where the remainder is summed over the
    classes so far. Rounding errors of the classes then cancel instead of piling up in one part.
    """
    quotas = counts[:, np.newaxis] * shares
    # Without the tolerance 100 * 0.15 = 15.000000000000002 would leave a remainder worth a whole image.
    result = np.floor(quotas + 1e-9).astype(np.int64)
    behind = np.zeros(len(shares))
    for row, quota, count in zip(result, quotas, counts, strict=True):
        behind += quota - row
        fraction = quota - row
        for _ in range(int(count - row.sum())):
            open_parts = np.where(fraction > 1e-9, behind, -np.inf)
            best = int(open_parts.argmax())
            row[best] += 1
            behind[best] -= 1
            fraction[best] = 0
        if count >= len(shares):
            for empty in np.flatnonzero(row == 0):
                richest = int(row.argmax())
                row[empty] += 1
                row[richest] -= 1
                behind[empty] -= 1
                behind[richest] += 1
    return result


class Folds(Sequence[tuple[ArrayDataset, ArrayDataset]]):
    """The k pairs (train, validation) of a cross-validation; each pair is built when it is asked for."""

    def __init__(self, dataset: ArrayDataset, fold_of: NDArray[np.intp], k: int) -> None:
        """Keep the data set and the fold (0 to k - 1) of every image."""
        self._dataset, self._fold_of, self._k = dataset, fold_of, k

    def __len__(self) -> int:
        """Return k."""
        return self._k

    @overload
    def __getitem__(self, index: int) -> tuple[ArrayDataset, ArrayDataset]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[ArrayDataset, ArrayDataset]]: ...
    def __getitem__(
        self, index: int | slice
    ) -> tuple[ArrayDataset, ArrayDataset] | list[tuple[ArrayDataset, ArrayDataset]]:
        """Return (train, validation) of one fold: validation holds the fold, train all others."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._k))]
        if not -self._k <= index < self._k:
            raise IndexError(f"fold {index} of {self._k}")
        held_out = self._fold_of == index % self._k
        return self._dataset[~held_out], self._dataset[held_out]

    @property
    def indices(self) -> list[NDArray[np.intp]]:
        """The validation indices of every fold, ascending."""
        return [np.flatnonzero(self._fold_of == fold) for fold in range(self._k)]


def k_fold(dataset: ArrayDataset, k: int = 5, seed: int = 0, stratified: bool = True) -> Folds:
    """Cut into k folds: every image is in the validation set of exactly one pair (train, validation).

    Fold sizes differ by at most one image, and, stratified, so do the images of every class. The held-out
    fold is a validation set: a score chosen on it is no test score; keep a test set apart before folding.

    Args:
        dataset: what to fold.
        k: number of folds, at least 2.
        seed: of the draw.
        stratified: keep the share of every class; a regression is always folded at random.

    Raises:
        ConfigurationError: k below 2.
        DataError: fewer images than folds, or, stratified, a class with fewer images than folds.
    """
    if k < 2:
        raise ConfigurationError(f"k={k}", expected="at least 2 folds", mend="k=5 is usual")
    labels, names = _strata(dataset)
    if not stratified:
        labels, names = np.zeros(len(dataset), dtype=np.int64), ("all",)
    counts = np.bincount(labels, minlength=len(names))
    _enough(counts, names, k, "folds", "take a smaller k, or stratified=False")
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(np.flatnonzero(labels == c)) for c in np.flatnonzero(counts)])
    fold_of = np.empty(len(dataset), dtype=np.intp)
    # Dealt like cards, class after class without starting anew: classes and totals both come out even.
    fold_of[order] = np.arange(len(dataset)) % k
    return Folds(dataset, fold_of, k)


def _strata(dataset: ArrayDataset) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if dataset.is_classification:
        return dataset.class_labels(), dataset.class_names
    return np.zeros(len(dataset), dtype=np.int64), ("all",)


def _enough(counts: NDArray[np.int64], names: tuple[str, ...], parts: int, what: str, mend: str) -> None:
    short = np.flatnonzero((counts > 0) & (counts < parts))
    if len(short):
        listed = ", ".join(f"{names[i]!r} ({counts[i]})" for i in short[:5]) + (", ..." if len(short) > 5 else "")
        raise DataError(
            f"classes with fewer images than there are {what}: {listed}",
            expected=f"at least {parts} images of every class that occurs",
            mend=mend,
        )
