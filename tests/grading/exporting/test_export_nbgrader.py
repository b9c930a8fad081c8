"""nbgrader's gradebook, read back by nbgrader: its API, and the CSV that ``nbgrader export`` writes."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coursekit.errors import GradingError
from coursekit.grading.exporting import export, nbgrader
from coursekit.grading.gradebook import Adjustment
from coursekit.grading.results import Result

# nbgrader's own, of its own sessions.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type.*not in session")

Make = Callable[..., Result]
CELL, BOOK, HW = "ex-14-1-check", "14_training_loop", "hw1"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new gradebook of nbgrader; made without an activated environment, once, because it takes seconds."""
    folder = tmp_path_factory.mktemp("course")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "/usr/bin:/bin")
        assert export([], "nbgrader", folder) == [folder / "gradebook.db"]
    return folder / "gradebook.db"


@pytest.fixture
def database(empty: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(empty, tmp_path / "gradebook.db"))


def _api(database: Path) -> Any:
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{database}")


def _exported_by_nbgrader(database: Path) -> dict[tuple[str, str], tuple[float, float]]:
    from nbgrader.plugins.export import CsvExportPlugin

    to = database.with_suffix(".csv")
    plugin = CsvExportPlugin()
    plugin.to = str(to)
    with _api(database) as book:
        plugin.export(book)
    with to.open(newline="") as file:
        return {
            (row["student_id"], row["assignment"]): (float(row["score"]), float(row["max_score"]))
            for row in csv.DictReader(file)
        }


def _dump(database: Path) -> list[str]:
    with sqlite3.connect(database) as connection:
        return sorted(connection.iterdump())


def _adjusted(result: Result, points: float) -> dict[Any, Adjustment]:
    return {result.key: Adjustment(key=result.key, points=points, reason="r", by="jd")}


def test_nbgrader_shows_the_same_points(graded: Make, database: Path) -> None:
    results = [
        graded("ada", "14.1", 7),
        graded("ada", "14.2", 10),
        graded("bob", "14.1", 0, status="not judged"),
        graded("eve", "16.1", 4, assignment="hw2", notebook="16_validation"),
    ]
    export(results, "nbgrader", database, adjustments=_adjusted(results[1], 8.5))
    assert _exported_by_nbgrader(database) == {
        ("ada", HW): (15.5, 20),
        ("bob", HW): (0, 20),
        ("eve", HW): (0, 20),
        ("ada", "hw2"): (0, 10),
        ("bob", "hw2"): (0, 10),
        ("eve", "hw2"): (4, 10),
    }
    with _api(database) as book:
        grade = book.find_grade(CELL, BOOK, HW, "ada")
        assert (grade.auto_score, grade.manual_score, grade.needs_manual_grade) == (7, None, False)
        assert (grade.max_score, grade.cell_type, grade.failed_tests) == (10, "code", True)
        grade = book.find_grade("ex-14-2-check", BOOK, HW, "ada")
        assert (grade.auto_score, grade.manual_score, grade.score) == (10, 8.5, 8.5)
        grade = book.find_grade(CELL, BOOK, HW, "bob")
        assert (grade.auto_score, grade.manual_score, grade.needs_manual_grade) == (None, None, True)
        assert book.find_submission(HW, "bob").needs_manual_grade
        assert not book.find_submission(HW, "ada").needs_manual_grade
        assert {one.student.id for one in book.assignment_submissions(HW)} == {"ada", "bob"}
        assert sorted(one["score"] for one in book.notebook_submission_dicts(BOOK, HW)) == [0, 15.5]


def test_doing_it_again_changes_nothing_and_a_regrading_replaces(graded: Make, database: Path) -> None:
    results = [graded("ada", points=7), graded("bob", points=3)]
    export(results, "nbgrader", database)
    before = _dump(database)
    export(results, "nbgrader", database)
    assert _dump(database) == before
    export([graded("bob", points=10)], "nbgrader", database)
    assert {name: got for (name, _), (got, _) in _exported_by_nbgrader(database).items()} == {"ada": 7, "bob": 10}


