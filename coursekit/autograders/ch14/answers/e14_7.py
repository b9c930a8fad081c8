"""Answers to 14.7."""

from __future__ import annotations

from coursekit.autograders.ch14.e14_7 import EXERCISE
from coursekit.grading.answers import Answers

from .loop_repair.gradients import OF_GRADIENTS
from .loop_repair.means import OF_MEANS
from .loop_repair.modes import OF_MODES
from .loop_repair.solution import SOLUTION
from .loop_repair.variants import VARIANTS

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=(*OF_GRADIENTS, *OF_MODES, *OF_MEANS),
    variants=VARIANTS,
)
