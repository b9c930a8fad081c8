"""A made-up class: copies of released notebooks, filled in with right code, known mistakes, stubs and hostile code.

Everything is drawn from one seed, so that two calls hand in the same.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

# Each tries to take the grader, or the others, down with it. What is behind the walls is tried in tests/attacks.
HOSTILE: Final[Mapping[str, str]] = {
    "loops": "while True:\n    pass",
    "exits": "import os\nos._exit(0)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "floods": "import os\nwhile True:\n    os.write(1, b'x' * 65536)",
    "takes memory": "kept = []\nwhile True:\n    kept.append(bytearray(1 << 24))",
    "kills": "import os, signal\nos.kill(-1, signal.SIGKILL)",
    "forges": """
import os
for one in range(3, 64):
    try:
        os.write(one, b'CKOB1' + bytes(64))
    except OSError:
        pass
""",
    "forks": "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
    "forks and sleeps": "import os, time\nif os.fork() == 0:\n    time.sleep(1000)\nraise SystemExit(0)",
    "recurses": "import sys\nsys.setrecursionlimit(10**9)\ndef f():\n    f()\nf()",
    "patches": """
import builtins
import numpy
numpy.allclose = numpy.array_equal = lambda *a, **k: True
builtins.abs = lambda x: 0
""",
}


def sources(exercise_id: str) -> list[str]:
    """Right code in all styles, every known mistake, and the stub."""
    from coursekit.grading.registry import answers

    found = answers(exercise_id)
    right = [found.solution, *(found.variant(name) for name in found.variants)]
    wrong = [found.source((*one.forms, *one.kin)[0]) for one in found.misconceptions]
    return [*right, *right, *wrong, found.exercise.starter]


def hand_in(
    released: Path,
    submitted: Path,
    students: int,
    *,
    exercises: Iterable[str],
    hostile: float = 0.0,
    seed: int = 0,
) -> dict[str, str]:
    """Write ``submitted/{student}/{notebook}/{notebook}.ipynb`` for a class.

    Args:
        released: a released notebook.
        submitted: the folder to write to.
        students: how many.
        exercises: those that are filled in; the others stay stubs.
        hostile: share of the students whose code for the first exercise is hostile.
        seed: decides who writes what.

    Returns:
        Student -> the name of what is hostile.
    """
    draw = random.Random(seed)
    source = json.loads(released.read_text("utf-8"))
    pool = {exercise_id: sources(exercise_id) for exercise_id in exercises}
    bad: dict[str, str] = {}
    for number in range(students):
        student = f"student{number:04d}"
        notebook: dict[str, Any] = copy.deepcopy(source)
        for exercise_id, choices in pool.items():
            _fill(notebook, exercise_id, draw.choice(choices))
        if draw.random() < hostile:
            bad[student] = draw.choice(sorted(HOSTILE))
            _fill(notebook, next(iter(pool)), HOSTILE[bad[student]])
        path = submitted / student / released.stem / released.name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), "utf-8")
    return bad


def keep_only(notebook: dict[str, Any], exercise_id: str) -> dict[str, Any]:
    """A released notebook with one exercise alone."""
    kept = [
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("coursekit", {}).get("exercise", exercise_id) == exercise_id
    ]
    return {**notebook, "cells": kept}


def _fill(notebook: dict[str, Any], exercise_id: str, code: str) -> None:
    for cell in notebook["cells"]:
        if cell["metadata"].get("coursekit") == {"exercise": exercise_id, "role": "solution"}:
            cell["source"] = code
