"""Reading what was released: which exercises a notebook holds, and what its locked cells say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from coursekit.errors import GradingError

from .marks import FORMAT, points_of


@dataclass(frozen=True)
class ReleasedExercise:
    """One exercise of a released notebook.

    Args:
        id: ``"14.1"``.
        points: of its check cell.
        solution_id: ``grade_id`` of the cell that the student fills.
        setup: source that is run before the student's: the notebook's setup cells, then the exercise's own.
        stub: what stands in that cell when nothing has been written yet.
    """

    id: str
    points: int
    solution_id: str
    setup: str
    stub: str


@dataclass(frozen=True)
class ReleasedNotebook:
    """One released notebook.

    Args:
        name: the file's, without ``.ipynb``.
        exercises: in the notebook's order.
        locked: ``grade_id`` -> source of every cell that a student must not change.
    """

    name: str
    exercises: tuple[ReleasedExercise, ...]
    locked: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def read_released(folder: Path) -> dict[str, ReleasedNotebook]:
    """Read every notebook of a folder of released exercises.

    Args:
        folder: ``exercises/``.

    Returns:
        Name of the notebook -> what it holds, in the order of the names; notebooks without exercises are left out.

    Raises:
        GradingError: no such folder, no released notebook in it, or one that is damaged.
    """
    paths = sorted(folder.glob("*.ipynb")) if folder.is_dir() else []
    read = (read_notebook(path) for path in paths)
    found = {notebook.name: notebook for notebook in read if notebook.exercises}
    if not found:
        raise GradingError(
            f"no released exercises in {folder}",
            expected="notebooks made by coursekit release",
            mend="name the course's folder exercises, or run coursekit release",
        )
    return found


def read_notebook(path: Path) -> ReleasedNotebook:
    """Read one released notebook.

    Raises:
        GradingError: not a notebook, of a later format, or with an exercise of which a part is missing or twice.
    """
    return from_dict(load_notebook(path), path.stem, str(path))


def load_notebook(path: Path) -> dict[str, Any]:
    """A trusted notebook as plain data, its sources as one text each.

    Raises:
        GradingError: a file that cannot be read, is no JSON or holds no cells.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GradingError(
            f"{path} ({error})",
            expected="a Jupyter notebook, a JSON file",
            mend="restore the file, or save it again in Jupyter",
        ) from error
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise GradingError(
            f"{path}, which holds no list of cells",
            expected="a notebook of format 4",
            mend="open it in Jupyter and save it again",
        )
    for cell in cells:
        source = cell.get("source", "")
        cell["source"] = source if isinstance(source, str) else "".join(source)
        cell.setdefault("metadata", {})
    notebook: dict[str, Any] = data
    return notebook


def from_dict(notebook: Mapping[str, Any], name: str, where: str = "the notebook") -> ReleasedNotebook:
    """What a released notebook holds; ``where`` names it in errors.

    Raises:
        GradingError: of a later format, or with an exercise of which a part is missing or twice.
    """
    version = notebook.get("metadata", {}).get("coursekit", {}).get("format", FORMAT)
    if version != FORMAT:
        raise GradingError(
            f"{where} of format {version}", expected=f"format {FORMAT}", mend="use the coursekit that released it"
        )
    cells = list(_marked(notebook))
    setups = [(mark.get("exercise"), cell["source"]) for mark, cell in cells if mark.get("role") == "setup"]
    order = dict.fromkeys(str(mark.get("exercise")) for mark, _ in cells if mark.get("role") in ("solution", "check"))
    exercises = []
    for exercise_id in order:
        solution = _only(cells, exercise_id, "solution", where)
        check = _only(cells, exercise_id, "check", where)
        setup = [source for owner, source in setups if owner in (None, exercise_id)]
        exercises.append(
            ReleasedExercise(
                id=exercise_id,
                points=points_of(check["metadata"]["nbgrader"], where),
                solution_id=solution["metadata"]["nbgrader"].get("grade_id", ""),
                setup="\n".join(setup),
                stub=solution["source"],
            )
        )
    return ReleasedNotebook(name, tuple(exercises), MappingProxyType(_locked(notebook)))


def _marked(notebook: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for cell in notebook["cells"]:
        if "coursekit" in cell["metadata"]:
            yield cell["metadata"]["coursekit"], cell


def _only(
    cells: list[tuple[dict[str, Any], dict[str, Any]]], exercise_id: str, role: str, where: str
) -> dict[str, Any]:
    found = [cell for mark, cell in cells if (mark.get("exercise"), mark.get("role")) == (exercise_id, role)]
    if len(found) != 1 or "nbgrader" not in found[0]["metadata"]:
        raise GradingError(
            f"{where}: {len(found)} {role} cells of exercise {exercise_id}",
            expected="one, with nbgrader's metadata",
            mend="release the notebook again: coursekit release",
        )
    return found[0]


def _locked(notebook: Mapping[str, Any]) -> dict[str, str]:
    marks = ((cell["metadata"].get("nbgrader", {}), cell["source"]) for cell in notebook["cells"])
    return {
        mark["grade_id"]: source
        for mark, source in marks
        if (mark.get("locked") or mark.get("grade")) and not mark.get("solution")
    }
