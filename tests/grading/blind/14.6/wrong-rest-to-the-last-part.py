# wrong: every size is cut off and the last part takes all that is left, which may be more than one group too many
# believes: rounding down and giving the rest to the last part is "up to rounding"
# named: leftovers-in-one-part
import numpy as np


def _shuffled(labels, groups, rng):
    for label in np.unique(labels):
        yield rng.permutation(np.unique(groups[labels == label]))


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""
    parts = [[], [], []]
    for names in _shuffled(labels, groups, rng):
        a = int(fractions[0] * len(names) + 1e-9)
        b = int(fractions[1] * len(names) + 1e-9)
        parts[0].extend(names[:a])
        parts[1].extend(names[a : a + b])
        parts[2].extend(names[a + b :])
    return tuple(np.flatnonzero(np.isin(groups, np.array(part, dtype=groups.dtype))) for part in parts)


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    folds = [[] for _ in range(k)]
    for names in _shuffled(labels, groups, rng):
        size = len(names) // k
        for i in range(k - 1):
            folds[i].extend(names[i * size : (i + 1) * size])
        folds[k - 1].extend(names[(k - 1) * size :])
    pairs = []
    for fold in folds:
        inside = np.isin(groups, np.array(fold, dtype=groups.dtype))
        pairs.append((np.flatnonzero(~inside), np.flatnonzero(inside)))
    return pairs
