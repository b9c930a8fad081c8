"""Answers to 14.6."""

from __future__ import annotations

from coursekit.autograders.ch14.answers.splits_variants import VARIANTS
from coursekit.autograders.ch14.e14_6 import EXERCISE
from coursekit.grading.answers import Answers, Edit, Form, Misconception

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

_READING = "Chapter 14, Stratified splits, k-fold and leakage"
_NAMES = "names, first = np.unique(groups, return_index=True)"
_UNITS = "units, place = np.unique(groups, return_index=True)"
_CLASSES = "    classes = labels[first]\n"
_KINDS = "    kinds = labels[place]\n"
_MEMBERS = "members = rng.permutation(names[classes == label])"
_ROW = "row = rng.permutation(units[kinds == kind])"
_ENDS = "ends = np.round(cuts * len(members)).astype(int)"
_CUT = "np.split(members, ends)"
_PIECES = "np.array_split(row, k)"
_PARTS = "    train, validation, test = (np.flatnonzero(np.isin(groups, part)) for part in parts)\n"
_RETURN = "return train, validation, test"
_FOLDS = "[(np.flatnonzero(~mask), np.flatnonzero(mask)) for mask in inside]"
_ONE_KIND = ("    classes = np.zeros(len(names))\n", "    kinds = np.zeros(len(units))\n")


def _known(
    name: str, title: str, explanation: str, hint: str, *forms: Form, kin: tuple[Form, ...] = ()
) -> Misconception:
    return Misconception(
        name=name, title=title, explanation=explanation, hint=hint, reading=_READING, forms=forms, kin=kin
    )


def _both(split: Edit, folds: Edit) -> tuple[Edit, ...]:
    """A mistake in both functions, and in one alone."""
    return split.join(folds), split, folds


def _generator(before: str) -> tuple[Edit, ...]:
    """A generator of one's own."""
    return _both(
        Edit((f"    {_NAMES}", f"    {before}\n    {_NAMES}")), Edit((f"    {_UNITS}", f"    {before}\n    {_UNITS}"))
    )