def test_an_assignment_that_nbgrader_made_is_filled_in(graded: Make, database: Path) -> None:
    with _api(database) as book:
        book.add_assignment(HW)
        book.add_notebook(BOOK, HW)
        book.add_grade_cell(CELL, BOOK, HW, max_score=10, cell_type="code")
        book.add_solution_cell("ex-14-1-solution", BOOK, HW)
        book.add_student("ada", first_name="Ada")
        book.add_submission(HW, "ada")
        book.add_grade_cell("ex-14-2-check", BOOK, HW, max_score=10, cell_type="code")  # after ada's submission
    export([graded("ada", "14.2"), graded("bob", "14.2")], "nbgrader", database)
    with _api(database) as book:
        assert book.find_student("ada").first_name == "Ada"
        for student in ("ada", "bob"):
            submission = book.find_submission_notebook(BOOK, HW, student)
            assert {one.name: one.auto_score for one in submission.grades} == {CELL: None, "ex-14-2-check": 7}
            assert [one.name for one in submission.comments] == ["ex-14-1-solution"]


def test_what_a_person_graded_in_nbgrader_stays(graded: Make, database: Path) -> None:
    unjudged = graded("ada", points=0, status="not judged")
    export([unjudged], "nbgrader", database)
    with _api(database) as book:
        grade = book.find_grade(CELL, BOOK, HW, "ada")
        grade.manual_score, grade.needs_manual_grade, grade.extra_credit = 6.0, False, 1.0
        book.db.commit()
    export([unjudged], "nbgrader", database)
    with _api(database) as book:
        grade = book.find_grade(CELL, BOOK, HW, "ada")
        assert (grade.manual_score, grade.needs_manual_grade, grade.score) == (6, False, 7)


def test_another_release_is_refused_before_a_grade_is_written(graded: Make, database: Path) -> None:
    with _api(database) as book:
        book.add_assignment(HW)
        book.add_notebook(BOOK, HW)
        book.add_grade_cell(CELL, BOOK, HW, max_score=12, cell_type="code")
    with pytest.raises(GradingError, match=r"ex-14-1-check of hw1/14_training_loop has 12 points there, 10 here"):
        export([graded("ada")], "nbgrader", database)
    with _api(database) as book:
        assert book.students == []


HOSTILE = ["../../x", "a,b", "a\nb", "=1", "nul\x00", "\udce4", "x" * 5000, ".", "-rf", "", '"q', "Ada Lovelace", "zoë"]


def test_names_stay_apart_and_are_plain(graded: Make, database: Path) -> None:
    export([graded(name, points=place % 10) for place, name in enumerate(HOSTILE)], "nbgrader", database)
    shown = _exported_by_nbgrader(database)
    assert len(shown) == len(HOSTILE)
    assert sorted(got for got, _ in shown.values()) == sorted(place % 10 for place in range(len(HOSTILE)))
    names = {name for name, _ in shown}
    assert {"Ada Lovelace", "zoë"} < names
    assert not any(set(name) & set('/\\,\n\x00"=') or name.startswith((".", "-")) for name in names)


def test_nobody_gets_the_grade_of_another(graded: Make, database: Path) -> None:
    before = _dump(database)
    assert nbgrader.plain("a/b") != "a/b"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader, "safe_name", lambda _: "forged")
        with pytest.raises(GradingError, match="would both be 'forged'"):
            export([graded("a/b"), graded("forged")], "nbgrader", database)
    assert _dump(database) == before


def test_a_file_that_is_no_gradebook(graded: Make, tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    path.write_bytes(b"no database " * 100)
    with pytest.raises(GradingError, match=r"nbgrader's gradebook .* not a database"):
        export([graded("ada")], "nbgrader", path)
    assert path.read_bytes() == b"no database " * 100
