"""Right code for 14.6 in other styles."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

VARIANTS: dict[str, Form] = {
    "floor-of-the-cuts": Edit(("np.round(cuts * len(members)).astype(int)", "(cuts * len(members)).astype(int)")),
    "rounded-rounded-rest": Edit(
        (
            "np.round(cuts * len(members)).astype(int)",
            "np.cumsum([round(share * len(members)) for share in fractions[:2]])",
        )
    ),
    "dicts-and-plain-python": """\
def stratified_split(labels, groups, fractions, rng):
    images, label_of = {}, {}
    for i, (label, group) in enumerate(zip(labels.tolist(), groups.tolist())):
        images.setdefault(group, []).append(i)
        label_of[group] = label
    parts = ([], [], [])
    for wanted in sorted(set(label_of.values())):
        mine = [group for group in label_of if label_of[group] == wanted]
        rng.shuffle(mine)
        a = int(fractions[0] * len(mine))
        b = int((fractions[0] + fractions[1]) * len(mine))
        for part, chosen in zip(parts, (mine[:a], mine[a:b], mine[b:])):
            for group in chosen:
                part += images[group]
    return parts


def k_fold(labels, groups, k, rng):
    label_of = dict(zip(groups.tolist(), labels.tolist()))
    order = list(label_of)
    rng.shuffle(order)
    order.sort(key=label_of.get)
    fold_of = {group: i % k for i, group in enumerate(order)}
    folds = []
    for fold in range(k):
        inside = [fold_of[group] == fold for group in groups.tolist()]
        folds.append(([i for i, yes in enumerate(inside) if not yes], [i for i, yes in enumerate(inside) if yes]))
    return tuple(folds)
""",
    "random-keys-and-ranks": """\
import numpy as np


def _ranks(labels, groups, rng):
    # The rank of each image's group among the shuffled groups of its class, and how many these are.
    unique, inverse = np.unique(groups, return_inverse=True)
    keys = rng.random(unique.size)
    kind = np.empty(unique.size, dtype=int)
    kind[inverse] = labels
    order = np.lexsort((keys, kind))
    counts = np.bincount(kind)
    starts = np.cumsum(counts) - counts
    rank = np.empty(unique.size, dtype=int)
    rank[order] = np.arange(unique.size) - starts[kind[order]]
    return rank[inverse], counts[labels]


def stratified_split(labels, groups, fractions, rng):
    rank, count = _ranks(labels, groups, rng)
    edges = np.cumsum(fractions)
    part = np.digitize((rank + 0.5) / count, edges[:2])
    return tuple(np.nonzero(part == number)[0] for number in range(3))


def k_fold(labels, groups, k, rng):
    rank, _ = _ranks(labels, groups, rng)
    return [(np.nonzero(rank % k != one)[0], np.nonzero(rank % k == one)[0]) for one in range(k)]
""",
    "largest-remainder": """\
import numpy as np


def _share(n, fractions):
    exact = np.array(fractions) * n
    sizes = np.floor(exact + 1e-9).astype(int)
    for part in np.argsort(sizes - exact)[: n - sizes.sum()]:
        sizes[part] += 1
    return sizes


def _assign(labels, groups, fractions, rng):
    rng = np.random.default_rng(rng.integers(2**63))
    part_of = np.full(len(labels), -1, dtype=np.int8)
    for label in set(labels.tolist()):
        own = np.flatnonzero(labels == label)
        names = list(dict.fromkeys(groups[own].tolist()))
        sizes = _share(len(names), fractions)
        tickets = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
        lot = dict(zip(names, tickets))
        part_of[own] = [lot[group] for group in groups[own].tolist()]
    return part_of


def stratified_split(labels, groups, fractions, rng):
    part_of = _assign(labels, groups, fractions, rng)
    return [np.flatnonzero(part_of == part).astype(np.int32) for part in (0, 1, 2)]


def k_fold(labels, groups, k, rng):
    part_of = _assign(labels, groups, [1 / k] * k, rng)
    return [[np.flatnonzero(part_of != part), rng.permutation(np.flatnonzero(part_of == part))] for part in range(k)]
""",
    "one-function-through-the-other": """\
import random
import numpy as np


def _pieces(labels, groups, bounds, generator):
    pieces = [np.array([], dtype=int) for _ in range(len(bounds) + 1)]
    for label in np.unique(labels):
        ids = sorted({int(g) for g in groups[labels == label]})
        generator.shuffle(ids)
        last = 0
        for number, bound in enumerate([*bounds, 1.0]):
            end = len(ids) if bound == 1.0 else round(bound * len(ids))
            for one in ids[last:end]:
                pieces[number] = np.append(pieces[number], np.where(groups == one)[0])
            last = end
    return pieces


def stratified_split(labels, groups, fractions, rng):
    generator = random.Random(int(rng.integers(2**32)))
    a, b, c = _pieces(labels, groups, [fractions[0], 1 - fractions[2]], generator)
    return a, b, c


def k_fold(labels, groups, k, rng):
    generator = random.Random(int(rng.integers(2**32)))
    pieces = _pieces(labels, groups, [i / k for i in range(1, k)], generator)
    everything = np.arange(len(labels))
    return [(np.setdiff1d(everything, piece), piece) for piece in pieces]
""",
}
