"""Answers to 14.4."""

from __future__ import annotations

from coursekit.autograders.ch14.e14_4 import EXERCISE
from coursekit.grading.answers import Answers, Form, Misconception

SOLUTION = """\
import copy
import math


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    best_loss, wait, losses = math.inf, 0, []
    for epoch in range(1, max_epochs + 1):
        train_epoch(model)
        loss = validate(model)
        losses.append(loss)
        if loss < best_loss - min_delta:
            best_loss, best_epoch, wait = loss, epoch, 0
            best_state = copy.deepcopy(model.state_dict())
        else:
            wait += 1
            if wait >= patience:
                break
    model.load_state_dict(best_state)
    return best_epoch, losses
"""
MISCONCEPTIONS: tuple[Misconception, ...] = ()
VARIANTS: dict[str, Form] = {}
ANSWERS = Answers(exercise=EXERCISE, solution=SOLUTION, misconceptions=MISCONCEPTIONS, variants=VARIANTS)
