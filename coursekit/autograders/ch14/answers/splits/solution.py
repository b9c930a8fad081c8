"""The solution of 14.6, its lines by name, and how a misconception of it is written down."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form, Misconception

SOLUTION = """\
import numpy as np


def stratified_split(labels, groups, fractions, rng):
    names, first = np.unique(groups, return_index=True)
    classes = labels[first]
    cuts = np.cumsum(fractions)[:-1]
    parts = [[], [], []]
    for label in np.unique(classes):
        members = rng.permutation(names[classes == label])
        ends = np.round(cuts * len(members)).astype(int)
        for part, some in zip(parts, np.split(members, ends)):
            part.extend(some)
    train, validation, test = (np.flatnonzero(np.isin(groups, part)) for part in parts)
    return train, validation, test


def k_fold(labels, groups, k, rng):
    units, place = np.unique(groups, return_index=True)
    kinds = labels[place]
    folds = [[] for _ in range(k)]
    for kind in np.unique(kinds):
        row = rng.permutation(units[kinds == kind])
        for fold, piece in zip(folds, np.array_split(row, k)):
            fold.extend(piece)
    inside = [np.isin(groups, fold) for fold in folds]
    return [(np.flatnonzero(~mask), np.flatnonzero(mask)) for mask in inside]
"""

READING = "Chapter 14, Stratified splits, k-fold and leakage"
NAMES = "names, first = np.unique(groups, return_index=True)"
UNITS = "units, place = np.unique(groups, return_index=True)"
CLASSES = "    classes = labels[first]\n"
KINDS = "    kinds = labels[place]\n"
MEMBERS = "members = rng.permutation(names[classes == label])"
ROW = "row = rng.permutation(units[kinds == kind])"
ENDS = "ends = np.round(cuts * len(members)).astype(int)"
CUT = "np.split(members, ends)"
PIECES = "np.array_split(row, k)"
PARTS = "    train, validation, test = (np.flatnonzero(np.isin(groups, part)) for part in parts)\n"
RETURN = "return train, validation, test"
FOLDS = "[(np.flatnonzero(~mask), np.flatnonzero(mask)) for mask in inside]"
ONE_KIND = ("    classes = np.zeros(len(names))\n", "    kinds = np.zeros(len(units))\n")


def known(
    name: str, title: str, explanation: str, hint: str, *forms: Form, kin: tuple[Form, ...] = ()
) -> Misconception:
    """A misconception, with the section that tells of it."""
    return Misconception(
        name=name, title=title, explanation=explanation, hint=hint, reading=READING, forms=forms, kin=kin
    )


def both(split: Edit, folds: Edit) -> tuple[Edit, ...]:
    """A mistake in both functions, and in one alone."""
    return split.join(folds), split, folds


def generator(before: str) -> tuple[Edit, ...]:
    """A generator of one's own."""
    return both(
        Edit((f"    {NAMES}", f"    {before}\n    {NAMES}")), Edit((f"    {UNITS}", f"    {before}\n    {UNITS}"))
    )
