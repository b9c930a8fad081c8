"""What goes wrong where groups and classes are divided by chance."""

from __future__ import annotations

from coursekit.autograders.ch14.answers.splits.solution import (
    CLASSES,
    ENDS,
    FOLDS,
    KINDS,
    MEMBERS,
    NAMES,
    ONE_KIND,
    PARTS,
    PIECES,
    ROW,
    UNITS,
    both,
    generator,
    known,
)
from coursekit.grading.answers import Edit


def _labels(shuffled: str, *, by_image: bool) -> tuple[Edit, ...]:
    """Labels that are shuffled first; the groups of a class from their first images, or from all images."""
    ways = ((NAMES, MEMBERS, "label"), (UNITS, ROW, "kind"))
    split, folds = (
        Edit(
            (f"    {begin}", f"    {shuffled}\n    {begin}"),
            (
                line,
                f"{line.split(' = ')[0]} = rng.permutation(np.unique(groups[labels == {name}]))" if by_image else line,
            ),
        )
        for begin, line, name in ways
    )
    return both(split, folds)


_IMAGES = "np.cumsum([np.sum(groups == one) for one in {row}])"
_SPLIT_BY_IMAGES = Edit(
    (ENDS, f"ends = np.searchsorted({_IMAGES.format(row='members')}, cuts * np.sum(labels == label))")
)
_FOLDS_BY_IMAGES = Edit(
    (
        PIECES,
        f"np.split(row, np.searchsorted({_IMAGES.format(row='row')}, np.arange(1, k) * np.sum(labels == kind) / k))",
    )
)

