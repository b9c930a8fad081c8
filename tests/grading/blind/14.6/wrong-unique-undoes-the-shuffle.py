# wrong: (subtle) shuffles the images first and then takes np.unique of their groups, which sorts: nothing is by chance
# believes: np.unique keeps the order of first appearance
# named: not-shuffled
import numpy as np


def _names(labels, groups, rng):
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        yield np.unique(groups[members])


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""
    part = np.zeros(len(labels), dtype=int)
    for names in _names(labels, groups, rng):
        n = len(names)
        a = int(fractions[0] * n + 1e-9)
        b = int((fractions[0] + fractions[1]) * n + 1e-9)
        part[np.isin(groups, names[a:b])] = 1
        part[np.isin(groups, names[b:])] = 2
    return tuple(np.flatnonzero(part == p) for p in range(3))


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    fold = np.zeros(len(labels), dtype=int)
    for names in _names(labels, groups, rng):
        for f, some in enumerate(np.array_split(names, k)):
            fold[np.isin(groups, some)] = f
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(k)]
