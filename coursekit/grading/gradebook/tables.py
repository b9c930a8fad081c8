"""The tables of the gradebook, as docs/gradebook.md shows them.

Names come from folders that anybody may have made: of any length, with any character. So a row is known by the SHA-256
of its names, which no collation folds and no index finds too long; ``result`` holds the whole Result, from which it is
given back exactly; the other columns are there to be asked.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

from sqlalchemy import (  # noqa: TID253  loaded lazily, by coursekit.grading.gradebook
    CHAR,
    DDL,
    Dialect,
    ForeignKey,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
)
from sqlalchemy.dialects.mysql import LONGTEXT  # noqa: TID253  as above
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column  # noqa: TID253  as above

VERSION: Final = 1
"""Of the schema: one more with every change."""

_LONG: Final = Text().with_variant(LONGTEXT(), "mysql", "mariadb")
_UNSTORABLE: Final = re.compile(r"[\\\x00\ud800-\udfff]")


def digest(*names: str) -> str:
    """The identity of a row: SHA-256 of its names."""
    return hashlib.sha256(json.dumps(names).encode("ascii")).hexdigest()


class AnyText(TypeDecorator[str]):
    r"""Text that may hold what databases refuse: NUL, and the surrogates that stand for bytes which are not UTF-8.

    These are stored as ``\uXXXX``, and a backslash as two, so that different texts stay different.
    """

    impl = _LONG
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  SQLAlchemy's
        """Escape."""
        if value is None:
            return None
        return _UNSTORABLE.sub(lambda found: "\\\\" if found[0] == "\\" else f"\\u{ord(found[0]):04x}", value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002  SQLAlchemy's
        """Undo it."""
        if value is None:
            return None
        return re.sub(r"\\(\\|u[0-9a-f]{4})", lambda one: "\\" if one[1] == "\\" else chr(int(one[1][1:], 16)), value)


class Base(DeclarativeBase):
    """All tables."""


class Schema(Base):
    """One row: that this is a gradebook, and of which version. A writer locks it."""

    __tablename__ = "coursekit_gradebook"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Student(Base):
    """Who handed in."""

    __tablename__ = "students"
    id: Mapped[str] = mapped_column(CHAR(64), primary_key=True)
    name: Mapped[str] = mapped_column(AnyText)


class Assignment(Base):
    """What was handed in."""

    __tablename__ = "assignments"
    id: Mapped[str] = mapped_column(CHAR(64), primary_key=True)
    name: Mapped[str] = mapped_column(AnyText)


class Notebook(Base):
    """A notebook of an assignment."""

    __tablename__ = "notebooks"
    id: Mapped[str] = mapped_column(CHAR(64), primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.id"), index=True)
    name: Mapped[str] = mapped_column(AnyText)


class Exercise(Base):
    """An exercise, as it was when it was last graded."""

    __tablename__ = "exercises"
    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    title: Mapped[str] = mapped_column(AnyText)
    max_points: Mapped[int]


class Grade(Base):
    """One exercise of one submission, as last graded."""

    __tablename__ = "grades"
    id: Mapped[str] = mapped_column(CHAR(64), primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), index=True)
    notebook_id: Mapped[str] = mapped_column(ForeignKey("notebooks.id"), index=True)
    exercise_id: Mapped[str] = mapped_column(ForeignKey("exercises.id"), index=True)
    points: Mapped[int]
    max_points: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(AnyText)
    seconds: Mapped[float]
    graded_at: Mapped[str] = mapped_column(AnyText)
    source_sha256: Mapped[str] = mapped_column(AnyText)
    result: Mapped[str] = mapped_column(_LONG)


class Check(Base):
    """One check of a grade."""

    __tablename__ = "checks"
    grade_id: Mapped[str] = mapped_column(ForeignKey("grades.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(AnyText)
    title: Mapped[str] = mapped_column(AnyText)
    passed: Mapped[bool | None]
    points: Mapped[int]
    max_points: Mapped[int]


class Finding(Base):
    """A misconception that was recognised."""

    __tablename__ = "findings"
    grade_id: Mapped[str] = mapped_column(ForeignKey("grades.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(AnyText)
    title: Mapped[str] = mapped_column(AnyText)


class Flag(Base):
    """Something an instructor should look at."""

    __tablename__ = "flags"
    grade_id: Mapped[str] = mapped_column(ForeignKey("grades.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(AnyText)
    text: Mapped[str] = mapped_column(AnyText)


class Manual(Base):
    """An instructor's points. The last row of a grade counts; NULL points withdraw the one before."""

    __tablename__ = "manual"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    grade_id: Mapped[str] = mapped_column(ForeignKey("grades.id"), index=True)
    points: Mapped[float | None]
    reason: Mapped[str] = mapped_column(AnyText)
    made_by: Mapped[str] = mapped_column(AnyText)
    made_at: Mapped[str] = mapped_column(String(40))


class GradeHistory(Base):
    """A grade that a regrading replaced by another one."""

    __tablename__ = "grade_history"
    __table_args__ = (UniqueConstraint("grade_id", "result_sha256"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    grade_id: Mapped[str] = mapped_column(ForeignKey("grades.id"))
    result_sha256: Mapped[str] = mapped_column(CHAR(64))
    points: Mapped[int]
    max_points: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    graded_at: Mapped[str] = mapped_column(AnyText)
    result: Mapped[str] = mapped_column(_LONG)


MARKS: Final = """
CREATE VIEW marks AS
SELECT students.name AS student, assignments.name AS assignment, notebooks.name AS notebook,
       grades.exercise_id AS exercise, coalesce(manual.points, grades.points) AS points,
       grades.max_points AS max_points, grades.points AS graded_points, grades.status AS status,
       grades.outcome AS outcome, manual.reason AS reason, manual.made_by AS made_by, grades.graded_at AS graded_at
FROM grades
JOIN students ON students.id = grades.student_id
JOIN notebooks ON notebooks.id = grades.notebook_id
JOIN assignments ON assignments.id = notebooks.assignment_id
LEFT JOIN manual ON manual.points IS NOT NULL
    AND manual.id = (SELECT max(latest.id) FROM manual latest WHERE latest.grade_id = grades.id)
"""
event.listen(Base.metadata, "after_create", DDL(MARKS))  # type: ignore[no-untyped-call]  # of SQLAlchemy