DIVIDING = (
    known(
        "not-stratified",
        "The parts are drawn from all images at once",
        "A shuffled data set that is cut gives every part about the right shares, and never quite. A class with few "
        "images can be missing from the validation part. The same comes of labels that were shuffled apart from the "
        "indices: then the classes that are divided are not those of the images.",
        "Count the images of the rarest class in each part, for several generators.",
        *both(Edit((CLASSES, ONE_KIND[0])), Edit((KINDS, ONE_KIND[1]))),
    ),
    known(
        "labels-shuffled-apart",
        "The labels are shuffled apart from the images",
        "From then on no label belongs to its image: the classes that are divided are not those of the images. And "
        "rng.shuffle changes the array that was passed in, so that the caller's network learns from wrong labels.",
        "Which label belongs to image 0 after your shuffling? And who else holds the array?",
        *_labels("rng.shuffle(labels)", by_image=False),
        *_labels("rng.shuffle(labels)", by_image=True),
        *_labels("labels = rng.permutation(labels)", by_image=True),
    ),
    known(
        "not-shuffled",
        "The data are cut as they lie",
        "Data often lie in the order in which they were taken: by day, by camera, by patient. The first images of a "
        "class are not like the last, and a test part of the last alone measures something else.",
        "Which images of a class go into the test part? Is that left to chance?",
        *both(
            Edit((MEMBERS, "members = names[classes == label]")),
            Edit((ROW, "row = units[kinds == kind]")),
        ),
    ),
    known(
        "cut-as-it-lies",
        "The whole data set is cut as it lies, without a look at the classes",
        "Where images are sorted by class, the training part gets the first classes and the test part the last: the "
        "network is tested on what it has never seen.",
        "Print the classes that are in each part, for labels in ascending order.",
        *both(
            Edit((CLASSES, ONE_KIND[0]), (MEMBERS, "members = names[classes == label]")),
            Edit((KINDS, ONE_KIND[1]), (ROW, "row = units[kinds == kind]")),
        ),
    ),
    known(
        "generator-ignored",
        "The split is the same whatever the generator",
        "A generator of its own with a fixed seed, or every k-th image without chance: nobody can draw another split "
        "to see how much the result depends on it.",
        "Call it with two different generators and compare.",
        *generator("rng = np.random.default_rng(0)"),
        *both(
            Edit(
                (
                    MEMBERS,
                    "members = names[classes == label][np.argsort(np.arange(np.sum(classes == label)) * 7919 % 10007)]",
                )
            ),
            Edit((ROW, "row = units[kinds == kind]"), (PIECES, "[row[one::k] for one in range(k)]")),
        )[1:],
    ),
    known(
        "not-repeatable",
        "The split differs although the generator is the same",
        "Chance that comes from somewhere else than rng (np.random, random, a generator without a seed) cannot be "
        "repeated: after a break, images of the old test part are in the new training part.",
        "Where does each random number of your code come from?",
        *generator("rng = np.random.default_rng()"),
    ),
    known(
        "groups-torn",
        "Copies of an image land in different parts",
        "An image whose copy was seen in training is no test of anything: the accuracy measures memory. What is "
        "divided must be groups, and an image goes where its group goes.",
        "Is there a group with images in two parts? Compare groups[train] with groups[validation].",
        *both(
            Edit(
                (NAMES, "names, first = np.arange(len(labels)), np.arange(len(labels))"),
                (PARTS, "    train, validation, test = (np.array(part) for part in parts)\n"),
            ),
            Edit(
                (UNITS, "units, place = np.arange(len(labels)), np.arange(len(labels))"),
                ("np.isin(groups, fold)", "np.isin(np.arange(len(labels)), fold)"),
            ),
        ),
    ),
    known(
        "shares-in-images",
        "A group counts as often as it has images",
        "A group of four images weighs four times in the shares, or draws the others of its group along. What was "
        "asked for are shares of groups: copies tell nothing new.",
        "Count the groups of a class in each part, not its images.",
        *both(_SPLIT_BY_IMAGES, _FOLDS_BY_IMAGES)[1:],
        _SPLIT_BY_IMAGES.join(_FOLDS_BY_IMAGES),
        Edit(
            (NAMES, "names, first = groups, np.arange(len(groups))"),
            (
                PARTS,
                PARTS + "    validation = np.setdiff1d(validation, train)\n"
                "    test = np.setdiff1d(test, np.union1d(train, validation))\n",
            ),
        ),
        Edit(
            (UNITS, "units, place = groups, np.arange(len(groups))"),
            (
                "    inside = [np.isin(groups, fold) for fold in folds]\n",
                "    inside, seen = [], np.zeros(len(groups), dtype=bool)\n    for fold in folds:\n"
                "        inside.append(np.isin(groups, fold) & ~seen)\n        seen |= inside[-1]\n",
            ),
        ),
    ),
    known(
        "groups-not-unique",
        "A group with copies is shuffled and divided once for each of its images",
        "The same number stands in the row several times, and is cut into several parts: all its images are in each of "
        "them.",
        "How often does the number of a group with three images stand in what you shuffle?",
        *both(
            Edit((NAMES, "names, first = groups, np.arange(len(groups))")),
            Edit((UNITS, "units, place = groups, np.arange(len(groups))")),
        ),
    ),
    known(
        "copies-dropped",
        "Of each group, one image alone is in a part",
        "The groups were divided, and their first images returned. The copies are lost: every image belongs where its "
        "group is.",
        "How many images are in your parts, and how many are there?",
        *both(
            Edit(
                (
                    PARTS,
                    PARTS.replace(
                        "np.isin(groups, part)", "np.isin(np.arange(len(groups)), first[np.isin(names, part)])"
                    ),
                )
            ),
            Edit(("np.isin(groups, fold)", "np.isin(np.arange(len(groups)), place[np.isin(units, fold)])")),
        ),
        Edit(
            ("np.isin(groups, fold)", "np.isin(np.arange(len(groups)), place[np.isin(units, fold)])"),
            ("np.flatnonzero(~mask)", "np.flatnonzero(~mask & np.any(inside, axis=0))"),
        ),
    ),
    known(
        "groups-for-images",
        "Numbers of groups are returned in place of images",
        "A part is an array of indices: what images[part] takes. The number of a group may be anything.",
        "Can images[part] be taken with what you return?",
        *both(
            Edit((PARTS, "    train, validation, test = (np.array(part) for part in parts)\n")),
            Edit((FOLDS, "[(np.setdiff1d(units, fold), np.array(fold)) for fold in folds]")),
        ),
    ),
)
