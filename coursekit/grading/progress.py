"""What a learner has done, in one small local file that survives a crash.

The file is read, changed and replaced under a lock, so that two notebooks at once lose nothing. Written is a new file,
flushed and renamed: a kernel that dies in the middle leaves the old one. A damaged file is set aside, never deleted.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from coursekit.errors import CoursekitWarning

from .report import Report

VERSION: Final = 1
ENVIRONMENT: Final = "COURSEKIT_PROGRESS"


def progress_path() -> Path:
    """The file: ``$COURSEKIT_PROGRESS``, or ``coursekit/progress.json`` where the platform keeps a user's data."""
    if named := os.environ.get(ENVIRONMENT):
        return Path(named).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "coursekit" / "progress.json"


def load() -> dict[str, dict[str, Any]]:
    """Exercise id -> ``{"attempts", "points", "max_points", "status", "best", "hints", "solution"}``.

    A file that is missing is an empty one; a damaged one is renamed, with a warning.
    """
    path = progress_path()
    try:
        data = json.loads(path.read_text("utf-8"))
        exercises = data["exercises"]
        if data["version"] != VERSION or not all(type(entry) is dict for entry in exercises.values()):
            raise ValueError("another version")
    except FileNotFoundError:
        return {}
    except OSError as error:
        _warn(f"{path} cannot be read ({error.strerror}): your progress is not shown")
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        aside = path.with_suffix(".damaged.json")
        with contextlib.suppress(OSError):
            path.replace(aside)
        _warn(f"{path} was damaged and is now {aside.name}: your progress begins anew")
        return {}
    return {str(key): entry for key, entry in exercises.items()}


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
    path = progress_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_suffix(".lock")):
            exercises = load()
            change(exercises.setdefault(exercise_id, {}))
            _write(path, {"version": VERSION, "exercises": exercises})
    except OSError as error:
        # Learning goes on without a record of it.
        change({})
        _warn(f"{path} cannot be written ({error.strerror}): your progress is not kept")


def _write(path: Path, data: dict[str, Any]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        try:
            import fcntl
        except ImportError:  # Windows: one writer at a time is the rule there anyway
            yield
            return
        with contextlib.suppress(OSError):  # file systems without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _warn(text: str) -> None:
    warnings.warn(text + ".", CoursekitWarning, stacklevel=4)
