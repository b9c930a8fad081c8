"""Canvas: read as its importer reads (canvas-lms, lib/gradebook_importer.rb), by rules written down here once more."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coursekit import cli
from coursekit.errors import GradingError
from coursekit.grading.batch.ledger import GRADEBOOK, RESULTS
from coursekit.grading.exporting import export
from coursekit.grading.exporting.roster import read_roster
from coursekit.grading.gradebook import Adjustment, Gradebook
from coursekit.grading.results import Result

Make = Callable[..., Result]


@dataclass
class Course:
    """A course in Canvas: its students by (id, SIS id, login, name), its assignments by id."""

    students: list[tuple[str, str, str, str]]
    assignments: dict[str, str]

    def imported(self, path: Path) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
        """What the importer would take: the grade of each (student's id or new name, title), the points possible."""
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert "Student" in header[0]
        assert "ID" in header[1]
        assert (header[2], header[3], header[4]) == ("SIS User ID", "SIS Login ID", "Section")
        titles = {place: self._title(name) for place, name in enumerate(header) if place > 4}
        grades, points = {}, {}
        for row in rows:
            if "Points Possible" in row[0]:
                points = {title: row[place] for place, title in titles.items()}
                continue
            for place, title in titles.items():
                grades[self._student(row), title] = row[place]
        return grades, points

    def _title(self, name: str) -> str:
        assert not re.search("Current Score|Final Score|Final Grade|Override", name)
        found = re.search(r"\((\d+)\)\s*$", name)
        return self.assignments[found[1]] if found else name

    def _student(self, row: list[str]) -> str:
        for place, column in ((0, 1), (1, 2), (2, 3), (3, 0)):
            for student in self.students:
                if row[column] and student[place] == row[column]:
                    return student[0]
        return f"new: {row[0]}"


COURSE = Course(
    [
        ("101", "s1", "ada", "Ada Lovelace"),
        ("102", "s2", "bob", "Bob"),
        ("103", "s3", "eve", "Eve"),
        ("104", "", "x", "Eve"),
    ],
    {"7": "hw1", "8": "exam"},
)

ROSTER = """\
Student,ID,SIS User ID,SIS Login ID,Section,hw1 (7),exam (8),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,20,50,(read only)
"Lovelace, Ada",101,s1,ada,"Lecture, A",,40,
"Bob, B",102,s2,bob,Lecture,5,41,
=Eve,103,s3,eve,Lecture,6,42,
=Eve,104,,x,Lecture,6,42,
"Student, Test",105,,t,Lecture,,,
"""


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text("\ufeff" + ROSTER, encoding="utf-8")
    return path


def _left_out(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["student"]: row["reason"] for row in csv.DictReader(file)}


def test_without_a_roster_folders_are_logins(graded: Make, tmp_path: Path) -> None:
    results = [graded("ada", "14.1", 7), graded("ada", "14.2", 10), graded("bob", "14.1", 3), graded("new", "14.1", 1)]
    adjustment = Adjustment(key=results[2].key, points=3.5, reason="r", by="jd")
    (path,) = export(results, "canvas", tmp_path, adjustments={results[2].key: adjustment})
    assert path == tmp_path / "canvas.csv"
    grades, points = COURSE.imported(path)
    assert grades == {("101", "hw1"): "17", ("102", "hw1"): "3.5", ("new: new", "hw1"): "1"}
    assert points == {"hw1": "20"}


def test_a_roster_brings_ids_sections_and_assignments(graded: Make, tmp_path: Path, roster: Path) -> None:
    results = [graded("ADA", points=7), graded("s2", points=3), graded("s2", assignment="hw2", points=4)]
    (path,) = export(results, "canvas", tmp_path / "out.csv", roster=roster)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "hw1 (7)", "hw2"],
        ["    Points Possible", "", "", "", "", "10", "10"],
        ["Lovelace, Ada", "101", "s1", "ada", "Lecture, A", "7", ""],
        ["Bob, B", "102", "s2", "bob", "Lecture", "3", "4"],
    ]
    assert COURSE.imported(path)[0] == {
        ("101", "hw1"): "7",
        ("101", "hw2"): "",
        ("102", "hw1"): "3",
        ("102", "hw2"): "4",
    }


def test_what_canvas_has_and_we_do_not_is_not_cleared(graded: Make, tmp_path: Path, roster: Path) -> None:
    results = [graded("ada"), graded("bob", assignment="exam", points=9)]
    (path,) = export(results, "canvas", tmp_path / "out.csv", roster=roster)
    assert COURSE.imported(path)[0] == {
        ("101", "hw1"): "7",
        ("101", "exam"): "40",
        ("102", "hw1"): "5",
        ("102", "exam"): "9",
    }


