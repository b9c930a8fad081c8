"""Answers to 14.6."""

from __future__ import annotations

from coursekit.autograders.ch14.answers.splits.dividing import DIVIDING
from coursekit.autograders.ch14.answers.splits.parts import PARTING
from coursekit.autograders.ch14.answers.splits.solution import SOLUTION
from coursekit.autograders.ch14.answers.splits.variants import VARIANTS
from coursekit.autograders.ch14.e14_6 import EXERCISE
from coursekit.grading.answers import Answers

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=(*DIVIDING, *PARTING),
    variants=VARIANTS,
    equivalent={
        "line 7: slice without upper: :-1": "a fourth, empty piece beyond the last cut belongs to no part",
        "line 11: the call gives its argument: np.round(cuts * len(members))": "cuts that are rounded down are off by "
        "less than one group, too",
    },
)
