"""The cells of an exercise, made from its files in ``autograders/``: so the two cannot say different things.

A notebook of solutions is written by hand around them: a title, prose, pictures. ``update`` adds the cells of an
exercise where they are missing, refreshes them where they are old, and leaves every other cell as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from coursekit._whole_files import write_whole
from coursekit.errors import GradingError
from coursekit.grading.exercise import Exercise
from coursekit.grading.registry import answers, exercise_ids

from .convert import notebook_text
from .marks import cell_metadata, grade_id, plain_metadata, setup_metadata
from .released import load_notebook
from .weaving import weave

SETUP: Final = "import numpy as np\n\nimport coursekit as ck"
# An exercise of one framework must not wait for the other one's import when a class is graded. Imported in a cell of
# its own whatever the starter says: what TensorFlow writes to stderr at its import would cost the points of a check
# that imports it first, under nbgrader.
_IMPORTS: Final = {None: "", "torch": "import torch", "tensorflow": "import tensorflow as tf"}
HOW_TO_WORK: Final = (
    "**How to work.** Write your code in the cell below each task, in place of `raise NotImplementedError`, "
    "or mend the code that is there; run it, "
    "then run the check under it. A check draws new numbers each time, says what your code did and what was expected, "
    "and names the misconception if it recognises one. Trying costs no points.\n\n"
    "The cells with a task or a check are locked: what you change in them does not count. Every exercise stands "
    "alone: helper functions and imports belong into its own cell."
)


def draft(exercise_id: str) -> list[dict[str, Any]]:
    """The cells of one exercise, with its solution.

    Args:
        exercise_id: ``"14.1"``.

    Returns:
        Cells of a notebook of format 4.5: the task, the import of its framework, the solution between markers,
        where to ask for hints, the check, and a proof that only authors see.

    Raises:
        ConfigurationError: an id that nobody knows.
        GradingError: answers that are not there, or a solution that does not fit into the starter.
    """
    found = answers(exercise_id)
    exercise = found.exercise
    source, stub = weave(exercise.starter, found.solution, exercise_id)
    solution = cell_metadata(exercise_id, "solution")
    if stub is not None:
        solution["coursekit"]["stub"] = stub
    # Several are found by their names: one that was deleted then costs its own points alone.
    functions = f", {exercise.entry[0]}" if len(exercise.entry) == 1 else ""
    cells = [_cell("markdown", statement_text(exercise), cell_metadata(exercise_id, "statement"))]
    imports = _IMPORTS[exercise.framework]
    if imports:
        cells.append(_cell("code", imports, cell_metadata(exercise_id, "setup")))
    return [
        *cells,
        _cell("code", source, solution),
        _cell(
            "code",
            f'# Stuck? Take the # away: one more hint with each run.\n# ck.hint("{exercise_id}")',
            plain_metadata(exercise_id, "hint"),
        ),
        _cell(
            "code",
            f'ck.check("{exercise_id}"{functions}).points',
            cell_metadata(exercise_id, "check", exercise.points),
        ),
        _cell(
            "code",
            f'assert _ == {exercise.points}, "the solution of {exercise_id} must get all points"',
            plain_metadata(exercise_id, "author"),
        ),
    ]


def statement_text(exercise: Exercise) -> str:
    """The Markdown of a statement cell."""
    points = f"{exercise.points} point{'s' * (exercise.points != 1)}"
    return f"## Exercise {exercise.id}: {exercise.title} ({points})\n\n{exercise.statement.rstrip()}"


def new_notebook(title: str) -> dict[str, Any]:
    """A notebook of solutions without exercises: title, how to work, set-up."""
    return {
        "cells": [
            _cell("markdown", f"# {title}", {}, "title"),
            _cell("markdown", HOW_TO_WORK, {}, "how-to-work"),
            _cell("code", SETUP, setup_metadata()),
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def update(path: Path, ids: Iterable[str] | None = None, *, title: str = "") -> bool:
    """Add and refresh the cells of exercises in a notebook of solutions.

    Args:
        path: ``solutions/14_training_loop.ipynb``; made where there is none.
        ids: which exercises; by default those that are in the notebook, and all of its chapter, which is the number
            that the file's name begins with. They come in the order of their numbers, the new ones behind the ones
            that are there.
        title: of a new notebook; by default the file's name in words.

    Returns:
        Whether the file has changed.

    Raises:
        ConfigurationError: an id that nobody knows.
        GradingError: a file that is no notebook, or what ``draft`` raises.
    """
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    notebook = load_notebook(path) if old else new_notebook(title or _title(path))
    for exercise_id in _wanted(path, notebook) if ids is None else ids:
        _put(notebook["cells"], exercise_id, draft(exercise_id))
    text = notebook_text(notebook)
    if text == old:
        return False
    write_atomically(path, text.encode())
    return True


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that there is never half of one, the folder made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)


def _put(cells: list[dict[str, Any]], exercise_id: str, new: list[dict[str, Any]]) -> None:
    """Put each cell in the place of the old one of its role; a missing one behind the one before it."""
    places = {_role(cell, exercise_id): number for number, cell in enumerate(cells)}
    places.pop(None, None)
    wanted = {_role(cell, exercise_id) for cell in new}
    for role in sorted((role for role in places if role not in wanted), key=lambda role: -places[role]):
        del cells[places[role]]
    places = {_role(cell, exercise_id): number for number, cell in enumerate(cells)}
    at = min((places[role] for role in wanted if role in places), default=_end_before(cells, exercise_id))
    for cell in new:
        role = _role(cell, exercise_id)
        there = next((number for number, one in enumerate(cells) if _role(one, exercise_id) == role), None)
        if there is None:
            cells.insert(at, cell)
        else:
            at = there
            tags = cells[at]["metadata"].get("tags")
            cells[at] = {**cell, "metadata": {**cell["metadata"], **({"tags": tags} if tags else {})}}
        at += 1


def _end_before(cells: list[dict[str, Any]], exercise_id: str) -> int:
    """Behind the last exercise of a smaller number; at the end where there is none before."""
    behind = [
        number + 1
        for number, cell in enumerate(cells)
        if (owner := cell["metadata"].get("coursekit", {}).get("exercise")) and _number(owner) < _number(exercise_id)
    ]
    ahead = [
        number
        for number, cell in enumerate(cells)
        if (owner := cell["metadata"].get("coursekit", {}).get("exercise")) and _number(owner) > _number(exercise_id)
    ]
    return max(behind) if behind else min(ahead, default=len(cells))


def _role(cell: dict[str, Any], exercise_id: str) -> str | None:
    mark = cell["metadata"].get("coursekit", {})
    role: str | None = mark.get("role") if mark.get("exercise") == exercise_id else None
    return role


def _wanted(path: Path, notebook: dict[str, Any]) -> list[str]:
    there = {cell["metadata"].get("coursekit", {}).get("exercise") for cell in notebook["cells"]} - {None}
    chapter = path.stem.partition("_")[0]
    there |= {one for one in exercise_ids() if one.partition(".")[0] == chapter}
    if not there:
        raise GradingError(
            f"{path}, in which there is no exercise",
            expected="a name that begins with a chapter's number, as 14_training_loop.ipynb",
            mend="name the exercises, or rename the file",
        )
    return sorted(there, key=_number)


def _number(exercise_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in exercise_id.split("."))


def _title(path: Path) -> str:
    chapter, _, words = path.stem.partition("_")
    return f"Chapter {chapter}: {words.replace('_', ' ')}, exercises"


def _cell(kind: str, source: str, metadata: dict[str, Any], name: str = "") -> dict[str, Any]:
    mark = metadata.get("coursekit", {})
    known = metadata.get("nbgrader", {}).get("grade_id")
    own = name or known or grade_id(mark["exercise"], mark["role"])
    cell: dict[str, Any] = {"cell_type": kind, "id": own, "metadata": metadata, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
