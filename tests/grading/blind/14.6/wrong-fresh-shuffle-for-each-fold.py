# wrong: every fold shuffles anew, so validation parts overlap and some images are in none
# believes: k folds are k random splits with a share of 1 / k for validation
# named: parts-drawn-apart
import numpy as np


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""
    part = np.zeros(len(labels), dtype=int)
    for label in np.unique(labels):
        names = rng.permutation(np.unique(groups[labels == label]))
        n = len(names)
        a = int(fractions[0] * n + 1e-9)
        b = int((fractions[0] + fractions[1]) * n + 1e-9)
        part[np.isin(groups, names[a:b])] = 1
        part[np.isin(groups, names[b:])] = 2
    return tuple(np.flatnonzero(part == p) for p in range(3))


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    pairs = []
    for _ in range(k):
        held_out = np.zeros(len(labels), dtype=bool)
        for label in np.unique(labels):
            names = rng.permutation(np.unique(groups[labels == label]))
            held_out[np.isin(groups, names[: round(len(names) / k)])] = True
        pairs.append((np.flatnonzero(~held_out), np.flatnonzero(held_out)))
    return pairs
