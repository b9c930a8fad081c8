"""CSV: what is in it, in which order, and what no spreadsheet may find in it."""

from __future__ import annotations

import csv
import os
import random
import stat
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from coursekit import cli
from coursekit.errors import ConfigurationError, GradingError
from coursekit.grading.batch.ledger import GRADEBOOK, RESULTS
from coursekit.grading.exporting import FORMATS, export
from coursekit.grading.exporting.cells import cell, number, visible
from coursekit.grading.gradebook import Adjustment, Gradebook
from coursekit.grading.results import Result

Make = Callable[..., Result]

HOSTILE = [
    '=HYPERLINK("http://x","y")',
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "\r\n=1",
    "\uff1d1",
    "a;=1",
    'a";=1',
    "'=1",
    "a\nb",
    "nul\x00",
    "\udce4",
    "\u202egnp",
    "../../x",
    "x" * 5000,
    'quo"te,comma',
    "Zoë",
    "王小明",
]


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _class(make: Make) -> list[Result]:
    return [
        make("bob", "14.2", 3),
        make("ada", "14.10", 10),
        make("ada", "14.2", 7),
        make("bob", "16.1", 0, assignment="hw2", notebook="hw2", status="not judged"),
    ]


def _adjusted(result: Result, points: float) -> dict[tuple[str, str, str, str], Adjustment]:
    return {result.key: Adjustment(key=result.key, points=points, reason="=1", by="jd")}


def test_one_row_a_student(graded: Make, tmp_path: Path) -> None:
    results = _class(graded)
    random.Random(0).shuffle(results)
    (path,) = export(results, "csv", tmp_path / "g.csv", adjustments=_adjusted(graded("bob", "14.2"), 4.5))
    one = "hw1/14_training_loop"
    assert _rows(path) == [
        [
            "student",
            f"{one}/14.2",
            f"{one}/14.10",
            "hw2/16.1",
            "hw1 total",
            "hw2 total",
            "total",
            "maximum",
            "not judged",
        ],
        ["ada", "7", "10", "", "17", "", "17", "30", "0"],
        ["bob", "4.5", "", "0", "4.5", "0", "4.5", "30", "1"],
    ]


def test_one_row_an_exercise(graded: Make, tmp_path: Path) -> None:
    wide, long = export(_class(graded), "csv", tmp_path, adjustments=_adjusted(graded("bob", "14.2"), 4.5))
    assert (wide.name, long.name) == ("grades.csv", "grades_long.csv")
    frame = pandas.read_csv(long, dtype={"exercise": str}, keep_default_na=False)
    assert list(frame.exercise) == ["14.2", "14.10", "14.2", "16.1"]
    assert list(frame.points) == [7, 10, 4.5, 0]
    assert list(frame.graded_points) == [7, 10, 3, 0]
    assert list(frame.misconceptions) == ["eval-mode", "", "", ""]
    assert list(frame.reason) == ["", "", "'=1", ""]
    assert set(frame["flags"]) == {"time"}


def test_a_name_that_says_long_gets_the_long_table(graded: Make, tmp_path: Path) -> None:
    wide, long = export(_class(graded), "csv", tmp_path)
    for name, layout, same in [
        ("grades_long.csv", None, long),
        ("hw1_LONG.CSV", None, long),
        ("long.csv", None, wide),
        ("belong.csv", None, wide),
        ("a_long.csv", "wide", wide),
        ("a.csv", "long", long),
    ]:
        expected = same.read_bytes()
        (path,) = export(_class(graded), "csv", tmp_path / "one" / name, layout=layout)
        assert path.read_bytes() == expected, name
    (tmp_path / "folder.csv").mkdir()
    assert len(export(_class(graded), "csv", tmp_path / "folder.csv")) == 2


