"""Reading: any JSON, any damage, and which of several files counts."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
from hostile_notebooks import course
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursekit.grading.release.released import ReleasedExercise
from coursekit.grading.submissions.bounds import RefusedError
from coursekit.grading.submissions.collecting import collect
from coursekit.grading.submissions.found import Found
from coursekit.grading.submissions.model import Submission
from coursekit.grading.submissions.parsing import Cell
from coursekit.grading.submissions.reading import read
from coursekit.grading.submissions.straying import Elsewhere

RELEASED = course.released("course", "homework")
QUICK = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Bytes:
    data: bytes

    def read(self, limit: int) -> bytes:
        if len(self.data) > limit:
            raise RefusedError("too large")
        return self.data


def read_bytes(data: bytes, stem: str = "course", released: Any = RELEASED) -> Submission:
    return read(Found(student="s", assignment="", stem=stem, path="s.ipynb", depth=0, file=Bytes(data)), released)


def sound(submission: Submission) -> None:
    """What holds of every submission."""
    assert "could not be read (" not in submission.problem  # the last resort
    assert [one.exercise_id for one in submission.attempts] == ["1.1", "1.2"] or not submission.notebook
    if submission.problem:
        assert all(one.source is None for one in submission.attempts)
    for one in submission.attempts:
        assert one.source is not None or one.flags or submission.problem
        (one.source or "").encode("utf-8")
    repr(submission).encode("utf-8")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["cells", "metadata", "source", "cell_type", "nbgrader", "id"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@QUICK
@given(json_values)
def test_any_json_is_read_without_raising(value: Any):
    sound(read_bytes(json.dumps(value).encode()))


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_raising(data: bytes):
    sound(read_bytes(data))


@QUICK
@given(st.data())
def test_a_notebook_with_any_part_replaced_is_read_without_raising(data: st.DataObject):
    content = course.notebook(course.ANSWERS)
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = content
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and data.draw(st.booleans()):
                place = place[key]
                continue
            place[key] = data.draw(json_values)
            break
    sound(read_bytes(json.dumps(content).encode()))


@QUICK
@given(st.integers(0, 3_000), st.binary(max_size=3))
def test_a_notebook_with_bytes_replaced_is_read_without_raising(at: int, new: bytes):
    data = course.honest()
    sound(read_bytes(data[:at] + new + data[at + len(new) :]))


@QUICK
@given(st.text(max_size=200))
def test_code_is_taken_as_nbformat_reads_it(text: str):
    source = "x = 0\n" + text.replace("\r", "").replace("\ufffd", "")
    content = course.notebook({**course.ANSWERS, "1.1": source.splitlines(keepends=True)})
    for cell in content["cells"]:
        cell.update({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})
        cell.pop("id", None)
    content["nbformat_minor"] = 4
    theirs = nbformat.reads(json.dumps(content), 4)["cells"][3]["source"]
    ours = read_bytes(json.dumps(content).encode()).attempts[0].source
    assert ours is not None
    assert ours.count("\n") == theirs.count("\n")
    try:
        ast.parse(theirs)
    except (SyntaxError, ValueError):
        return
    assert ours == theirs


def test_what_is_honest_is_read_without_a_flag():
    got = read_bytes(course.honest())
    assert [one.source for one in got.attempts] == list(course.ANSWERS.values())
    assert (got.flags, got.problem, got.notebook, got.assignment) == ((), "", "course", "course")
    assert not any(one.flags for one in got.attempts)


def test_a_stub_is_taken_as_it_is():
    got = read_bytes(course.as_bytes(course.notebook()))
    assert [one.source for one in got.attempts] == list(course.STUBS.values())


def _renamed(name: str, ids: str = "") -> bytes:
    content = course.notebook(course.ANSWERS, name=name)
    text = json.dumps(content)
    return text.replace("ex-1-", f"ex-{ids}1-").encode()


def test_the_released_notebook_is_known_by_what_it_says_then_its_name_then_its_folder_then_its_cells():
    assert read_bytes(_renamed("homework"), "course").notebook == "homework"
    assert read_bytes(_renamed(""), "homework").notebook == "homework"
    assert read_bytes(_renamed(""), "Course (1)").notebook == "course"
    found = Found(student="s", assignment="homework", stem="x", path="x", depth=0, file=Bytes(_renamed("")))
    assert read(found, RELEASED).notebook == "homework"
    assert read(replace(found, stem="course"), RELEASED).notebook == "course"
    other = {**RELEASED, "homework": replace(RELEASED["homework"], exercises=(), locked={})}
    assert read_bytes(_renamed(""), "x", other).notebook == "course"
    # As many cells of the one as of the other.
    unknown = read_bytes(_renamed(""), "x")
    assert (unknown.notebook, unknown.attempts) == ("", ())
    assert "no released notebook" in unknown.problem


def test_an_unreadable_file_is_the_only_released_notebook_or_the_one_of_its_name():
    assert read_bytes(b"{", "x").notebook == ""
    assert read_bytes(b"{", "homework").notebook == "homework"
    alone = read_bytes(b"{", "x", course.released("course"))
    assert (alone.notebook, [one.source for one in alone.attempts]) == ("course", [None, None])
    assert len(alone.sha256) == 64


def test_a_cell_without_nbgraders_mark_is_found_by_the_other_marks():
    content = course.notebook(course.ANSWERS)
    for cell in content["cells"]:
        cell["metadata"].pop("nbgrader", None)
    assert read_bytes(course.as_bytes(content)).attempts[0].source == course.ANSWERS["1.1"]
    for cell in content["cells"]:
        cell["metadata"].pop("coursekit", None)
    assert read_bytes(course.as_bytes(content)).attempts[0].source == course.ANSWERS["1.1"]
    content = course.notebook(course.ANSWERS)
    for cell in content["cells"]:
        cell["metadata"].pop("nbgrader", None)
        cell.pop("id", None)
    assert read_bytes(course.as_bytes(content)).attempts[0].source == course.ANSWERS["1.1"]


def test_of_several_files_the_right_name_counts_then_the_cells_then_the_place(tmp_path: Path):
    def put(name: str, sources: dict[str, str] | None = None, cells: int | None = None) -> None:
        path = tmp_path / "ada" / "week1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = course.notebook(sources)
        content["cells"] = content["cells"][:cells]
        path.write_bytes(course.as_bytes(content))

    def taken() -> str:
        (one,) = collect(tmp_path, RELEASED).submissions
        return one.path.removeprefix("ada/week1/")

    put("sub/a.ipynb", course.ANSWERS)
    assert taken() == "sub/a.ipynb"
    put("b.ipynb", course.ANSWERS)
    assert taken() == "b.ipynb"
    put("a.ipynb", course.ANSWERS, 3)
    assert taken() == "b.ipynb"
    put("COURSE-Copy1.ipynb", None)
    assert taken() == "COURSE-Copy1.ipynb"
    put("course.ipynb", None, 5)  # with one of the two cells: the name counts before them
    assert taken() == "course.ipynb"
    collected = collect(tmp_path, RELEASED)
    assert [one.kind for one in collected.ignored] == ["duplicate"] * 4
    assert collected.submissions[0].flags[-1].kind == "duplicate-notebook"
    (tmp_path / "ada" / "week1" / "course.ipynb").write_bytes(b"{")
    assert taken() == "COURSE-Copy1.ipynb"


def test_a_file_of_no_released_notebook_is_listed(tmp_path: Path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "notes.ipynb").write_bytes(b'{"cells": [], "nbformat": 4}')
    (tmp_path / "ada" / "course.ipynb").write_bytes(course.honest())
    collected = collect(tmp_path, RELEASED)
    assert [(one.path, one.kind) for one in collected.ignored] == [("ada/notes.ipynb", "no-notebook")]
    assert [one.path for one in collected.submissions] == ["ada/course.ipynb"]


def test_only_what_an_exercise_needs_from_elsewhere_is_flagged():
    def flagged(solution: str, stray: str, setup: str = "import math") -> bool:
        exercise = ReleasedExercise("1.1", 5, "id", setup, course.STUBS["1.1"])
        cells = [Cell(number=7, kind="code", source=stray, grade_id="", own_id="", marks=("", ""))]
        return [flag.kind for flag in Elsewhere(cells).flags(exercise, solution)] == ["stray-code"]

    uses = "def step(weight, gradient):\n    return rate(weight) - gradient"
    assert flagged(uses, "def rate(x):\n    return x")
    assert not flagged(uses, "def rate(x):\n    return x", "from helpers import rate")
    assert not flagged("rate = abs\n" + uses, "def rate(x):\n    return x")
    assert not flagged(uses, "def gradient(x):\n    return x")
    assert not flagged(uses, "# def rate(x):\n'''\ndef rate(x):\n'''")
    assert not flagged("def step(w, g):\n    return w.rate - 'rate'  # rate", "def rate(x):\n    return x")
