# right: plain dictionaries and lists, a Fisher-Yates shuffle by hand with rng.integers, NumPy only for the result
# believes: it is clearest without array tricks
import numpy as np


def collect(labels, groups):
    drawers = {}
    for index, (label, group) in enumerate(zip(labels.tolist(), groups.tolist())):
        drawers.setdefault(label, {}).setdefault(group, []).append(index)
    return drawers


def shuffled_piles(piles, rng):
    piles = list(piles)
    for last in range(len(piles) - 1, 0, -1):
        other = int(rng.integers(last + 1))
        piles[last], piles[other] = piles[other], piles[last]
    return piles


def as_indices(numbers):
    return np.array(sorted(numbers), dtype=np.int64)


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""
    parts = [], [], []
    for drawer in collect(labels, groups).values():
        piles = shuffled_piles(drawer.values(), rng)
        n = len(piles)
        one = int(fractions[0] * n + 1e-9)
        two = int((fractions[0] + fractions[1]) * n + 1e-9)
        for place, pile in enumerate(piles):
            if place < one:
                parts[0].extend(pile)
            elif place < two:
                parts[1].extend(pile)
            else:
                parts[2].extend(pile)
    return tuple(as_indices(part) for part in parts)


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    held_out = [[] for _ in range(k)]
    for drawer in collect(labels, groups).values():
        for place, pile in enumerate(shuffled_piles(drawer.values(), rng)):
            held_out[place % k].extend(pile)
    everything = set(range(len(labels)))
    return [(as_indices(everything - set(fold)), as_indices(fold)) for fold in held_out]
