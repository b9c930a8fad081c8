"""Answers to 14.3."""

from __future__ import annotations

from coursekit.autograders.ch14.e14_3 import EXERCISE
from coursekit.grading.answers import Answers

from .evaluation.accuracy import OF_ACCURACY
from .evaluation.gradients import OF_GRADIENTS
from .evaluation.losses import OF_LOSSES
from .evaluation.means import OF_MEANS
from .evaluation.modes import OF_MODES
from .evaluation.solution import SOLUTION
from .evaluation.variants import VARIANTS

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=(*OF_MEANS, *OF_ACCURACY, *OF_LOSSES, *OF_MODES, *OF_GRADIENTS),
    variants=VARIANTS,
)