def test_nobody_is_dropped_in_silence(graded: Make, tmp_path: Path, roster: Path) -> None:
    results = [
        graded("ada"),
        graded("nobody"),
        graded("=eve"),  # two of the roster have this name
        graded("bob"),
        graded("102"),  # bob once more
        graded("eve", points=0, status="not judged"),
    ]
    path, beside = export(results, "canvas", tmp_path / "out.csv", roster=roster)
    assert set(COURSE.imported(path)[0]) == {("101", "hw1")}
    reasons = _left_out(beside)
    assert {name: reason.partition(" ")[0] for name, reason in reasons.items()} == {
        "102": "another",
        "'=eve": "ambiguous:",
        "bob": "another",
        "eve": "1",
        "nobody": "not",
    }
    assert reasons["nobody"] == "not found on the roster"
    assert reasons["'=eve"] == "ambiguous: 2 of the roster are called so (eve, x)"
    export([graded("ada")], "canvas", tmp_path / "out.csv", roster=roster)
    assert not beside.exists()


@pytest.mark.parametrize(
    ("student", "assignment"),
    [
        ("Points Possible", "hw1"),
        ("=HYPERLINK(1)", "hw1"),
        ("", "hw1"),
        ("a\nb", "hw1"),
        ("ada", "anything (8)"),  # the number of the exam
        ("ada", "Final Score"),
        ("ada", "Unposted Final Grade"),
        ("ada", "Section"),
        ("ada", "=1"),
        ("ada", " "),
    ],
)
def test_a_name_that_canvas_takes_for_something_else_is_left_out(
    graded: Make, tmp_path: Path, student: str, assignment: str
) -> None:
    path, beside = export([graded("bob"), graded(student, assignment=assignment)], "canvas", tmp_path)
    grades, points = COURSE.imported(path)
    assert grades == {("102", "hw1"): "7"}
    assert points == {"hw1": "10"}
    assert len(_left_out(beside)) == 1


def test_a_name_of_the_roster_is_no_formula_either(graded: Make, tmp_path: Path, roster: Path) -> None:
    (path,) = export([graded("eve")], "canvas", tmp_path / "out.csv", roster=roster)
    assert '"\'=Eve","103"' in path.read_text(encoding="utf-8")
    assert COURSE.imported(path)[0] == {("103", "hw1"): "7"}


NAMES = [
    "Lovelace, Ada",
    "Seán O\u2019Brien",
    "O'Brien, Sean",
    "José Núñez",
    "Ada, Bo",
    "Bo Ada",
    "王小明",
    "Le  Guin, U. K.",
]


@pytest.mark.parametrize(
    ("folder", "meant"),
    [
        ("Ada Lovelace", [0]),
        ("lovelace, ADA", [0]),
        ("Lovelace,Ada", [0]),
        ("Lovelace Ada", []),  # without a comma the first name stands first
        ("O\u2019Brien, Seán", [1]),
        ("Sean O'Brien", [2]),
        ("Sean O\u2019Brien", []),
        ("Seán O'Brien", []),
        ("NÚÑEZ, JOSÉ", [3]),
        ("Jose\u0301 Nu\u0301n\u0303ez", [3]),  # decomposed, as a Mac writes it
        ("Jose Nunez", []),
        ("Bo Ada", [4, 5]),
        ("王小明", [6]),
        ("U. K. Le Guin", [7]),
        (",", []),
        ("", []),
    ],
)
def test_a_full_name_may_stand_either_way(tmp_path: Path, folder: str, meant: list[int]) -> None:
    path = tmp_path / "names.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section"])
        writer.writerows([name, str(100 + place), "", "", ""] for place, name in enumerate(NAMES))
    roster = read_roster(path)
    assert list(roster.candidates(folder)) == meant
    assert roster.find(folder) == (meant[0] if len(meant) == 1 else None)


def test_the_command_counts_and_says_when_somebody_is_left_out(graded: Make, tmp_path: Path, roster: Path) -> None:
    (tmp_path / RESULTS).touch()
    with Gradebook(tmp_path / GRADEBOOK) as book:
        book.record([graded("Ada Lovelace"), graded("bob"), graded("nobody"), graded("nobody", assignment="hw2")])
    command = ["export", str(tmp_path), "--to", "canvas"]
    said = CliRunner().invoke(cli.app, [*command, "--roster", str(roster)])
    assert said.exit_code == 3, said.output
    assert "2 written, 1 left out." in said.output
    assert "canvas_left_out.csv" in said.output
    said = CliRunner().invoke(cli.app, command)
    assert said.exit_code == 0, said.output
    assert "3 written, 0 left out." in said.output


@pytest.mark.parametrize("content", [b"", b"name,points\na,1\n", b"\xff\xfe\x00", None])
def test_a_roster_that_is_none(graded: Make, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GradingError, match=r"the roster .*Grades > Export"):
        export([graded("ada")], "canvas", tmp_path / "out.csv", roster=path)
    assert not (tmp_path / "out.csv").exists()
