# wrong: groups stay whole, but the shares are counted in images: big groups use up the share of several
# believes: a part of 20 % is a part with 20 % of the images
# named: shares-in-images
import numpy as np


def _place(labels, groups, rng):
    """For each group: its name and how far (0 to 1) its middle lies in the shuffled images of its class."""
    for label in np.unique(labels):
        names, sizes = np.unique(groups[labels == label], return_counts=True)
        order = rng.permutation(len(names))
        names, sizes = names[order], sizes[order]
        middle = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
        yield from zip(names, middle)


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""
    part = np.zeros(len(labels), dtype=int)
    for name, place in _place(labels, groups, rng):
        part[groups == name] = int(place >= fractions[0]) + int(place >= fractions[0] + fractions[1])
    return tuple(np.flatnonzero(part == p) for p in range(3))


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    fold = np.zeros(len(labels), dtype=int)
    for name, place in _place(labels, groups, rng):
        fold[groups == name] = min(int(place * k), k - 1)
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(k)]
