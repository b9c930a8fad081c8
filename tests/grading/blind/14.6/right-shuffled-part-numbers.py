# right: shuffles the part numbers instead of the groups; sizes by the largest remainders; folds start at a random one
# believes: it is the same whether the cards are shuffled or the seats
import numpy as np


def _paint(labels, groups, rng, numbers_for):
    """Part number of every image; numbers_for(n) gives the n part numbers of a class with n groups."""
    paint = np.full(len(labels), -1)
    for label in np.unique(labels)[::-1]:
        mask = labels == label
        members = np.unique(groups[mask])
        numbers = rng.permutation(numbers_for(len(members)))
        paint[mask] = numbers[np.searchsorted(members, groups[mask])]
    assert (paint >= 0).all()
    return paint


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""

    def numbers_for(n):
        exact = np.asarray(fractions, dtype=float) * n
        sizes = np.floor(exact + 1e-9).astype(int)
        missing = n - sizes.sum()
        sizes[np.argsort(sizes - exact, kind="stable")[:missing]] += 1
        return np.repeat([0, 1, 2], sizes)

    paint = _paint(labels, groups, rng, numbers_for)
    training, validation, test = (np.nonzero(paint == part)[0] for part in range(3))
    return training, validation, test


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    paint = _paint(labels, groups, rng, lambda n: (np.arange(n) + rng.integers(k)) % k)
    return [(np.nonzero(paint != fold)[0], np.nonzero(paint == fold)[0]) for fold in range(k)]
