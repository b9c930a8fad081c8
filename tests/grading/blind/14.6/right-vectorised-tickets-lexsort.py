# right: no loop over classes; every group draws a ticket, lexsort by class and ticket; folds are one long deal
# believes: one sort does all the shuffling within the classes
import numpy as np


def _tickets(labels, groups, rng):
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    kind = np.asarray(labels)[first]
    order = np.lexsort((rng.random(len(first)), kind))
    return kind, order, inverse.ravel()


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""
    kind, order, inverse = _tickets(labels, groups, rng)
    ranked = kind[order]
    begin = np.searchsorted(ranked, ranked, side="left")
    size = np.searchsorted(ranked, ranked, side="right") - begin
    rank = np.arange(len(ranked)) - begin
    first_cut = np.floor(fractions[0] * size + 1e-9)
    second_cut = np.floor((fractions[0] + fractions[1]) * size + 1e-9)
    part = np.empty(len(order), dtype=int)
    part[order] = (rank >= first_cut).astype(int) + (rank >= second_cut)
    of_image = part[inverse]
    return tuple(np.flatnonzero(of_image == p) for p in range(3))


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    kind, order, inverse = _tickets(labels, groups, rng)
    fold = np.empty(len(order), dtype=int)
    fold[order] = np.arange(len(order)) % k  # classes lie one behind the other, so each is dealt evenly
    of_image = fold[inverse]
    return [(np.flatnonzero(of_image != f), np.flatnonzero(of_image == f)) for f in range(k)]
