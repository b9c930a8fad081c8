"""Answers to 14.8."""

from __future__ import annotations

from coursekit.autograders.ch14.e14_8 import EXERCISE
from coursekit.grading.answers import Answers

from .complete_loop.evaluating import OF_EVALUATION
from .complete_loop.keeping import OF_FILES, OF_HISTORY, OF_KEEPING, OF_PICTURES
from .complete_loop.solution import SOLUTION
from .complete_loop.stopping import OF_SCHEDULE, OF_STOPPING
from .complete_loop.training import OF_STEPS, OF_TRAINING_FIGURES
from .complete_loop.variants import EQUIVALENT, VARIANTS

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=(
        *OF_STEPS,
        *OF_TRAINING_FIGURES,
        *OF_EVALUATION,
        *OF_STOPPING,
        *OF_SCHEDULE,
        *OF_KEEPING,
        *OF_FILES,
        *OF_HISTORY,
        *OF_PICTURES,
    ),
    variants=VARIANTS,
    equivalent=EQUIVALENT,
)
