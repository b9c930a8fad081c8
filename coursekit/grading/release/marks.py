"""How the cells of an exercise are marked in a notebook: nbgrader's metadata (schema 3), and our own beside it.

cell.metadata.nbgrader   = {"grade_id": "ex-14-1-solution", "solution": true, "schema_version": 3, ...}
cell.metadata.coursekit  = {"exercise": "14.1", "role": "solution"}
notebook.metadata.coursekit = {"notebook": "14_training_loop", "format": 1}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from coursekit.errors import GradingError

Role = Literal["setup", "statement", "solution", "check"]
"""Cells that a grader knows by their ``grade_id``. Two more are marked for authors alone, see ``plain_metadata``."""
FORMAT: Final = 1
SCHEMA: Final = 3


def grade_id(exercise_id: str, role: Role) -> str:
    """The id of an exercise's cell, for nbgrader and as the cell's own: ``"ex-14-1-solution"``."""
    return f"ex-{exercise_id.replace('.', '-')}-{role}"


def cell_metadata(exercise_id: str, role: Role, points: int = 0) -> dict[str, Any]:
    """The metadata of one cell of an exercise.

    Args:
        exercise_id: ``"14.1"``.
        role: a statement and a check are locked; the solution is the student's; a check carries the points.
        points: of the check.
    """
    marks: dict[str, Any] = {
        "grade": role == "check",
        "grade_id": grade_id(exercise_id, role),
        "locked": role != "solution",
        "schema_version": SCHEMA,
        "solution": role == "solution",
        "task": False,
    }
    if role == "check":
        marks["points"] = points
    return {"nbgrader": marks, "coursekit": {"exercise": exercise_id, "role": role}}


def setup_metadata() -> dict[str, Any]:
    """The metadata of the setup cell of a whole notebook: locked, of no exercise."""
    marks = cell_metadata("0.0", "setup")
    marks["nbgrader"]["grade_id"] = "setup"
    marks["coursekit"] = {"role": "setup"}
    return marks


def plain_metadata(exercise_id: str, role: Literal["hint", "author"]) -> dict[str, Any]:
    """The metadata of a cell that no grader looks at: where hints are asked for, or what only an author sees."""
    return {"coursekit": {"exercise": exercise_id, "role": role}}


def points_of(marks: Mapping[str, Any], where: str) -> int:
    """The points of a check.

    Args:
        marks: nbgrader's metadata of its cell.
        where: names the cell in errors.

    Raises:
        GradingError: no points, or no whole number of them.
    """
    points = marks.get("points")
    # nbgrader's own tools write them as floats.
    if isinstance(points, bool) or not isinstance(points, int | float) or points != int(points):
        raise GradingError(
            f"{where}: a check with {points!r} points",
            expected="a whole number in its nbgrader metadata",
            mend="give it the exercise's points",
        )
    return int(points)
