# right: a recursion draws each part with rng.choice from what is left; sizes by trying all roundings; generators
# believes: the best rounding is the one with the least squared error
import itertools

import numpy as np


def hand_out(pool, sizes, rng):
    """Draw parts of these sizes from the pool, one after the other."""
    if len(sizes) == 1:
        return [pool]
    drawn = np.zeros(len(pool), dtype=bool)
    if sizes[0]:
        drawn[rng.choice(len(pool), size=sizes[0], replace=False)] = True
    return [pool[drawn]] + hand_out(pool[~drawn], sizes[1:], rng)


def best_sizes(n, shares):
    exact = [share * n for share in shares]
    options = ((int(e), int(e) + 1) for e in exact)
    whole = (sizes for sizes in itertools.product(*options) if sum(sizes) == n)
    return min(whole, key=lambda sizes: sum((s - e) ** 2 for s, e in zip(sizes, exact)))


def classes_of(labels, groups):
    for label in sorted(set(labels.tolist())):
        yield np.array(sorted(set(groups[labels == label].tolist())), dtype=groups.dtype)


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""
    chosen = [[], [], []]
    for pool in classes_of(labels, groups):
        for names, part in zip(chosen, hand_out(pool, best_sizes(len(pool), fractions), rng)):
            names.extend(part.tolist())
    return tuple(np.flatnonzero(np.isin(groups, np.array(names, dtype=groups.dtype))) for names in chosen)


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    chosen = [[] for _ in range(k)]
    for pool in classes_of(labels, groups):
        n = len(pool)
        sizes = [n // k + (fold < n % k) for fold in range(k)]
        for names, part in zip(chosen, hand_out(pool, sizes, rng)):
            names.extend(part.tolist())
    pairs = []
    for names in chosen:
        held_out = np.isin(groups, np.array(names, dtype=groups.dtype))
        pairs.append((np.flatnonzero(~held_out), np.flatnonzero(held_out)))
    return pairs
