"""The rows of nbgrader's gradebook. A class's grades are one transaction: nbgrader's own methods commit after each
row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from coursekit._frameworks import require
from coursekit.errors import GradingError
from coursekit.grading.gradebook.marks import Adjustment
from coursekit.grading.release.marks import grade_id
from coursekit.grading.results import Result


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A grade in nbgrader's words."""

    student: str
    assignment: str
    notebook: str
    cell: str
    max_score: int
    auto_score: float | None
    manual_score: float | None

    @classmethod
    def of(cls, result: Result, adjustment: Adjustment | None, plain: Callable[[str], str]) -> Mark:
        """Translate a Result; what was not judged has no score."""
        report = result.report
        return cls(
            student=plain(result.student),
            assignment=plain(result.assignment),
            notebook=plain(result.notebook),
            cell=grade_id(result.exercise_id, "check"),
            max_score=report.max_points,
            auto_score=None if report.status == "not judged" else float(report.points),
            manual_score=None if adjustment is None else float(adjustment.points),
        )


def add_cell(book: Any, mark: Mark) -> None:
    """Add assignment, notebook and check cell where they are missing.

    Raises:
        GradingError: the cell is there with other points.
    """
    api = require("nbgrader.api")
    try:
        there = book.find_grade_cell(mark.cell, mark.notebook, mark.assignment).max_score
    except api.MissingEntry:
        for find, add, names in (
            (book.find_assignment, book.add_assignment, (mark.assignment,)),
            (book.find_notebook, book.add_notebook, (mark.notebook, mark.assignment)),
        ):
            try:
                find(*names)
            except api.MissingEntry:
                add(*names)
        book.add_grade_cell(mark.cell, mark.notebook, mark.assignment, max_score=mark.max_score, cell_type="code")
        return
    if there != mark.max_score:
        raise GradingError(
            f"{mark.cell} of {mark.assignment}/{mark.notebook} has {there:g} points there, {mark.max_score} here",
            expected="in nbgrader's gradebook the points of the release that was graded",
            mend="run `nbgrader generate_assignment` with the released notebooks, then export again",
        )


def add_grades(book: Any, marks: Sequence[Mark]) -> None:
    """Write all grades; add the students and submissions that are missing, each with all cells of its assignment."""
    api, session = require("nbgrader.api"), book.db
    places = _Places(api, session)
    rows = []
    for mark in marks:
        identity = places.grade(mark)
        manual = places.manual.get(identity) if mark.manual_score is None else mark.manual_score
        # A score that somebody gave in formgrader is a judgement too, and stays.
        needed = mark.auto_score is None and manual is None
        rows.append(
            {"id": identity, "auto_score": mark.auto_score, "manual_score": manual, "needs_manual_grade": needed}
        )
    places.insert()
    session.execute(require("sqlalchemy").update(api.Grade), rows)
    session.commit()


class _Places:
    """What is in the gradebook, by what it belongs to; read once, and added to."""

    def __init__(self, api: Any, session: Any) -> None:
        self._api, self._session = api, session
        # In the order in which rows refer to each other.
        tables = (api.Student, api.SubmittedAssignment, api.SubmittedNotebook, api.Comment, api.Grade)
        self._new: dict[Any, list[dict[str, str]]] = {table: [] for table in tables}
        self._students = {one for (one,) in session.query(api.Student.id)}
        self._assignments = dict(session.query(api.Assignment.name, api.Assignment.id).all())
        self._notebooks: dict[str, dict[str, str]] = {}
        for assignment, name, identity in session.query(api.Notebook.assignment_id, api.Notebook.name, api.Notebook.id):
            self._notebooks.setdefault(assignment, {})[name] = identity
        # By notebook, the cells of which a submission has a grade, and those of which it has a comment.
        self._graded: dict[str, dict[str, str]] = {}
        self._commented: dict[str, list[str]] = {}
        for table in (api.GradeCell, api.TaskCell):
            for notebook, name, identity in session.query(table.notebook_id, table.name, table.id):
                self._graded.setdefault(notebook, {})[name] = identity
        for table in (api.SolutionCell, api.TaskCell):
            for notebook, identity in session.query(table.notebook_id, table.id):
                self._commented.setdefault(notebook, []).append(identity)
        self._submissions = self._by_pair(
            api.SubmittedAssignment, api.SubmittedAssignment.assignment_id, api.SubmittedAssignment.student_id
        )
        self._submitted = self._by_pair(
            api.SubmittedNotebook, api.SubmittedNotebook.assignment_id, api.SubmittedNotebook.notebook_id
        )
        self._grades = self._by_pair(api.Grade, api.Grade.notebook_id, api.Grade.cell_id)
        self.manual = dict(session.query(api.Grade.id, api.Grade.manual_score).all())

    def grade(self, mark: Mark) -> str:
        """The id of the grade of a student's check cell; it is there then."""
        api = self._api
        if mark.student not in self._students:
            self._new[api.Student].append({"id": mark.student})
            self._students.add(mark.student)
        assignment = self._assignments[mark.assignment]
        submission = self._submissions.get((assignment, mark.student))
        if submission is None:
            submission = self._add(api.SubmittedAssignment, assignment_id=assignment, student_id=mark.student)
            self._submissions[assignment, mark.student] = submission
        # Also of a submission from before a notebook or a cell was added to the assignment.
        for notebook in self._notebooks[assignment].values():
            self._complete(submission, notebook)
        notebook = self._notebooks[assignment][mark.notebook]
        return self._grades[self._submitted[submission, notebook], self._graded[notebook][mark.cell]]

    def insert(self) -> None:
        """Write the rows that were missing."""
        for table, rows in self._new.items():
            if rows:
                self._session.execute(require("sqlalchemy").insert(table), rows)

    def _complete(self, submission: str, notebook: str) -> None:
        api = self._api
        submitted = self._submitted.get((submission, notebook))
        if submitted is None:
            submitted = self._add(api.SubmittedNotebook, assignment_id=submission, notebook_id=notebook)
            self._submitted[submission, notebook] = submitted
            for cell in self._commented.get(notebook, ()):
                self._add(api.Comment, cell_id=cell, notebook_id=submitted)
        for cell in self._graded.get(notebook, {}).values():
            if (submitted, cell) not in self._grades:
                self._grades[submitted, cell] = self._add(api.Grade, cell_id=cell, notebook_id=submitted)

    def _add(self, table: Any, **columns: str) -> str:
        identity: str = self._api.new_uuid()
        self._new[table].append({"id": identity, **columns})
        return identity

    def _by_pair(self, table: Any, first: Any, second: Any) -> dict[tuple[str, str], str]:
        return {(one, two): identity for one, two, identity in self._session.query(first, second, table.id)}
