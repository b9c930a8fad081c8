"""14.6, judged on code that was written from its text alone."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from coursekit.autograders.split_scene import _order, _share, _torn
from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.report import Report

SPLIT = """
import numpy as np
import collections, itertools, math

def stratified_split(labels, groups, fractions, rng):
    train, val, test = [], [], []
    for c in np.unique(labels):
        g = np.unique(groups[labels == c])
        g = rng.permutation(g)
        a = int(round(len(g) * fractions[0]))
        b = int(round(len(g) * (fractions[0] + fractions[1])))
        train.append(np.where(np.isin(groups, g[:a]))[0])
        val.append(np.where(np.isin(groups, g[a:b]))[0])
        test.append(np.where(np.isin(groups, g[b:]))[0])
    return np.concatenate(train), np.concatenate(val), np.concatenate(test)
"""

FOLD = """
def k_fold(labels, groups, k, rng):
    val_parts = [[] for i in range(k)]
    for c in np.unique(labels):
        g = rng.permutation(np.unique(groups[labels == c]))
        for i in range(len(g)):
            val_parts[i % k].extend(np.where(groups == g[i])[0])
    result = []
    for i in range(k):
        val = np.array(val_parts[i])
        train = np.concatenate([np.array(val_parts[j]) for j in range(k) if j != i])
        result.append((train, val))
    return result
"""

RIGHT = {
    "plain": SPLIT + FOLD,
    "sets and dicts": """
from collections import defaultdict

def lots(labels, groups, rng):
    where = defaultdict(lambda: defaultdict(list))
    for index in range(len(labels)):
        where[int(labels[index])][int(groups[index])].append(index)
    for members in where.values():
        rows = list(members.values())
        yield [rows[number] for number in rng.permutation(len(rows))]

def stratified_split(labels, groups, fractions, rng):
    parts = [[], [], []]
    for rows in lots(labels, groups, rng):
        for number, row in enumerate(rows):
            middle = (number + 0.5) / len(rows)
            part = 0 if middle < fractions[0] else 1 if middle < 1 - fractions[2] else 2
            parts[part] += row
    return [sorted(part) for part in parts]

def k_fold(labels, groups, k, rng):
    parts, turn = [set() for _ in range(k)], 0
    for rows in lots(labels, groups, rng):
        for row in rows:
            parts[turn % k].update(row)
            turn += 1
    everything = set(range(len(labels)))
    return [(sorted(everything - part), sorted(part)) for part in parts]
""",
    "a score for every group": """
import numpy as np

def positions(labels, groups, rng):
    g, back = np.unique(groups, return_inverse=True)
    score = rng.random(len(g))[back]
    out = np.zeros(len(labels))
    for c in set(labels.tolist()):
        mine = labels == c
        _, rank = np.unique(score[mine], return_inverse=True)
        out[mine] = rank / (rank.max() + 1)
    return out

def stratified_split(labels, groups, fractions, rng):
    p = positions(labels, groups, rng) + 1e-9
    f1, f2, f3 = fractions
    return (np.argwhere(p < f1).ravel(), np.argwhere((p >= f1) & (p < f1 + f2)).ravel(),
            np.argwhere(p >= f1 + f2).ravel())

def k_fold(labels, groups, k, rng):
    fold = np.floor(positions(labels, groups, rng) * k + 1e-9)
    return [(np.argwhere(fold != i).ravel(), np.argwhere(fold == i).ravel()) for i in range(k)]
""",
    "test part first, then the rest": """
import numpy as np

def take(names, share, rng):
    n = int(np.floor(share * len(names) + 0.5))
    picked = rng.choice(names, size=n, replace=False)
    return picked, np.setdiff1d(names, picked)

def stratified_split(labels, groups, fractions, rng):
    out = [np.empty(0, np.int64)] * 3
    for label in range(labels.max() + 1):
        names = np.unique(groups[labels == label])
        if len(names) == 0:
            continue
        test, rest = take(names, fractions[2], rng)
        val, train = take(rest, fractions[1] / (fractions[0] + fractions[1]), rng)
        for number, chosen in enumerate([train, val, test]):
            out[number] = np.r_[out[number], np.flatnonzero(np.isin(groups, chosen))]
    return tuple(out)

