"""Answers to 13.3."""

from __future__ import annotations

from coursekit.autograders.ch13.e13_3 import EXERCISE
from coursekit.grading.answers import Answers

from .overlap.boxes import OF_BOXES
from .overlap.detection import OF_DETECTION
from .overlap.dice import OF_DICE
from .overlap.solution import SOLUTION
from .overlap.variants import VARIANTS

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=(*OF_DICE, *OF_BOXES, *OF_DETECTION),
    variants=VARIANTS,
    equivalent={
        "line 46: the call is left out: binary.mean()": "all images have as many locations: the last mean does it",
    },
)
