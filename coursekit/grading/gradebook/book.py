"""The gradebook as it is used."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa  # noqa: TID253  loaded lazily, by coursekit.grading.gradebook

from coursekit.errors import ConfigurationError, GradingError
from coursekit.grading.results import Key, Result

from . import marks, recording
from .marks import Adjustment, Total
from .opening import make_engine, prepare, read_url, reading, shown, writing
from .tables import Assignment, Grade, GradeHistory, Manual, Notebook, Student, digest


class Gradebook:
    """All grades of a class, in an SQL database with one writer at a time.

        with Gradebook("grades.db") as book:
            book.record(results)
            book.adjust(("ada", "hw1", "14_training_loop", "14.1"), 9, "a slip in the statement", by="jd")
            book.totals()

    Args:
        where: a path of a SQLite file, or a URL of SQLAlchemy (its driver must be installed).
        create: make a gradebook of a database that is empty or not there.
        timeout: seconds for which a writer of SQLite waits for another, at most.

    Raises:
        MissingExtraError: SQLAlchemy is not installed (when the class is imported).
        GradingError: a bad URL, a missing driver, a path that cannot be written; a database of something else or of
            another version.
    """

    def __init__(self, where: str | Path, *, create: bool = True, timeout: float = 5.0) -> None:
        self._engine = make_engine(read_url(where), timeout=timeout)
        try:
            prepare(self._engine, create=create)
        except BaseException:
            self._engine.dispose()
            raise

    def __enter__(self) -> Gradebook:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Let go of the database. Closing twice does no harm."""
        self._engine.dispose()

    def __repr__(self) -> str:
        """Where it is, without user and password."""
        return f"Gradebook({shown(self._engine.url)!r})"

    def record(self, results: Iterable[Result]) -> int:
        """Write results, all or none. A Result takes the place of the one with its key; the same one changes nothing.

        A former Result whose points, status, outcome or source differ is kept in the history. Adjustments stay.

        Args:
            results: of one key, the last one counts.

        Returns:
            How many grades are new or differ from what was there.

        Raises:
            GradingError: another process is writing, or the database cannot be written.
        """
        results = list(results)
        with writing(self._engine) as connection:
            return recording.record(connection, results)

    def results(self, student: str | None = None, assignment: str | None = None) -> list[Result]:
        """The Results as they were recorded, without adjustments, in the order of their keys.

        Args:
            student: only this one's.
            assignment: only of this one.
        """
        query = sa.select(Grade.result).join(Notebook, Notebook.id == Grade.notebook_id)
        if student is not None:
            query = query.where(Grade.student_id == digest(student))
        if assignment is not None:
            query = query.where(Notebook.assignment_id == digest(assignment))
        with reading(self._engine) as connection:
            texts = list(connection.scalars(query))
        return sorted(map(recording.unpacked, texts), key=lambda result: marks.natural(*result.key))

    def history(self, key: Key) -> list[Result]:
        """The Results that others took the place of, oldest first.

        Args:
            key: (student, assignment, notebook, exercise id).
        """
        query = sa.select(GradeHistory.result).where(GradeHistory.grade_id == digest(*key)).order_by(GradeHistory.id)
        with reading(self._engine) as connection:
            return list(map(recording.unpacked, connection.scalars(query)))

    def adjust(self, key: Key, points: float | None, reason: str, by: str) -> None:
        """Give an exercise other points than the grader did; regrading does not touch them.

        Args:
            key: (student, assignment, notebook, exercise id), graded before.
            points: what counts from now on; None takes an adjustment back.
            reason: why; not empty.
            by: who decides; not empty.

        Raises:
            ConfigurationError: points that are negative, not finite, or more than the exercise has; no reason, no name.
            GradingError: no such grade, or another process is writing.
        """
        for name, text in (("reason", reason), ("by", by)):
            if not text.strip():
                raise ConfigurationError(f"{name}={text!r}", expected="a text", mend=f"say {name}: it is kept")
        with writing(self._engine) as connection:
            most = connection.scalar(sa.select(Grade.max_points).where(Grade.id == digest(*key)))
            if most is None:
                raise GradingError(
                    f"no grade of {' / '.join(key)}",
                    expected="(student, assignment, notebook, exercise id) of a graded exercise",
                    mend="compare with the keys of Gradebook.results()",
                )
            if points is not None and not (math.isfinite(points) and 0 <= points <= most):
                raise ConfigurationError(
                    f"points={points} for exercise {key[3]}",
                    expected=f"0 to {most}, or None",
                    mend="correct the points",
                )
            latest = self._manual(connection, key)
            if latest == (points, reason, by) or (latest is None and points is None):
                return
            now = datetime.now(UTC).isoformat(timespec="seconds")
            row = {"grade_id": digest(*key), "points": points, "reason": reason, "made_by": by, "made_at": now}
            connection.execute(sa.insert(Manual), [row])

    @staticmethod
    def _manual(connection: sa.Connection, key: Key) -> tuple[Any, ...] | None:
        query = sa.select(Manual.points, Manual.reason, Manual.made_by).where(Manual.grade_id == digest(*key))
        row = connection.execute(query.order_by(Manual.id.desc()).limit(1)).one_or_none()
        return None if row is None else tuple(row)

    def adjustments(self) -> dict[Key, Adjustment]:
        """The adjustments that count now, by key."""
        latest = sa.select(sa.func.max(Manual.id)).group_by(Manual.grade_id)
        query = (
            sa.select(Student.name, Assignment.name, Notebook.name, Grade.exercise_id, Manual)
            .join_from(Manual, Grade, Grade.id == Manual.grade_id)
            .join(Student, Student.id == Grade.student_id)
            .join(Notebook, Notebook.id == Grade.notebook_id)
            .join(Assignment, Assignment.id == Notebook.assignment_id)
            .where(Manual.id.in_(latest), Manual.points.is_not(None))
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        found = (
            Adjustment(
                key=(row[0], row[1], row[2], row[3]),
                points=row.points,
                reason=row.reason,
                by=row.made_by,
                made_at=row.made_at,
            )
            for row in rows
        )
        return {one.key: one for one in sorted(found, key=lambda one: marks.natural(*one.key))}

    def totals(self) -> list[Total]:
        """One sum for each student and assignment, adjustments included, in the order of their names."""
        return marks.totals(self.results(), self.adjustments())
