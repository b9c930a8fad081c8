"""Answers to 14.4."""

from __future__ import annotations

from coursekit.autograders.ch14.e14_4 import EXERCISE
from coursekit.grading.answers import Answers

from .early_stopping.counting import OF_COUNTING
from .early_stopping.improving import OF_IMPROVING
from .early_stopping.keeping import OF_KEEPING
from .early_stopping.solution import SOLUTION
from .early_stopping.variants import VARIANTS

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=(*OF_COUNTING, *OF_IMPROVING, *OF_KEEPING),
    variants=VARIANTS,
    equivalent={
        "line 6: 0 becomes -1: 0": "the first loss that is a number sets the counter to 0, and there is one before "
        "patience ends",
    },
)
