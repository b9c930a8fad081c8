"""What a learner has done, in one small local file that survives a crash.

The file is read, changed and replaced under a lock, so that two notebooks at once lose nothing. Written is a new file,
flushed and renamed: a kernel that dies in the middle leaves the old one. A damaged file is set aside, never deleted.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from coursekit._whole_files import Notes, user_data_folder

from .report import Report

VERSION: Final = 1
ENVIRONMENT: Final = "COURSEKIT_PROGRESS"


def progress_path() -> Path:
    """The file: ``$COURSEKIT_PROGRESS``, or ``coursekit/progress.json`` where the platform keeps a user's data."""
    if named := os.environ.get(ENVIRONMENT):
        return Path(named).expanduser()
    return user_data_folder() / "progress.json"


_NOTES: Final = Notes(progress_path, "exercises", version=VERSION, said="your earlier progress")


def load() -> dict[str, dict[str, Any]]:
    """Exercise id -> ``{"attempts", "points", "max_points", "status", "best", "hints", "solution"}``.

    A file that is missing is an empty one; a damaged one is renamed, with a warning.
    """
    return _NOTES.load()


def record(report: Report) -> None:
    """Count an attempt; a stub and what was not judged are none."""
    if report.status in ("not attempted", "not judged"):
        return

    def change(entry: dict[str, Any]) -> None:
        entry["attempts"] = _count(entry, "attempts") + 1
        entry["status"] = report.status
        entry["points"], entry["max_points"] = report.points, report.max_points
        entry["best"] = max(_count(entry, "best"), report.points)

    _update(report.exercise_id, change)


def entry_of(exercise_id: str) -> dict[str, Any]:
    """What is known of one exercise; empty where nothing is."""
    return load().get(exercise_id, {})


def attempted(exercise_id: str) -> bool:
    """Whether the exercise was checked at least once with code in it."""
    return _count(entry_of(exercise_id), "attempts") > 0


def next_hint(exercise_id: str, available: int) -> int:
    """Count a hint; returns how many are open now."""
    opened = [1]

    def change(entry: dict[str, Any]) -> None:
        opened[0] = entry["hints"] = min(_count(entry, "hints") + 1, available)

    _update(exercise_id, change)
    return opened[0]


def solution_shown(exercise_id: str) -> None:
    """Note that the solution was looked at."""
    _update(exercise_id, lambda entry: entry.update(solution=True))


def _count(entry: dict[str, Any], name: str) -> int:
    value = entry.get(name, 0)
    return value if type(value) is int else 0


def _update(exercise_id: str, change: Callable[[dict[str, Any]], None]) -> None:
    with _NOTES.changing() as exercises:
        change(exercises.setdefault(exercise_id, {}))
