"""Answers to 13.7."""

from __future__ import annotations

from coursekit.autograders.ch13.e13_7 import EXERCISE
from coursekit.grading.answers import Answers

from .capstone.curves import OF_CURVES
from .capstone.networks import OF_BINARY, OF_NETWORKS, OF_OPTIMIZERS
from .capstone.solution import SOLUTION
from .capstone.training import OF_SWEEPS, OF_TRAINING
from .capstone.variants import EQUIVALENT, VARIANTS

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=(*OF_NETWORKS, *OF_OPTIMIZERS, *OF_TRAINING, *OF_BINARY, *OF_SWEEPS, *OF_CURVES),
    variants=VARIANTS,
    equivalent=EQUIVALENT,
)
