# right: a class with piles of indices, exact cuts with fractions.Fraction, np.split and np.array_split; unsorted parts
# believes: floats must not decide where the cut is
import math
from fractions import Fraction

import numpy as np


class Deck:
    """The groups of one class as piles of indices."""

    def __init__(self, labels, groups, label):
        here = np.flatnonzero(labels == label)
        self.piles = [here[groups[here] == name] for name in np.unique(groups[here])]

    def __len__(self):
        return len(self.piles)

    def images(self, cards):
        return [self.piles[card] for card in cards]

    @classmethod
    def all_of(cls, labels, groups):
        return [cls(labels, groups, label) for label in np.unique(labels)]


def together(piles):
    return np.concatenate([np.empty(0, dtype=int), *piles])


def stratified_split(labels, groups, fractions, rng):
    """Return the indices of the training, the validation and the test part."""
    shares = [Fraction(float(fraction)).limit_denominator(10**6) for fraction in fractions]
    parts = [[], [], []]
    for deck in Deck.all_of(labels, groups):
        cuts = [math.floor(len(deck) * shares[0]), math.floor(len(deck) * (shares[0] + shares[1]))]
        for part, cards in zip(parts, np.split(rng.permutation(len(deck)), cuts)):
            part += deck.images(cards)
    return tuple(map(together, parts))


def k_fold(labels, groups, k, rng):
    """Return k pairs of indices: training and validation part."""
    folds = [[] for _ in range(k)]
    for deck in Deck.all_of(labels, groups):
        for fold, cards in zip(folds, np.array_split(rng.permutation(len(deck)), k)):
            fold += deck.images(cards)
    pairs = []
    for number in range(k):
        others = [pile for other in range(k) if other != number for pile in folds[other]]
        pairs.append((together(others), together(folds[number])))
    return pairs
