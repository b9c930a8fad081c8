"""The solution of 14.4, and what its misconceptions change in it."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form, Misconception

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
STOPPING = "Chapter 14, Early stopping"
STATES = "Chapter 14, Checkpoints and exact resume"

EPOCHS = "range(1, max_epochs + 1)"
TRAIN = "        train_epoch(model)\n"
LOSS = "        loss = validate(model)\n"
APPEND = "        losses.append(loss)\n"
BETTER = "loss < best_loss - min_delta"
KEEP = "            best_loss, best_epoch, wait = loss, epoch, 0\n"
COPY = "            best_state = copy.deepcopy(model.state_dict())\n"
ELSE = "        else:\n"
WAIT = "            wait += 1\n"
STOP = "            if wait >= patience:\n"
BREAK = "                break\n"
LOAD = "    model.load_state_dict(best_state)\n"
RESULT = "return best_epoch, losses"


def known(name: str, title: str, explanation: str, hint: str, *forms: Form, reading: str = STOPPING) -> Misconception:
    """A misconception in few words."""
    return Misconception(name=name, title=title, explanation=explanation, hint=hint, reading=reading, forms=forms)


def better(condition: str) -> Edit:
    """Something else counts as an improvement."""
    return Edit((BETTER, condition))


def result(what: str) -> Edit:
    """Something else is returned."""
    return Edit((RESULT, f"return {what}"))
