"""nbgrader's own gradebook, through nbgrader's own API: what ``nbgrader autograde`` would have left there.

The points of a check cell are its ``auto_score``; an adjustment is a ``manual_score``, which takes precedence there as
it does here. Feedback, formgrader and ``nbgrader export`` go on from that.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from coursekit._frameworks import require
from coursekit.errors import GradingError
from coursekit.grading.filenames import safe_name
from coursekit.grading.gradebook.marks import Adjustment, natural
from coursekit.grading.results import Key, Result

from .nbgrader_rows import Mark, add_cell, add_grades

# nbgrader makes folders of these names, and writes them into CSV without quotes.
_PLAIN: Final = re.compile(r"[^\W_][\w .@+-]*(?<![ .])")


def write(
    results: Sequence[Result],
    target: Path,
    *,
    adjustments: Mapping[Key, Adjustment],
    course_id: str = "default_course",
) -> list[Path]:
    """Write into nbgrader's gradebook; what is missing there is added, nothing is removed. Doing it again changes
    nothing.

    All grades are written in one transaction. Assignments, notebooks and check cells (``ex-14-1-check``, with their
    points) are added where they are missing. An exercise that was not judged has no score and needs a manual one. Names
    that are no plain file names become ``safe_name``'s.

    Args:
        results: one a key.
        target: the file ``gradebook.db`` of the course, or its folder; made where there is none.
        adjustments: they become manual scores. One that is taken back later leaves its manual score there.
        course_id: as ``c.CourseDirectory.course_id``; the course's row is made where there is none.

    Raises:
        MissingExtraError: nbgrader is not installed.
        GradingError: a cell that has other points there, two names that would become one, a database that cannot be
            written.
    """
    require("nbgrader")
    path = target if target.suffix == ".db" else target / "gradebook.db"
    ordered = sorted(results, key=lambda one: natural(*one.key))
    for names in ({one.student for one in ordered}, {one.assignment for one in ordered}):
        _refuse_collisions(names)
    with _opened(path, course_id) as book:
        marks = [Mark.of(one, adjustments.get(one.key), plain) for one in ordered]
        for mark in marks:
            add_cell(book, mark)
        add_grades(book, marks)
    return [path]


def plain(name: str) -> str:
    """A name as nbgrader is given it: itself, where it is a plain file name."""
    return name if _PLAIN.fullmatch(name) and len(name.encode("utf-8", "replace")) <= 128 else safe_name(name)


def _refuse_collisions(names: set[str]) -> None:
    # Needs one name that was made to look like another's digest; then nobody may guess whose grade it is.
    given: dict[str, str] = {}
    for name in sorted(names):
        if given.setdefault(plain(name), name) != name:
            raise GradingError(
                f"{name!r} and {given[plain(name)]!r} would both be {plain(name)!r} in nbgrader",
                expected="names that stay different",
                mend="rename one of the folders and grade it again",
            )


@contextmanager
def _opened(path: Path, course_id: str) -> Iterator[Any]:
    api = require("nbgrader.api")
    errors = require("sqlalchemy.exc")
    new = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _environment_on_path():
            book = api.Gradebook(f"sqlite:///{path.absolute()}", course_id=course_id)
    except (errors.SQLAlchemyError, api.InvalidEntry, subprocess.SubprocessError, OSError) as error:
        if new and path.is_file():
            path.unlink()
        raise _unusable(path, error) from error
    try:
        with book:
            yield book
    except (errors.SQLAlchemyError, api.InvalidEntry) as error:
        raise _unusable(path, error) from error


@contextmanager
def _environment_on_path() -> Iterator[None]:
    # For a new gradebook nbgrader runs `alembic`, which it finds by PATH alone; an environment need not be activated.
    former = os.environ.get("PATH")
    os.environ["PATH"] = os.pathsep.join(filter(None, (str(Path(sys.executable).parent), former)))
    try:
        yield
    finally:
        if former is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = former


def _unusable(path: Path, error: Exception) -> GradingError:
    return GradingError(
        f"nbgrader's gradebook {path}: {getattr(error, 'orig', None) or error}",
        expected="a gradebook of the installed nbgrader that nobody else is writing",
        mend="close nbgrader, run `nbgrader db upgrade`, and export again: doing it twice does no harm",
    )
