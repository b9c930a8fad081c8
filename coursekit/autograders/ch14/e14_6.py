"""14.6: stratified splits and folds that keep copies of an image together."""

from __future__ import annotations

import numpy as np

from coursekit.autograders.split_scene import kept, look_at_folds, look_at_split
from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain

STATEMENT = """\
Write two functions in NumPy that divide a data set: `stratified_split` into **training, validation and test part**, and
`k_fold` into **k folds**. Both give the indices of images; the images themselves are not needed.

| argument | is |
|---|---|
| `labels` | int array `(N,)`: the class of each image, 0 or more; a class number may be missing |
| `groups` | int array `(N,)`, any values: images with the same number are copies of one image and have the same label |
| `fractions` | a tuple of three floats above 0 with sum 1: the shares of training, validation and test part |
| `k` | how many folds, 2 or more; every class has at least `k` groups |
| `rng` | a `numpy.random.Generator` |

`stratified_split(labels, groups, fractions, rng)` returns a tuple of **three** int arrays of indices, in the order of
`fractions`. Every image is in exactly one of them.

`k_fold(labels, groups, k, rng)` returns a list of `k` pairs `(training, validation)` of int arrays of indices. Every
image is in the validation part of exactly one fold, and the training part of a fold is all images that are not in its
validation part. There is no test part here: that one is put aside before.

- **Groups stay whole.** All images of a group are in the same part; no group is in the training and the validation part
  of the same fold. An image without copies is a group of one.
- **Stratified.** Shares are counted in groups, whatever the number of images in them. Of the `n` groups of a class,
  each part of a split holds `fraction * n`, and the validation part of each fold `n / k`: up to rounding, **at most one
  group more or fewer**. So 9 groups at fractions 0.6, 0.2, 0.2 (5.4, 1.8, 1.8) may be divided 5, 2, 2, but not
  5, 1, 3. Nor may 11 groups be divided into 4 validation parts of 2, 2, 2, 5.
- **Shuffled.** Which groups go where is left to chance, in every class, and all chance comes from `rng`: two generators
  in the same state give the same parts, another generator gives others.
- `labels` and `groups` stay unchanged. The order of the indices within a part does not matter. Only NumPy and the
  standard library are used.
"""

STARTER = '''\
import numpy as np


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""
    raise NotImplementedError


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    raise NotImplementedError
'''

Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """A mixed data set without copies, one that is sorted by class, and one with copies; each split and folded."""
    seeds = [int(seed) for seed in rng.integers(0, 2**31, 3)]
    sizes = _sizes(rng)
    mixed = rng.permutation(np.repeat([0, 1, 2, 4, 5, 7, 8], sizes)).astype(np.int64)
    names = rng.choice(10**6, len(mixed), replace=False) - 5 * 10**5
    ordered = np.sort(mixed)
    labels, groups = _with_copies(rng, _sizes(rng))
    uneven = tuple(float(one) for one in ((0.5, 0.2, 0.3), (0.7, 0.1, 0.2), (0.5, 0.3, 0.2))[rng.integers(3)])
    seen = {
        "split": look_at_split(student, mixed, names, (0.6, 0.2, 0.2), seeds[0]),
        "sorted_split": look_at_split(student, ordered, 3 * np.arange(len(ordered)), uneven, *seeds[1:]),
        "split_copies": look_at_split(student, labels, groups, uneven, seeds[2]),
        "folds": look_at_folds(student, mixed, names, 5, seeds[0]),
        "sorted_folds": look_at_folds(student, ordered, 3 * np.arange(len(ordered)), 4, *seeds[1:]),
        "folds_copies": look_at_folds(student, labels, groups, 5, seeds[2]),
    }
    for what in ("split", "folds"):
        seen[f"{what}_copies"]["shares"] = kept([seen[what], seen[f"sorted_{what}"]], seen[f"{what}_copies"])
    return seen


def _sizes(rng: np.random.Generator) -> Ints:
    """Groups of each of 7 classes: remainders by 4, 5 and 10 on which each way to round comes to light."""
    return rng.permutation(20 * rng.integers(9, 12, 7) + np.array([4, 11, 18, 7, 9, 0, 1]))