def k_fold(labels, groups, k, rng):
    validation = [[] for _ in range(k)]
    for label in range(labels.max() + 1):
        left = np.unique(groups[labels == label])
        for number in range(k):
            size = round(len(left) / (k - number))
            picked = rng.choice(left, size, replace=False) if size else left[:0]
            left = np.setdiff1d(left, picked)
            validation[number] += np.flatnonzero(np.isin(groups, picked)).tolist()
    return [(np.delete(np.arange(len(labels)), part), np.array(part, dtype=int)) for part in validation]
""",
    "folds by the split's way, generators": """
import numpy as np

def divide(labels, groups, shares, rng):
    rng = np.random.Generator(np.random.PCG64(rng.bit_generator.random_raw()))
    owner = {}
    for label in sorted(set(labels)):
        names = sorted(set(groups[labels == label]))
        rng.shuffle(names)
        bounds = np.rint(np.add.accumulate(shares) * len(names))
        owner.update((name, int(np.searchsorted(bounds, i, side="right"))) for i, name in enumerate(names))
    return np.array([owner[g] for g in groups])

def stratified_split(labels, groups, fractions, rng):
    part = divide(labels, groups, fractions, rng)
    return tuple((part == i).nonzero()[0] for i in range(3))

def k_fold(labels, groups, k, rng):
    part = divide(labels, groups, np.full(k, 1 / k), rng)
    return [[(part != i).nonzero()[0], (part == i).nonzero()[0]] for i in range(k)]
