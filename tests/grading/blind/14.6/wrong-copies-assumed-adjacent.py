# wrong: (subtle) takes each run of equal numbers for a group; copies that do not lie side by side come apart
# believes: copies of an image stand one behind the other in the data set
# named: groups-torn
import numpy as np


def _runs(groups):
    new = np.ones(len(groups), dtype=bool)
    new[1:] = groups[1:] != groups[:-1]
    return np.cumsum(new) - 1


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""
    run = _runs(groups)
    part = np.zeros(len(labels), dtype=int)
    for label in np.unique(labels):
        names = rng.permutation(np.unique(run[labels == label]))
        n = len(names)
        a = int(fractions[0] * n + 1e-9)
        b = int((fractions[0] + fractions[1]) * n + 1e-9)
        part[np.isin(run, names[a:b])] = 1
        part[np.isin(run, names[b:])] = 2
    return tuple(np.flatnonzero(part == p) for p in range(3))


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    run = _runs(groups)
    fold = np.zeros(len(labels), dtype=int)
    for label in np.unique(labels):
        names = rng.permutation(np.unique(run[labels == label]))
        for f in range(k):
            fold[np.isin(run, names[f::k])] = f
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(k)]
