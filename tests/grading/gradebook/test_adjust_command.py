"""``coursekit adjust``: which grade is meant, and what an instructor is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coursekit import cli
from coursekit.errors import ConfigurationError, GradingError
from coursekit.grading.batch.ledger import GRADEBOOK, RESULTS
from coursekit.grading.gradebook import Gradebook
from coursekit.grading.gradebook.choosing import choose
from coursekit.grading.results import Result

Make = Callable[..., Result]


@pytest.fixture
def folder(make: Make, tmp_path: Path) -> Path:
    (tmp_path / RESULTS).touch()
    results = [make("ada", "14.1", 3), make("ada", "14.2", 7), make("bob", "14.1", 5)]
    results += [make("bob", "14.1", 6, assignment="hw2"), make("bob", "14.1", 6, assignment="hw2", notebook="other")]
    with Gradebook(tmp_path / GRADEBOOK) as book:
        book.record(results)
    return tmp_path


def _adjust(folder: Path, *arguments: str, reason: str = "an unusual but right way") -> tuple[int, str]:
    said = CliRunner().invoke(cli.app, ["adjust", str(folder), *arguments, "--reason", reason, "--by", "jd"])
    return said.exit_code, " ".join(said.output.split())


def _adjusted(folder: Path) -> dict[tuple[str, ...], tuple[float, str, str]]:
    with Gradebook(folder / GRADEBOOK, create=False) as book:
        return {key: (one.points, one.reason, one.by) for key, one in book.adjustments().items()}


def test_points_are_given_and_taken_back(folder: Path) -> None:
    code, said = _adjust(folder, "ada", "14.1", "8.5")
    assert code == 0, said
    assert "ada / hw1 / 14_training_loop / 14.1: 8.5 of 10 points count; the grader gave 3." in said
    key = ("ada", "hw1", "14_training_loop", "14.1")
    assert _adjusted(folder) == {key: (8.5, "an unusual but right way", "jd")}
    code, said = _adjust(folder, "ada", "14.1", "none", reason="a mistake of mine")
    assert code == 0, said
    assert "3 of 10 points count; the grader's, as before." in said
    assert _adjusted(folder) == {}


def test_several_grades_are_listed_and_one_of_them_can_be_said(folder: Path) -> None:
    code, said = _adjust(folder, "bob", "14.1", "9")
    assert code == 1
    assert "bob has 3 grades for exercise 14.1" in said
    assert "--assignment hw2 --notebook other" in said
    assert "--assignment hw1 --notebook 14_training_loop" in said
    assert _adjusted(folder) == {}
    assert _adjust(folder, "bob", "14.1", "9", "--assignment", "hw2", "--notebook", "other")[0] == 0
    assert _adjust(folder, "bob", "14.1", "8", "--assignment", "hw1")[0] == 0
    assert {key[1:3]: one[0] for key, one in _adjusted(folder).items()} == {
        ("hw2", "other"): 9,
        ("hw1", "14_training_loop"): 8,
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("adda", "14.1", "9"), "did you mean 'ada'"),
        (("ada", "14.3", "9"), "one of 14.1, 14.2"),
        (("ada", "14.1", "9", "--assignment", "hw2"), "unknown assignment of ada 'hw2'. Expected: one of hw1."),
        (("ada", "14.1", "9", "--notebook", "other"), "one of 14_training_loop"),
        (("ada", "14.1", "11"), "0 to 10"),
        (("ada", "14.1", "nan"), "0 to 10"),
        (("ada", "14.1", "many"), "a number"),
        (("ada", "14.1", "1,000"), "a point, not a comma"),
    ],
)
def test_what_cannot_be_is_said(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    code, said = _adjust(folder, *arguments)
    assert code == 1
    assert told in said
    assert _adjusted(folder) == {}


def test_a_reason_is_needed_and_a_folder_that_was_graded(folder: Path, tmp_path: Path) -> None:
    assert _adjust(folder, "ada", "14.1", "9", reason=" ")[0] == 1
    assert CliRunner().invoke(cli.app, ["adjust", str(folder), "ada", "14.1", "9"]).exit_code == 2
    code, said = _adjust(tmp_path / "nowhere", "ada", "14.1", "9")
    assert code == 1
    assert "grade first" in said


def test_the_only_grade_is_chosen() -> None:
    keys = [("a", "h", "n", "1"), ("a", "h", "m", "2"), ("b", "h", "n", "1")]
    assert choose(keys, "a", "2") == keys[1]
    with pytest.raises(ConfigurationError, match="unknown student"):
        choose(keys, "c", "1")
    with pytest.raises(GradingError, match="2 grades"):
        choose([*keys, ("a", "k", "n", "1")], "a", "1")