def _with_copies(rng: np.random.Generator, sizes: Ints) -> tuple[Ints, Ints]:
    """A smaller data set in any order, with groups of one to four images."""
    sizes = sizes // 3
    group_labels = np.repeat([0, 1, 2, 3, 4, 6, 9], sizes)
    copies = rng.choice([1, 1, 2, 4], len(group_labels))
    names = rng.choice(10**6, len(group_labels), replace=False)
    order = rng.permutation(int(copies.sum()))
    return np.repeat(group_labels, copies)[order].astype(np.int64), np.repeat(names, copies)[order].astype(np.int64)


DATA = {
    "split": "split of mixed data",
    "sorted_split": "split of data sorted by class",
    "split_copies": "split of data with copies",
    "folds": "folds of mixed data",
    "sorted_folds": "folds of data sorted by class",
    "folds_copies": "folds of data with copies",
}
PARTS = {
    "kinds": "what was returned",
    "missing": "images that are in no part",
    "twice": "indices that a part holds more than once",
    "overlaps": "images shared by training and validation, training and test, validation and test part",
    "shares": "shares of the classes",
    "last": "shares of the classes in the last fold",
    "whole": "groups that are torn apart",
    "again": "two generators in the same state",
    "others": "another generator",
    "order": "which images go where",
    "several": "images that are in several validation parts",
    "never": "images that are in no validation part",
    "leaked": "images that are in both parts of a fold",
    "absent": "images that are in neither part of a fold",
    "inputs": "labels and groups after the call",
}


def _of(data: str, parts: str) -> dict[str, str]:
    return {f"{one}.{part}": f"{PARTS[part]} ({DATA[one]})" for one in data.split() for part in parts.split()}


EXERCISE = Exercise(
    id="14.6",
    title="Stratified splits and folds without leakage",
    statement=STATEMENT,
    starter=STARTER,
    entry=("stratified_split", "k_fold"),
    observe=observe,
    reading="Chapter 14, Stratified splits, k-fold and leakage",
    checks=(
        Check(
            name="split",
            title="A split has three parts, and every image is in exactly one of them",
            points=1,
            fields=_of("split sorted_split split_copies", "kinds missing twice overlaps"),
            advice="Put the three arrays together and sort them: every number from 0 to N - 1 should be there once.",
        ),
        Check(
            name="split-shares",
            title="Each part of a split holds its share of every class",
            points=2,
            fields=_of("split sorted_split", "shares"),
            advice="Count the groups of each class in each part, and compare with fraction * n. Try 9 groups.",
        ),
        Check(
            name="folds",
            title="Every image is validated in exactly one fold, and is training data in all others",
            points=2,
            fields=_of("folds sorted_folds folds_copies", "kinds twice several never leaked absent"),
            advice="Put the k validation parts together and sort them. Then look at one fold: do its two parts share "
            "images, and do they hold all?",
        ),
        Check(
            name="fold-shares",
            title="Each validation part holds its share of every class",
            points=1,
            fields=_of("folds sorted_folds", "shares last"),
            advice="Count the groups of each class in each validation part. What becomes of the remainder of n / k?",
        ),
        Check(
            name="groups",
            title="Copies of an image stay together, and a group counts once",
            points=2,
            fields=_of("split_copies folds_copies", "whole shares"),
            advice="What are the things that you shuffle and divide: images, or groups?",
        ),
        Check(
            name="chance",
            title="Which groups go where is left to chance, and chance comes from rng",
            points=1,
            fields=_of("sorted_split sorted_folds", "again others order"),
            advice="Call it twice with np.random.default_rng(3), and once with np.random.default_rng(4).",
        ),
        Check(
            name="inputs",
            title="The arrays that were passed in stay unchanged",
            points=1,
            fields=_of("split split_copies folds folds_copies", "inputs"),
            advice="rng.shuffle works in place; rng.permutation gives a new array.",
        ),
    ),
    hints=(
        "Divide the groups of one class first, on paper, and leave everything else to a loop over the classes.",
        "Shuffle the groups of a class, then cut the row of them at rounded places: where the shares add up to 0.6 and "
        "to 0.8 of it. Cuts lose nothing and count nothing twice. Only at the end go from groups to images.",
        "np.unique(groups, return_index=True) gives each group and one image of it, and so its label. "
        "rng.permutation the groups of a class, np.split at np.round(np.cumsum(fractions)[:-1] * n), or np.array_split "
        "into k. np.flatnonzero(np.isin(groups, part)) are the images of a part.",
    ),
)
