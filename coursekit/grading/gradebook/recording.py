"""Writing results into the tables: what is new is inserted, what differs replaced, what was replaced kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import sqlalchemy as sa  # noqa: TID253  loaded lazily, by coursekit.grading.gradebook

from coursekit.errors import GradingError
from coursekit.grading.results import Key, Result

from .tables import Assignment, Base, Check, Exercise, Finding, Flag, Grade, GradeHistory, Notebook, Student, digest

_AT_ONCE: Final = 500
"""Values of one IN (...): databases bound their number."""


def record(connection: sa.Connection, results: Iterable[Result]) -> int:
    """Write results.

    Args:
        connection: in a transaction that may write.
        results: of one key, the last one counts.

    Returns:
        How many grades are new or differ from what was there.

    Raises:
        GradingError: a Result that JSON cannot hold.
    """
    given: dict[Key, list[tuple[Result, str]]] = {}
    for result in results:
        given.setdefault(result.key, []).append((result, packed(result)))
    stored = dict(_stored(connection, [digest(*key) for key in given]))
    changed: list[tuple[str, Result, str]] = []
    replaced: dict[tuple[str, str], dict[str, Any]] = {}
    for key, states in given.items():
        identity = digest(*key)
        last = states[-1]
        if stored.get(identity) == last[1]:
            continue
        changed.append((identity, *last))
        if identity in stored:
            states.insert(0, (unpacked(stored[identity]), stored[identity]))
        for (former, text), (following, _) in pairwise(states):
            if text != last[1] and _mark(former) != _mark(following):
                row = _former(identity, former, text)
                replaced[identity, row["result_sha256"]] = row
    _insert_missing(connection, [result for _, result, _ in changed])
    _write(connection, Grade, [_grade(*one) for one in changed if one[0] not in stored])
    again = [one for one in changed if one[0] in stored]
    _replace(connection, again)
    for table, rows in _details(changed).items():
        _write(connection, table, rows)
    _keep(connection, replaced)
    return len(changed)


def packed(result: Result) -> str:
    """A Result as ASCII JSON, exactly."""
    try:
        return json.dumps(result.to_dict(), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise GradingError(
            f"a result of {' / '.join(result.key)} that JSON cannot hold ({error})",
            expected="texts, finite numbers and None",
            mend="this is an error of the grader; please report it",
        ) from error


def unpacked(text: str) -> Result:
    """Read what ``packed`` gave."""
    try:
        return Result.from_dict(json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise GradingError(
            f"a grade that cannot be read ({error})",
            expected="what coursekit wrote",
            mend="grade this submission again into a new gradebook",
        ) from error


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Values in portions that every database takes."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _stored(connection: sa.Connection, identities: Sequence[str]) -> Iterator[tuple[str, str]]:
    for some in chunks(identities):
        query = sa.select(Grade.id, Grade.result).where(Grade.id.in_(some))
        yield from ((identity, text) for identity, text in connection.execute(query))


def _mark(result: Result) -> tuple[object, ...]:
    # What a grade says; that it was graded again, in other seconds, is no news.
    report = result.report
    return report.points, report.max_points, report.status, result.outcome, result.source_sha256


def _former(identity: str, result: Result, text: str) -> dict[str, Any]:
    return {
        "grade_id": identity,
        "result_sha256": hashlib.sha256(text.encode("ascii")).hexdigest(),
        "points": result.report.points,
        "max_points": result.report.max_points,
        "status": result.report.status,
        "graded_at": result.graded_at,
        "result": text,
    }


def _grade(identity: str, result: Result, text: str) -> dict[str, Any]:
    return {
        "id": identity,
        "student_id": digest(result.student),
        "notebook_id": digest(result.assignment, result.notebook),
        "exercise_id": result.exercise_id,
        "points": result.report.points,
        "max_points": result.report.max_points,
        "status": result.report.status,
        "outcome": result.outcome,
        "seconds": result.seconds,
        "graded_at": result.graded_at,
        "source_sha256": result.source_sha256,
        "result": text,
    }


def _insert_missing(connection: sa.Connection, results: Iterable[Result]) -> None:
    students: dict[str, dict[str, Any]] = {}
    assignments: dict[str, dict[str, Any]] = {}
    notebooks: dict[str, dict[str, Any]] = {}
    exercises: dict[str, dict[str, Any]] = {}
    for one in results:
        assignment, notebook = digest(one.assignment), digest(one.assignment, one.notebook)
        students[digest(one.student)] = {"name": one.student}
        assignments[assignment] = {"name": one.assignment}
        notebooks[notebook] = {"assignment_id": assignment, "name": one.notebook}
        exercises[one.exercise_id] = {"title": one.report.title, "max_points": one.report.max_points}
    tables: tuple[tuple[type[Any], Mapping[str, dict[str, Any]]], ...] = (
        (Student, students),
        (Assignment, assignments),
        (Notebook, notebooks),
        (Exercise, exercises),
    )
    for table, wanted in tables:
        there: set[str] = set()
        for some in chunks(list(wanted)):
            there.update(connection.scalars(sa.select(table.id).where(table.id.in_(some))))
        _write(connection, table, [{"id": name, **row} for name, row in wanted.items() if name not in there])
        if table is Exercise:
            for name in there:
                connection.execute(sa.update(Exercise).where(Exercise.id == name).values(**wanted[name]))


def _replace(connection: sa.Connection, again: Sequence[tuple[str, Result, str]]) -> None:
    for some in chunks([identity for identity, _, _ in again]):
        for table in (Check, Finding, Flag):
            connection.execute(sa.delete(table).where(table.grade_id.in_(some)))
    if again:
        rows = [_grade(*one) for one in again]
        values: dict[str, Any] = {name: sa.bindparam(name) for name in rows[0] if name != "id"}
        statement = sa.update(Grade).where(Grade.id == sa.bindparam("identity")).values(values)
        connection.execute(statement, [{**row, "identity": row["id"]} for row in rows])


def _details(changed: Iterable[tuple[str, Result, str]]) -> dict[type[Base], list[dict[str, Any]]]:
    rows: dict[type[Base], list[dict[str, Any]]] = {Check: [], Finding: [], Flag: []}
    columns = {Check: ("name", "title", "passed", "points", "max_points"), Finding: ("name", "title")}
    columns[Flag] = ("kind", "text")
    for identity, result, _ in changed:
        parts: dict[type[Base], Sequence[object]] = {
            Check: result.report.checks,
            Finding: result.report.misconceptions,
            Flag: result.flags,
        }
        for table, values in parts.items():
            for position, value in enumerate(values):
                row = {name: getattr(value, name) for name in columns[table]}
                rows[table].append({"grade_id": identity, "position": position, **row})
    return rows


def _keep(connection: sa.Connection, replaced: Mapping[tuple[str, str], dict[str, Any]]) -> None:
    # A ledger that is read again, old states and all, adds nothing.
    there: set[tuple[str, str]] = set()
    for some in chunks(sorted({identity for identity, _ in replaced})):
        query = sa.select(GradeHistory.grade_id, GradeHistory.result_sha256).where(GradeHistory.grade_id.in_(some))
        there.update((one, two) for one, two in connection.execute(query))
    _write(connection, GradeHistory, [row for name, row in replaced.items() if name not in there])


def _write(connection: sa.Connection, table: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)
