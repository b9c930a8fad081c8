"""Answers to 13.4."""

from __future__ import annotations

from coursekit.autograders.ch13.e13_4 import EXERCISE
from coursekit.grading.answers import Answers

from .gradient_tools.clipping import OF_CLIPPING
from .gradient_tools.differences import OF_DIFFERENCES
from .gradient_tools.solution import SOLUTION
from .gradient_tools.variants import VARIANTS

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=(*OF_CLIPPING, *OF_DIFFERENCES),
    variants=VARIANTS,
    equivalent={
        "line 6: Gt becomes GtE: norm > max_norm": "where both are equal, the factor is 1",
        "line 14: None for argument 1: x.astype(np.float64)": "astype(None) is float64",
        "line 15: None for argument 1: x.astype(np.float64)": "astype(None) is float64",
    },
)
