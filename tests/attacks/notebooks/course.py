"""A small released notebook, and honest work in it."""

from __future__ import annotations

import copy
import json
from typing import Any

from coursekit.grading.release.marks import cell_metadata, grade_id
from coursekit.grading.release.released import ReleasedNotebook, from_dict

SETUP = "import math"
STUBS = {
    "1.1": "def step(weight, gradient):\n    raise NotImplementedError",
    "1.2": "def loss(outputs, targets):\n    raise NotImplementedError",
}
ANSWERS = {
    "1.1": "def step(weight, gradient):\n    return weight - 0.1 * gradient",
    "1.2": "def loss(outputs, targets):\n    return math.dist(outputs, targets)",
}


def cell(source: Any, metadata: dict[str, Any] | None = None, kind: Any = "code", **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": metadata or {}, "source": source, **more}


def solution(exercise_id: str, source: Any, kind: Any = "code") -> dict[str, Any]:
    return cell(source, cell_metadata(exercise_id, "solution"), kind, id=grade_id(exercise_id, "solution"))


def notebook(sources: dict[str, Any] | None = None, name: str = "course") -> dict[str, Any]:
    """The released notebook with these sources in its solution cells; stubs where none is given."""
    cells = [cell("# Week 1", kind="markdown"), cell(SETUP, cell_metadata("1.1", "setup"))]
    cells[-1]["metadata"]["coursekit"] = {"role": "setup"}
    cells[-1]["metadata"]["nbgrader"]["grade_id"] = "setup"
    for exercise_id, stub in STUBS.items():
        cells.append(cell(f"Exercise {exercise_id}", cell_metadata(exercise_id, "statement"), "markdown"))
        cells.append(solution(exercise_id, (sources or {}).get(exercise_id, stub)))
        cells.append(cell(f'ck.check("{exercise_id}")', cell_metadata(exercise_id, "check", points=5)))
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"coursekit": {"notebook": name, "format": 1}},
        "cells": copy.deepcopy(cells),
    }


def released(*names: str) -> dict[str, ReleasedNotebook]:
    return {name: from_dict(notebook(name=name), name) for name in names or ("course",)}


def as_bytes(content: Any) -> bytes:
    return json.dumps(content).encode("utf-8")


def honest() -> bytes:
    return as_bytes(notebook(ANSWERS))


def find_cell(content: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in content["cells"] if one["metadata"].get("nbgrader", {}).get("grade_id") == name)
