"""Finding an exercise by its id. Each is a module of its own, imported when it is asked for."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import Any

from coursekit.errors import GradingError, unknown_name

from .answers import Answers
from .exercise import Exercise

# A name and no import: the exercises stand above this room, and import what they need from it.
_ROOM = "coursekit.autograders"


@cache
def exercise_ids() -> tuple[str, ...]:
    """Every id, in the order of the chapters."""
    found = []
    for chapter in pkgutil.iter_modules(importlib.import_module(_ROOM).__path__):
        if re.fullmatch(r"ch\d+", chapter.name):
            package = importlib.import_module(f"{_ROOM}.{chapter.name}")
            names = (re.fullmatch(r"e(\d+)_(\d+)", module.name) for module in pkgutil.iter_modules(package.__path__))
            found += [(int(match[1]), int(match[2])) for match in names if match]
    return tuple(f"{chapter}.{number}" for chapter, number in sorted(found))


def folder() -> Path:
    """The folder of the exercises' files."""
    return Path(importlib.import_module(_ROOM).__path__[0])


def exercise(exercise_id: str) -> Exercise:
    """The exercise of an id, ``"14.1"``.

    Raises:
        ConfigurationError: an id that nobody knows; it names the nearest.
    """
    found: Exercise = _load(exercise_id, "", "EXERCISE", Exercise)
    return found


def answers(exercise_id: str) -> Answers:
    """The answers to an exercise; for the trusted process alone.

    Raises:
        ConfigurationError: an id that nobody knows.
        GradingError: answers that are not there, as in a bundle for a class.
    """
    found: Answers = _load(exercise_id, "answers.", "ANSWERS", Answers)
    return found


def _load(exercise_id: str, part: str, name: str, kind: type) -> Any:
    if exercise_id not in exercise_ids():
        raise unknown_name("exercise", exercise_id, exercise_ids())
    chapter, number = exercise_id.split(".")
    path = f"{_ROOM}.ch{chapter}.{part}e{chapter}_{number}"
    try:
        value = getattr(importlib.import_module(path), name)
    except ModuleNotFoundError as error:
        if error.name is None or not path.startswith(error.name):
            raise
        raise GradingError(
            f"exercise {exercise_id} without its answers",
            expected=f"the module {path}",
            mend="check in the course's own checkout; a bundle for a class holds no answers",
        ) from error
    about = value.exercise if isinstance(value, Answers) else value
    if not isinstance(value, kind) or exercise_id != getattr(about, "id", None):
        raise GradingError(f"{path}.{name}", expected=f"{kind.__name__} of {exercise_id}", mend="correct the file")
    return value
