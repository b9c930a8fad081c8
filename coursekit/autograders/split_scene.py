"""What can be told of a split or of folds whatever image went where: words that are the same for all right code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain, type_name

Array: TypeAlias = "np.ndarray[Any, Any]"
NOTHING = "nothing was worked out"
ROOM = 1.0 + 1e-6
"""Groups by which a share may be off."""
WITHIN = "right up to one group"
FURTHER = "off by more than one group"
WHOLE, TORN = "none", "some"


def look_at_split(
    student: Student, labels: Array, groups: Array, fractions: tuple[float, ...], seed: int, other: int | None = None
) -> dict[str, Plain]:
    """Split a data set, and with ``other`` again with the same and with another generator; describe the parts."""

    def describe(parts: list[Array]) -> dict[str, Plain]:
        masks = [_mask(part, len(labels)) for part in parts]
        padded = (masks + 3 * [np.zeros(len(labels), dtype=bool)])[:3]
        overlaps = [_some(padded[one] & padded[two], padded[two]) for one, two in ((0, 1), (0, 2), (1, 2))]
        return {
            "missing": _some(~np.any(masks, axis=0)),
            "overlaps": overlaps,
            "shares": [_share(mask, labels, groups, share) for mask, share in zip(padded, fractions, strict=True)],
            "whole": _torn(masks, groups),
            "order": _order(padded, labels),
        }

    words = ["missing", "overlaps", "shares", "whole", "order"]
    return _look(student, "stratified_split", (labels, groups, fractions), (seed, other), _read_split, describe, words)


def look_at_folds(
    student: Student, labels: Array, groups: Array, k: int, seed: int, other: int | None = None
) -> dict[str, Plain]:
    """Make folds of a data set; otherwise as `look_at_split`."""

    def describe(parts: list[Array]) -> dict[str, Plain]:
        masks = [_mask(part, len(labels)) for part in parts]
        training, validation = masks[::2], masks[1::2]
        times = np.sum(validation, axis=0)
        shares = [_share(mask, labels, groups, 1 / k) for mask in validation]
        pairs = list(zip(training, validation, strict=True))
        return {
            "several": _some(times > 1),
            "never": _some(times == 0),
            "leaked": _some(np.concatenate([one & two for one, two in pairs]), np.concatenate(validation)),
            "absent": _some(np.concatenate([~(one | two) for one, two in pairs])),
            "shares": [FURTHER if FURTHER in shares[:-1] else WITHIN],
            "last": shares[-1],
            "whole": WHOLE if all(_torn(pair, groups) == WHOLE for pair in pairs) else TORN,
            "order": _order(validation, labels),
        }

    words = ["several", "never", "leaked", "absent", "shares", "last", "whole", "order"]
    return _look(student, "k_fold", (labels, groups, k), (seed, other), _read_folds, describe, words)


def kept(ordinary: list[dict[str, Plain]], copies: dict[str, Plain]) -> Plain:
    """Whether shares that are right without copies are so with copies, where no group was torn apart."""
    if any(one["whole"] == NOTHING for one in (*ordinary, copies)):
        return NOTHING
    off = any(FURTHER in [*one["shares"], one.get("last")] for one in ordinary)
    worse = FURTHER in [*copies["shares"], copies.get("last")] and not off and copies["whole"] == WHOLE
    return "off, but right without copies" if worse else "as without copies"


def _look(
    student: Student,
    name: str,
    arguments: tuple[Any, ...],
    seeds: tuple[int, int | None],
    read: Callable[[object], Plain],
    describe: Callable[[list[Array]], dict[str, Plain]],
    words: list[str],
) -> dict[str, Plain]:
    labels, groups, third = arguments

    def run(seed: int) -> Plain:
        given = labels.copy(), groups.copy()
        found = student.outcome(name, *given, third, np.random.default_rng(seed), read=read)
        same = np.array_equal(given[0], labels) and np.array_equal(given[1], groups)
        return found, "unchanged" if same else "changed"

    found, inputs = run(seeds[0])
    parts = found.get("parts")
    nothing = dict.fromkeys([*words, "twice", "again", "others", "inputs"], NOTHING)
    if not parts:
        return {**nothing, "kinds": found.get("kinds", found)}
    if any(part.size and not 0 <= part.min() <= part.max() < len(labels) for part in parts):
        return {**nothing, "kinds": "indices beyond the data set"}
    seen = {"kinds": found["kinds"], "inputs": inputs, "again": NOTHING, "others": NOTHING, **describe(parts)}
    repeated = _some(np.concatenate([np.bincount(part, minlength=1) > 1 for part in parts]))
    apart = {*seen.get("overlaps", ()), seen.get("several", "none"), seen.get("leaked", "none")} == {"none"}
    # Of parts that overlap, it depends on how they are put together whether an index is in one of them twice.
    seen["twice"] = repeated if apart else "parts overlap"
    if seeds[1] is not None:
        again, others = (_sets(run(seed)[0].get("parts")) for seed in (seeds[0], seeds[1]))
        first = _sets(parts)
        seen["again"] = _in_classes(first, again, labels)
        seen["others"] = _in_classes(first, others, labels)
    return seen


def _read_split(value: object) -> Plain:
    if type(value) not in (tuple, list):
        return {"kinds": f"one value of type {type_name(value)}"}
    arrays = [_indices(part) for part in value]  # type: ignore[attr-defined]  # it is a tuple or a list
    if any(array is None for array in arrays) or not arrays:
        return {"kinds": "something else than int arrays of indices"}
    return {"kinds": f"{len(arrays)} arrays of indices", "parts": arrays}


def _read_folds(value: object) -> Plain:
    if type(value) not in (tuple, list):
        return {"kinds": f"one value of type {type_name(value)}"}
    folds = [_read_split(fold) for fold in value]  # type: ignore[attr-defined]  # it is a tuple or a list
    other = next((fold["kinds"] for fold in folds if len(fold.get("parts", ())) < 2), "" if folds else "none")
    if other:
        return {"kinds": f"{len(folds)} folds, not all of them pairs: {other}"}
    sizes = sorted({len(fold["parts"]) for fold in folds})
    kinds = f"{len(folds)} folds of {' or '.join(map(str, sizes))} arrays of indices"
    return {"kinds": kinds, "parts": [part for fold in folds for part in fold["parts"][:2]]}


def _indices(value: object) -> Array | None:
    taken = plain(value)
    if type(taken) is list and all(type(item) is int for item in taken):
        taken = np.array(taken, dtype=np.int64)
    if not isinstance(taken, np.ndarray) or taken.ndim != 1 or (taken.size and taken.dtype.kind not in "iu"):
        return None
    return taken.astype(np.int64)


def _mask(part: Array, size: int) -> Array:
    mask = np.zeros(size, dtype=bool)
    mask[part] = True
    return mask


def _some(mask: Array, among: Array | None = None) -> str:
    """How many of the images ``among`` which it is asked; exact numbers are another matter of chance."""
    if not mask.any():
        return "none"
    return "all" if mask.sum() == (mask.size if among is None else among.sum()) else "some"


def _share(mask: Array, labels: Array, groups: Array, share: float) -> str:
    gaps = []
    for label in np.unique(labels):
        own = labels == label
        gaps.append(abs(len(np.unique(groups[own & mask])) - share * len(np.unique(groups[own]))))
    return WITHIN if max(gaps) <= ROOM else FURTHER


def _torn(masks: list[Array] | tuple[Array, ...], groups: Array) -> str:
    found = np.concatenate([np.unique(groups[mask]) for mask in masks])
    whole = len(np.unique(found)) == len(found)
    # An image that is in two parts tears no group: that is another mistake, and it is told elsewhere.
    shared = np.sum(masks, axis=0).max() > 1
    return WHOLE if whole or shared else TORN


def _order(masks: list[Array], labels: Array) -> str:
    """Whether the images of each class were divided as they lie, in blocks."""
    part = np.argmax(masks, axis=0)
    changes = [int(np.count_nonzero(np.diff(part[labels == label]))) for label in np.unique(labels)]
    return "blocks, as they lie" if max(changes) < len(masks) else "mixed"


def _sets(parts: list[Array] | None) -> list[Array]:
    return [np.unique(part) for part in parts or []]


def _in_classes(one: Any, other: Any, labels: Array) -> str:
    if len(one) != len(other):
        return "a different number of parts"
    same = []
    for label in np.unique(labels):
        pairs = ((a[labels[a] == label], b[labels[b] == label]) for a, b in zip(one, other, strict=True))
        same.append(all(np.array_equal(a, b) for a, b in pairs))
    return "the same parts" if all(same) else "other parts" + " of some classes" * any(same)