MISCONCEPTIONS = (
    _known(
        "not-stratified",
        "The parts are drawn from all images at once",
        "A shuffled data set that is cut gives every part about the right shares, and never quite. A class with few "
        "images can be missing from the validation part. The same comes of labels that were shuffled apart from the "
        "indices: then the classes that are divided are not those of the images.",
        "Count the images of the rarest class in each part, for several generators.",
        *_both(Edit((_CLASSES, _ONE_KIND[0])), Edit((_KINDS, _ONE_KIND[1]))),
    ),
    _known(
        "labels-shuffled-in-place",
        "The labels are shuffled apart from the images",
        "rng.shuffle changes the array that was passed in: from then on no label belongs to its image, here and in the "
        "caller's code. A network trained on it learns nothing.",
        "Which array does rng.shuffle(labels) change, and who else holds it?",
        *_both(
            Edit((f"    {_NAMES}", f"    rng.shuffle(labels)\n    {_NAMES}")),
            Edit((f"    {_UNITS}", f"    rng.shuffle(labels)\n    {_UNITS}")),
        ),
    ),
    _known(
        "not-shuffled",
        "The data are cut as they lie",
        "Data often lie in the order in which they were taken: by day, by camera, by patient. The first images of a "
        "class are not like the last, and a test part of the last alone measures something else.",
        "Which images of a class go into the test part? Is that left to chance?",
        *_both(
            Edit((_MEMBERS, "members = names[classes == label]")),
            Edit((_ROW, "row = units[kinds == kind]")),
        ),
    ),
    _known(
        "cut-as-it-lies",
        "The whole data set is cut as it lies, without a look at the classes",
        "Where images are sorted by class, the training part gets the first classes and the test part the last: the "
        "network is tested on what it has never seen.",
        "Print the classes that are in each part, for labels in ascending order.",
        *_both(
            Edit((_CLASSES, _ONE_KIND[0]), (_MEMBERS, "members = names[classes == label]")),
            Edit((_KINDS, _ONE_KIND[1]), (_ROW, "row = units[kinds == kind]")),
        ),
    ),
    _known(
        "generator-ignored",
        "The split is the same whatever the generator",
        "A generator of its own with a fixed seed, or every k-th image without chance: nobody can draw another split "
        "to see how much the result depends on it.",
        "Call it with two different generators and compare.",
        *_generator("rng = np.random.default_rng(0)"),
        *_both(
            Edit(
                (
                    _MEMBERS,
                    "members = names[classes == label][np.argsort(np.arange(np.sum(classes == label)) * 7919 % 10007)]",
                )
            ),
            Edit((_ROW, "row = units[kinds == kind]"), (_PIECES, "[row[one::k] for one in range(k)]")),
        )[1:],
    ),
    _known(
        "not-repeatable",
        "The split differs although the generator is the same",
        "Chance that comes from somewhere else than rng (np.random, random, a generator without a seed) cannot be "
        "repeated: after a break, images of the old test part are in the new training part.",
        "Where does each random number of your code come from?",
        *_generator("rng = np.random.default_rng()"),
    ),
    _known(
        "groups-torn",
        "Copies of an image land in different parts",
        "An image whose copy was seen in training is no test of anything: the accuracy measures memory. What is "
        "divided must be groups, and an image goes where its group goes.",
        "Is there a group with images in two parts? Compare groups[train] with groups[validation].",
        *_both(
            Edit(
                (_NAMES, "names, first = np.arange(len(labels)), np.arange(len(labels))"),
                (_PARTS, "    train, validation, test = (np.array(part) for part in parts)\n"),
            ),
            Edit(
                (_UNITS, "units, place = np.arange(len(labels)), np.arange(len(labels))"),
                ("np.isin(groups, fold)", "np.isin(np.arange(len(labels)), fold)"),
            ),
        ),
    ),
    _known(
        "shares-in-images",
        "A group counts as often as it has images",
        "A group of four images weighs four times in the shares, or draws the others of its group along. What was "
        "asked for are shares of groups: copies tell nothing new.",
        "Count the groups of a class in each part, not its images.",
        Edit(
            (
                _ENDS,
                "ends = np.searchsorted(np.cumsum(np.array([np.sum(groups == one) for one in members])), "
                "cuts * np.sum(labels == label))",
            ),
        ),
        Edit(
            (_NAMES, "names, first = groups, np.arange(len(groups))"),
            (
                _PARTS,
                _PARTS + "    validation = np.setdiff1d(validation, train)\n"
                "    test = np.setdiff1d(test, np.union1d(train, validation))\n",
            ),
        ),
        Edit(
            (_UNITS, "units, place = groups, np.arange(len(groups))"),
            (
                "    inside = [np.isin(groups, fold) for fold in folds]\n",
                "    inside, seen = [], np.zeros(len(groups), dtype=bool)\n    for fold in folds:\n"
                "        inside.append(np.isin(groups, fold) & ~seen)\n        seen |= inside[-1]\n",
            ),
        ),
    ),
    _known(
        "leftovers-in-one-part",
        "One part gets all that rounding leaves over",
        "Rounded down twice, or a fold size of n // k, and the last part takes the rest: it may have several groups of "
        "each class too many. Cut at rounded sums of the shares instead.",
        "Divide 9 groups at 0.6, 0.2, 0.2, and 11 groups into 4 folds. How large are the parts?",
        *_both(
            Edit((_ENDS, "ends = np.cumsum([int(one * len(members)) for one in fractions[:2]])")),
            Edit((_PIECES, "np.split(row, len(row) // k * np.arange(1, k))")),
        ),
        Edit((_ENDS, "ends = np.cumsum([int(np.ceil(one * len(members))) for one in fractions[:2]])")),
    ),
    _known(
        "remainder-lost",
        "What rounding leaves over is in no part",
        "Sizes that are rounded down do not add up to n. The remaining images are neither trained on nor tested, or "
        "are validated in no fold.",
        "Put all parts together: how many images are there?",
        *_both(
            Edit((_CUT, "np.split(members, np.cumsum([int(one * len(members)) for one in fractions]))[:3]")),
            Edit((_PIECES, "np.split(row, len(row) // k * np.arange(1, k + 1))[:k]")),
        ),
        Edit(
            (_PIECES, "np.split(row, len(row) // k * np.arange(1, k + 1))[:k]"),
            ("np.flatnonzero(~mask)", "np.flatnonzero(np.any(inside, axis=0) & ~mask)"),
        ),
    ),
    _known(
        "parts-drawn-apart",
        "The parts are drawn independently and overlap",
        "Every part that is drawn anew from all images shares some with the others, and some images are in none. Draw "
        "one order, and cut it.",
        "np.intersect1d(train, test): is it empty?",
        *_both(
            Edit(
                (
                    _CUT,
                    "(rng.choice(members, size, replace=False) "
                    "for size in np.diff(np.concatenate([[0], ends, [len(members)]])))",
                )
            ),
            Edit((_PIECES, "(np.array_split(rng.permutation(row), k)[one] for one in range(k))")),
        ),
    ),
    _known(
        "no-test-part",
        "There are only two parts",
        "Epochs, rates and the best weights are chosen by the validation part: it is no longer unseen. What a network "
        "is worth is told by a third part that decided nothing.",
        "How many fractions are there, and how many parts?",
        Edit((_RETURN, "return train, validation")),
        Edit((_RETURN, "return train, np.concatenate([validation, test])")),
    ),
    _known(
        "validation-is-test",
        "The validation part is used as the test part",
        "The images by which a model was chosen flatter it. A test part must be of images that decided nothing.",
        "np.intersect1d(validation, test): is it empty?",
        Edit((_RETURN, "return train, validation, validation")),
        Edit((_RETURN, "return train, test, test")),
        Edit((_RETURN, "return train, np.concatenate([validation, test]), np.concatenate([validation, test])")),
    ),
    _known(
        "parts-in-another-order",
        "The parts come in another order",
        "Validation and test part, or training and validation part, stand in each other's place: with unlike shares "
        "that trains on the small part.",
        "In which order do the fractions stand, and in which order do you return the parts?",
        Edit((_RETURN, "return train, test, validation")),
        Edit((_FOLDS, "[(np.flatnonzero(mask), np.flatnonzero(~mask)) for mask in inside]")),
        Edit((_RETURN, "return test, validation, train")),
    ),
    _known(
        "training-on-everything",
        "The training part holds the validation images",
        "What is validated was trained on in the same fold: the worst leak there is, and the loveliest curves.",
        "np.intersect1d(training, validation): is it empty?",
        Edit((_FOLDS, "[(np.arange(len(labels)), np.flatnonzero(mask)) for mask in inside]")),
        Edit((_RETURN, "return np.arange(len(labels)), validation, test")),
        Edit(
            (_FOLDS, "[(np.arange(len(labels)), np.flatnonzero(mask)) for mask in inside]"),
            (_RETURN, "return np.arange(len(labels)), validation, test"),
        ),
    ),
    _known(
        "fold-as-test",
        "One fold is called the test part",
        "The folds of k-fold are validation parts, each in its turn. A test part is put aside before; a fold that is "
        "taken for it is training data in all the others.",
        "How many arrays has each of your folds, and is every other image in its training part?",
        Edit(
            (
                _FOLDS,
                "[(np.flatnonzero(~(inside[i] | inside[i - 1])), np.flatnonzero(inside[i]), "
                "np.flatnonzero(inside[i - 1])) for i in range(k)]",
            )
        ),
        Edit((_FOLDS, "[(np.flatnonzero(~(inside[i] | inside[i - 1])), np.flatnonzero(inside[i])) for i in range(k)]")),
    ),
)

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=MISCONCEPTIONS,
    variants=VARIANTS,
    equivalent={
        "line 7: slice without upper: :-1": "a fourth, empty piece beyond the last cut belongs to no part",
        "line 11: the call gives its argument: np.round(cuts * len(members))": "cuts that are rounded down are off by "
        "less than one group, too",
    },
)
