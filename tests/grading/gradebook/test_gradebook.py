"""What is recorded is given back; a regrading replaces and keeps; adjustments stay."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursekit.errors import ConfigurationError, GradingError
from coursekit.grading.gradebook import Gradebook
from coursekit.grading.results import Result

Make = Callable[..., Result]
HOSTILE = (
    "=HYPERLINK(1)",
    "../../x",
    "a/b",
    "a\nb",
    "nul\x00",
    "\udce4",
    "a\\udce4",
    "\\",
    "x" * 5000,
    "Ada",
    "ada",
    "",
)


def _dump(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        return list(connection.iterdump())


def test_results_come_back_equal_in_natural_order(make: Make, tmp_path: Path) -> None:
    results = [make(student, exercise) for student in ("ada", "bob") for exercise in ("14.2", "14.10", "16.1")]
    with Gradebook(tmp_path / "grades.db") as book:
        assert book.record(reversed(results)) == len(results)
    with Gradebook(tmp_path / "grades.db", create=False) as book:
        assert book.results() == results
        assert book.results(student="bob") == results[3:]
        assert book.results(assignment="hw1") == results
        assert book.results(student="Bob") == book.results(assignment="hw2") == []


def test_names_of_every_kind_stay_apart_and_come_back(make: Make, tmp_path: Path) -> None:
    results = [make(name, assignment=name, notebook=name) for name in HOSTILE]
    with Gradebook(tmp_path / "grades.db") as book:
        book.record(results)
        assert {one.key: one for one in book.results()} == {one.key: one for one in results}
        for result in results:
            assert book.results(student=result.student) == [result]
            book.adjust(result.key, 1, result.student or "none", "me")
        assert {(one.key, one.reason) for one in book.adjustments().values()} == {
            (one.key, one.student or "none") for one in results
        }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(),
    st.text(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["passed", "failed", "not attempted", "not judged"]),
)
def test_the_round_trip_is_exact(make: Make, name: str, text: str, seconds: float, status: str) -> None:
    result = make(name, text=text, seconds=seconds, status=status)
    with Gradebook("sqlite://") as book:
        book.record([result])
        assert book.results() == [result]
        assert book.record([result]) == 0


def test_the_same_again_changes_nothing(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "grades.db"
    results = [make("ada"), make("bob", points=3)]
    with Gradebook(path) as book:
        book.record(results)
        book.adjust(results[0].key, 9, "a slip", "jd")
    before = _dump(path)
    with Gradebook(path) as book:
        assert book.record([*results, *results]) == 0
        book.adjust(results[0].key, 9, "a slip", "jd")
    assert _dump(path) == before


def test_a_regrading_replaces_and_keeps_the_former(make: Make, tmp_path: Path) -> None:
    first = make(points=7, text="first")
    better = make(points=10, status="passed", text="second")
    better = replace(better, flags=(), report=replace(better.report, misconceptions=()))
    with Gradebook(tmp_path / "grades.db") as book:
        book.record([first])
        assert book.record([better]) == 1
        assert book.results() == [better]
        assert book.history(first.key) == [first]
        assert book.record([first, better]) == 0  # a ledger that is read again
        assert book.history(first.key) == [first]
    with sqlite3.connect(tmp_path / "grades.db") as connection:
        assert connection.execute("select count(*) from checks").fetchone() == (2,)
        assert connection.execute("select count(*) from findings").fetchone() == (0,)
        assert connection.execute("select count(*) from flags").fetchone() == (0,)
        assert connection.execute("select points, status from grades").fetchall() == [(10, "passed")]


def test_several_states_at_once_are_as_one_after_another(make: Make, tmp_path: Path) -> None:
    states = [make(points=points, text=str(points)) for points in (1, 2, 3)]
    with Gradebook(tmp_path / "once.db") as book:
        assert book.record(states) == 1
        assert (book.results(), book.history(states[0].key)) == ([states[2]], states[:2])
    with Gradebook(tmp_path / "apart.db") as book:
        assert [book.record([one]) for one in states] == [1, 1, 1]
        assert (book.results(), book.history(states[0].key)) == ([states[2]], states[:2])


def test_there_and_back_again_is_kept_once(make: Make, tmp_path: Path) -> None:
    first, second = make(points=1), make(points=2)
    with Gradebook(tmp_path / "grades.db") as book:
        for one in (first, second, first, second):
            book.record([one])
        assert (book.results(), book.history(first.key)) == ([second], [first, second])


def test_graded_again_with_the_same_mark_is_no_history(make: Make, tmp_path: Path) -> None:
    with Gradebook(tmp_path / "grades.db") as book:
        book.record([make()])
        later = make(seconds=9.0, graded_at="2027-01-01T00:00:00+00:00")
        assert book.record([later]) == 1
        assert book.results() == [later]
        assert book.history(later.key) == []


def test_all_or_nothing(make: Make, tmp_path: Path) -> None:
    def broken() -> list[Result]:
        return [make("ada"), make("bob", seconds=float("nan"))]

    with Gradebook(tmp_path / "grades.db") as book:
        with pytest.raises(GradingError, match=r"bob / hw1 / .* JSON cannot hold"):
            book.record(broken())
        assert book.results() == []


def test_adjustments_outlast_regrading_count_in_totals_and_can_be_taken_back(make: Make, tmp_path: Path) -> None:
    ada, bob, unjudged = make("ada", points=4), make("bob", "14.2", 5), make("bob", "16.1", 0, status="not judged")
    with Gradebook(tmp_path / "grades.db") as book:
        book.record([ada, bob, unjudged])
        book.adjust(ada.key, 8.5, "an unusual but right way", by="jd")
        book.record([make("ada", points=2)])
        assert [(one.key, one.points, one.reason, one.by) for one in book.adjustments().values()] == [
            (ada.key, 8.5, "an unusual but right way", "jd")
        ]
        totals = book.totals()
        assert [(one.student, one.points, one.max_points, one.exercises) for one in totals] == [
            ("ada", 8.5, 10, 1),
            ("bob", 5.0, 20, 2),
        ]
        assert [(one.adjusted, one.not_judged) for one in totals] == [(1, 0), (0, 1)]
        book.adjust(unjudged.key, 0, "looked at it", by="jd")
        assert [(one.adjusted, one.not_judged) for one in book.totals()] == [(1, 0), (1, 0)]
        book.adjust(ada.key, None, "was wrong after all", by="jd")
        assert [one.points for one in book.totals()] == [2.0, 5.0]
        assert list(book.adjustments()) == [unjudged.key]
    with sqlite3.connect(tmp_path / "grades.db") as connection:  # nothing is lost
        rows = connection.execute("select points, reason from manual where reason not like 'looked%' order by id")
        assert rows.fetchall() == [(8.5, "an unusual but right way"), (None, "was wrong after all")]


@pytest.mark.parametrize("points", [-1, 10.5, float("nan"), float("inf")])
def test_impossible_points_are_refused(make: Make, tmp_path: Path, points: float) -> None:
    with Gradebook(tmp_path / "grades.db") as book:
        book.record([make()])
        with pytest.raises(ConfigurationError, match="0 to 10"):
            book.adjust(make().key, points, "why", "jd")
        with pytest.raises(ConfigurationError, match="reason"):
            book.adjust(make().key, 1, " ", "jd")
        with pytest.raises(GradingError, match=r"no grade of eve / hw1"):
            book.adjust(make("eve").key, 1, "why", "jd")
        assert book.adjustments() == {}


def test_the_view_marks_can_be_asked_by_anybody(make: Make, tmp_path: Path) -> None:
    with Gradebook(tmp_path / "grades.db") as book:
        book.record([make("ada"), make("bob"), make("eve")])
        book.adjust(make("bob").key, 9, "a slip", "jd")
        book.adjust(make("bob").key, 10, "two slips", "jd")
        book.adjust(make("eve").key, 10, "a slip", "jd")
        book.adjust(make("eve").key, None, "none after all", "jd")
    with sqlite3.connect(tmp_path / "grades.db") as connection:
        rows = connection.execute("select student, exercise, points, graded_points, reason from marks order by student")
        assert rows.fetchall() == [
            ("ada", "14.1", 7, 7, None),
            ("bob", "14.1", 10, 7, "two slips"),
            ("eve", "14.1", 7, 7, None),
        ]


def test_the_queries_of_the_page_can_be_asked(make: Make, tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "gradebook.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in page.splitlines() if line.startswith("    ")]
    text = " ".join(line for line in lines[lines.index("-- Who is not done?") :] if not line.startswith("--"))
    done, misconceptions, said = text[: text.rindex(";")].split(";")
    with Gradebook(tmp_path / "grades.db") as book:
        book.record([make("ada"), make("bob", points=10), make("eve", "14.2", 0, status="not judged", text="why")])
    with sqlite3.connect(tmp_path / "grades.db") as connection:
        assert connection.execute(done).fetchall() == [("ada", "14.1", 7, 10), ("eve", "14.2", 0, 10)]
        assert connection.execute(misconceptions).fetchall() == [
            ("14.1", "no-zero-grad", 2),
            ("14.2", "no-zero-grad", 1),
        ]
        assert connection.execute(said).fetchall() == [("why",)]
