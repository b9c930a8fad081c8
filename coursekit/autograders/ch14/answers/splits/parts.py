"""What goes wrong where parts are cut and given back."""

from __future__ import annotations

from coursekit.autograders.ch14.answers.splits.solution import CUT, ENDS, FOLDS, PARTS, PIECES, RETURN, both, known
from coursekit.grading.answers import Edit

PARTING = (
    known(
        "leftovers-in-one-part",
        "One part gets all that rounding leaves over",
        "Rounded down twice, or a fold size of n // k, and the last part takes the rest: it may have several groups of "
        "each class too many. Cut at rounded sums of the shares instead.",
        "Divide 9 groups at 0.6, 0.2, 0.2, and 11 groups into 4 folds. How large are the parts?",
        *both(
            Edit((ENDS, "ends = np.cumsum([int(one * len(members)) for one in fractions[:2]])")),
            Edit((PIECES, "np.split(row, len(row) // k * np.arange(1, k))")),
        ),
        Edit((ENDS, "ends = np.cumsum([int(np.ceil(one * len(members))) for one in fractions[:2]])")),
    ),
    known(
        "remainder-lost",
        "What rounding leaves over is in no part",
        "Sizes that are rounded down do not add up to n. The remaining images are neither trained on nor tested, or "
        "are validated in no fold.",
        "Put all parts together: how many images are there?",
        *both(
            Edit((CUT, "np.split(members, np.cumsum([int(one * len(members)) for one in fractions]))[:3]")),
            Edit((PIECES, "np.split(row, len(row) // k * np.arange(1, k + 1))[:k]")),
        ),
        Edit(
            (PIECES, "np.split(row, len(row) // k * np.arange(1, k + 1))[:k]"),
            ("np.flatnonzero(~mask)", "np.flatnonzero(np.any(inside, axis=0) & ~mask)"),
        ),
    ),
    known(
        "parts-drawn-apart",
        "The parts are drawn independently and overlap",
        "Every part that is drawn anew from all images shares some with the others, and some images are in none. Draw "
        "one order, and cut it.",
        "np.intersect1d(train, test): is it empty?",
        *both(
            Edit(
                (
                    CUT,
                    "(rng.choice(members, size, replace=False) "
                    "for size in np.diff(np.concatenate([[0], ends, [len(members)]])))",
                )
            ),
            Edit((PIECES, "(np.array_split(rng.permutation(row), k)[one] for one in range(k))")),
        ),
    ),
    known(
        "no-test-part",
        "There are only two parts",
        "Epochs, rates and the best weights are chosen by the validation part: it is no longer unseen. What a network "
        "is worth is told by a third part that decided nothing.",
        "How many fractions are there, and how many parts?",
        Edit((RETURN, "return train, validation")),
        Edit((RETURN, "return train, np.concatenate([validation, test])")),
    ),
    known(
        "validation-is-test",
        "The validation part is used as the test part",
        "The images by which a model was chosen flatter it. A test part must be of images that decided nothing.",
        "np.intersect1d(validation, test): is it empty?",
        Edit((RETURN, "return train, validation, validation")),
        Edit((RETURN, "return train, test, test")),
        Edit((RETURN, "return train, np.concatenate([validation, test]), np.concatenate([validation, test])")),
    ),
    known(
        "parts-in-another-order",
        "The parts come in another order",
        "Validation and test part, or training and validation part, stand in each other's place: with unlike shares "
        "that trains on the small part.",
        "In which order do the fractions stand, and in which order do you return the parts?",
        Edit((RETURN, "return train, test, validation")),
        Edit((FOLDS, "[(np.flatnonzero(mask), np.flatnonzero(~mask)) for mask in inside]")),
        Edit((RETURN, "return test, validation, train")),
    ),
    known(
        "training-on-everything",
        "The training part holds the validation images",
        "What is validated was trained on in the same fold: the worst leak there is, and the loveliest curves.",
        "np.intersect1d(training, validation): is it empty?",
        Edit((FOLDS, "[(np.arange(len(labels)), np.flatnonzero(mask)) for mask in inside]")),
        Edit((RETURN, "return np.arange(len(labels)), validation, test")),
        Edit(
            (FOLDS, "[(np.arange(len(labels)), np.flatnonzero(mask)) for mask in inside]"),
            (RETURN, "return np.arange(len(labels)), validation, test"),
        ),
    ),
    known(
        "fold-as-test",
        "One fold is called the test part",
        "The folds of k-fold are validation parts, each in its turn. A test part is put aside before; a fold that is "
        "taken for it is training data in all the others.",
        "How many arrays has each of your folds, and is every other image in its training part?",
        Edit(
            (
                FOLDS,
                "[(np.flatnonzero(~(inside[i] | inside[i - 1])), np.flatnonzero(inside[i]), "
                "np.flatnonzero(inside[i - 1])) for i in range(k)]",
            )
        ),
        Edit((FOLDS, "[(np.flatnonzero(~(inside[i] | inside[i - 1])), np.flatnonzero(inside[i])) for i in range(k)]")),
    ),
    known(
        "masks-for-indices",
        "Masks are returned in place of indices",
        "A mask has N values, true or false; indices are as many as there are images in the part.",
        "What is the length of what you return, and what does np.flatnonzero make of it?",
        *both(
            Edit((PARTS, PARTS.replace("np.flatnonzero(np.isin(groups, part))", "np.isin(groups, part)"))),
            Edit((FOLDS, "[(~mask, mask) for mask in inside]")),
        ),
    ),
    known(
        "validation-parts-alone",
        "A fold is its validation part alone",
        "Each fold is a pair: what is trained on, and what is validated.",
        "What would a loop over training, validation in your folds get?",
        Edit((FOLDS, "[np.flatnonzero(mask) for mask in inside]")),
    ),
)