def test_the_command_writes_both_tables(graded: Make, tmp_path: Path) -> None:
    (tmp_path / RESULTS).touch()
    with Gradebook(tmp_path / GRADEBOOK) as book:
        book.record(_class(graded))
    said = CliRunner().invoke(cli.app, ["export", str(tmp_path), "--to", "csv"])
    assert said.exit_code == 0, said.output
    assert {path.name for path in tmp_path.glob("*.csv")} == {"grades.csv", "grades_long.csv"}
    long = (tmp_path / "grades_long.csv").read_bytes()
    arguments = ["export", str(tmp_path), "--to", "csv", "--target", str(tmp_path / "grades_long.csv")]
    assert CliRunner().invoke(cli.app, arguments).exit_code == 0
    assert (tmp_path / "grades_long.csv").read_bytes() == long


def test_the_same_grades_are_the_same_bytes(graded: Make, tmp_path: Path) -> None:
    results = [graded(name, exercise) for name in HOSTILE for exercise in ("14.1", "14.2")]
    export(results, "csv", tmp_path / "a")
    random.Random(1).shuffle(results)
    export(results, "csv", tmp_path / "b")
    for name in ("grades.csv", "grades_long.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_hostile_names_make_no_formula_and_lose_no_row(graded: Make, tmp_path: Path) -> None:
    results = [graded(name, assignment=name, text=name) for name in HOSTILE]
    for path in export(results, "csv", tmp_path):
        rows = _rows(path)
        assert len(rows) == len(HOSTILE) + 1
        assert len({row[0] for row in rows[1:]}) == len(HOSTILE)
        for row in rows:
            for text in row:
                assert text.strip(" '\"")[:1] not in tuple("=+@\t\r\uff1d") or text.lstrip(' "').startswith("'")
                assert "\n" not in text
                assert "\x00" not in text
        # A program that takes the semicolon for the separator.
        for line in path.read_text(encoding="utf-8").splitlines():
            for text in line.replace('"', "").split(";"):
                assert text.strip()[:1] not in tuple("=+-@")


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert cell(text).strip(' "')[:1] not in tuple("=+-@|\t\r\n")
    assert visible(text).encode("utf-8").decode() == visible(text)


@pytest.mark.parametrize(("value", "text"), [(8.0, "8"), (8.5, "8.5"), (0.0, "0"), (1 / 3, "0.3333333333333333")])
def test_points_are_written_exactly(value: float, text: str) -> None:
    assert number(value) == text


def test_a_spreadsheet_that_needs_a_mark_gets_one(graded: Make, tmp_path: Path) -> None:
    (path,) = export([graded("Zoë")], "csv", tmp_path / "g.csv", encoding="utf-8-sig")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert list(pandas.read_csv(path).student) == ["Zoë"]


def test_a_file_is_replaced_whole_or_stays(graded: Make, tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    path.write_text("former")
    with pytest.raises(GradingError, match="cannot be written"):
        export([graded("Zoë")], "csv", path, encoding="ascii")
    assert [one.name for one in tmp_path.iterdir()] == ["g.csv"]
    assert path.read_text() == "former"
    (tmp_path / "outside").write_text("outside")
    (tmp_path / "link.csv").symlink_to(tmp_path / "outside")
    export([graded("ada")], "csv", tmp_path / "link.csv")
    assert (tmp_path / "outside").read_text() == "outside"
    assert stat.S_ISREG(os.lstat(tmp_path / "link.csv").st_mode)
    with pytest.raises(GradingError, match="cannot be written"):
        export([graded("ada")], "csv", path / "g.csv")


def test_unknown_words_are_named_with_their_neighbours(graded: Make, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'canvas'"):
        export([], "canvass", tmp_path)
    with pytest.raises(ConfigurationError, match="did you mean 'roster'"):
        export([], "canvas", tmp_path, rooster="x")
    with pytest.raises(ConfigurationError, match="one of long, wide"):
        export([], "csv", tmp_path, layout="high")
    with pytest.raises(ConfigurationError, match="after_due_date"):
        export([], "gradescope", tmp_path, visibility="no")
    assert list(tmp_path.iterdir()) == []
    assert FORMATS == ("canvas", "csv", "gradescope", "nbgrader")