""",
}

UNIQUE = "g = np.unique(groups[labels == c])\n"
BEGIN = "train, val, test = [], [], []"

WRONG: dict[str, tuple[Any, ...]] = {
    "images for groups": (
        "groups-torn",
        (UNIQUE + "        g = rng.permutation(g)\n", "g = rng.permutation(np.where(labels == c)[0])\n"),
        ("np.where(np.isin(groups, g[:a]))[0]", "g[:a]"),
        ("np.where(np.isin(groups, g[a:b]))[0]", "g[a:b]"),
        ("np.where(np.isin(groups, g[b:]))[0]", "g[b:]"),
    ),
    "not shuffled": ("not-shuffled", ("        g = rng.permutation(g)\n", "")),
    "one seed for ever": (
        "generator-ignored",
        ("g = rng.permutation(g)", "g = np.random.RandomState(42).permutation(g)"),
    ),
    "the global generator": ("not-repeatable", ("g = rng.permutation(g)", "g = np.random.permutation(g)")),
    "rounded down twice": (
        "leftovers-in-one-part",
        ("int(round(len(g) * (fractions[0] + fractions[1])))", "a + int(len(g) * fractions[1])"),
        ("int(round(len(g) * fractions[0]))", "int(len(g) * fractions[0])"),
    ),
    "rounded down three times": (
        "remainder-lost",
        ("int(round(len(g) * (fractions[0] + fractions[1])))", "a + int(len(g) * fractions[1])"),
        ("int(round(len(g) * fractions[0]))", "int(len(g) * fractions[0])"),
        ("g[b:]", "g[b:b + int(len(g) * fractions[2])]"),
    ),
    "two parts": (
        "no-test-part",
        (
            "return np.concatenate(train), np.concatenate(val), np.concatenate(test)",
            "return np.concatenate(train), np.concatenate(val + test)",
        ),
    ),
    "the same part twice": (
        "validation-is-test",
        ("np.concatenate(test)\n", "np.concatenate(val)\n"),
    ),
    "in another order": (
        "parts-in-another-order",
        ("np.concatenate(val), np.concatenate(test)", "np.concatenate(test), np.concatenate(val)"),
    ),
    "not by class": (
        "not-stratified",
        ("for c in np.unique(labels):\n        " + UNIQUE, "for c in [0]:\n        g = np.unique(groups)\n"),
    ),
    "labels shuffled": ("labels-shuffled-apart", (BEGIN, "rng.shuffle(labels)\n    " + BEGIN)),
    "labels of other images": ("labels-shuffled-apart", (BEGIN, "labels = rng.permutation(labels)\n    " + BEGIN)),
    "drawn three times": (
        "parts-drawn-apart",
        ("np.isin(groups, g[a:b])", "np.isin(groups, rng.permutation(g)[a:b])"),
        ("np.isin(groups, g[b:])", "np.isin(groups, rng.permutation(g)[b:])"),
    ),
    "trained on all": ("training-on-everything", (" if j != i", "")),
    "remainder in no fold": ("remainder-lost", ("range(len(g))", "range(len(g) // k * k)")),
    "pairs turned around": ("parts-in-another-order", ("(train, val)", "(val, train)")),
    "a fold for the test": (
        "fold-as-test",
        ("(train, val)", "(np.setdiff1d(train, val_parts[i - 1]), val, val_parts[i - 1])"),
    ),
    "masks": (
        "masks-for-indices",
        ("result.append((train, val))", "result.append((np.isin(np.arange(len(labels)), train), val))"),
    ),
}


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("14.6", observe_source("14.6", source, seed), seed)


def _wrong(name: str) -> Report:
    source = SPLIT + FOLD
    for old, new in WRONG[name][1:]:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return _judged(source)


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    for seed in (1, 2):
        report = _judged(RIGHT[name], seed)
        assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    report = _wrong(name)
    assert report.status == "failed"
    assert {finding.name for finding in report.misconceptions} == set((WRONG[name][0] or "").split())


def test_one_mistake_costs_its_own_points_alone() -> None:
    names = ("images for groups", "not shuffled", "rounded down twice", "remainder in no fold", "not by class")
    assert {name: _wrong(name).points for name in names} == {
        "images for groups": 8,
        "not shuffled": 9,
        "rounded down twice": 8,
        "remainder in no fold": 8,
        "not by class": 8,
    }


def test_each_function_has_points_of_its_own() -> None:
    stub = "\ndef k_fold(labels, groups, k, rng):\n    raise NotImplementedError\n"
    report = _judged(SPLIT + stub)
    assert {one.name for one in report.checks if one.passed} == {"split", "split-shares"}


def test_the_rounding_rule_is_that_of_the_text() -> None:
    labels, groups = np.zeros(9, dtype=np.int64), np.arange(9)
    shares = {size: _share(groups < size, labels, groups, 0.2) for size in range(4)}
    assert [size for size, word in shares.items() if word.startswith("right")] == [1, 2]


def test_a_group_counts_once_and_is_torn_where_two_parts_hold_it() -> None:
    groups = np.array([5, 5, 5, 8, 9])
    first, second = np.array([1, 1, 1, 0, 0], dtype=bool), np.array([1, 0, 0, 1, 1], dtype=bool)
    assert _share(first, np.zeros(5, dtype=np.int64), groups, 1 / 3).startswith("right")
    assert (_torn([first, ~first], groups), _torn([second, ~second], groups)) == ("none", "some")


def test_blocks_are_told_from_chance() -> None:
    labels = np.array([0, 1] * 6)
    part = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
    masks = [part == number for number in range(3)]
    assert _order(masks, labels).startswith("blocks")
    assert _order([mask[[6, 0, 2, 8, 10, 1, 4, 3, 0, 5, 8, 7]] for mask in masks], labels) == "mixed"


def test_grading_it_needs_no_framework() -> None:
    code = (
        "import sys; from coursekit.grading.judge import judge_bytes; from coursekit.grading.registry import answers;"
        "from coursekit.grading.observing import observe_source;"
        "assert judge_bytes('14.6', observe_source('14.6', answers('14.6').solution, 1), 1).passed;"
        "assert not {'torch', 'tensorflow', 'keras', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
