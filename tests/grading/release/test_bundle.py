"""The zip for a class: the same bytes, all that is needed, no answers."""

from __future__ import annotations

import zipfile

import pytest
from typer.testing import CliRunner

from coursekit.cli import app
from coursekit.errors import GradingError
from coursekit.grading.registry import answers
from coursekit.grading.release.bundle import ROOT, bundle
from coursekit.grading.release.convert import notebook_text
from coursekit.grading.release.drafting import new_notebook, update
from coursekit.grading.release.release import release
from coursekit.grading.release.released import load_notebook, read_released


@pytest.fixture
def course(tmp_path):
    update(tmp_path / "solutions" / "13_losses.ipynb", ["13.1", "13.2"])
    release(tmp_path / "solutions", tmp_path / "exercises")
    chapter(tmp_path, "A chapter. `shifted = logits - logits.max(axis=1, keepdims=True)`")
    return tmp_path


def chapter(course, source):
    notebook = new_notebook("Chapter 13")
    notebook["cells"][1]["source"] = source
    (course / "notebooks").mkdir(exist_ok=True)
    (course / "notebooks" / "13_losses.ipynb").write_text(notebook_text(notebook), encoding="utf-8")


def test_a_class_can_work_with_what_is_in_it(course, tmp_path):
    names = bundle(course / "exercises", course / "class.zip", notebooks=course / "notebooks")
    assert names == ["README.md", "exercises/13_losses.ipynb", "notebooks/13_losses.ipynb"]
    with zipfile.ZipFile(course / "class.zip") as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [f"{ROOT}/{name}" for name in names]
        archive.extractall(tmp_path / "learner")
    held = read_released(tmp_path / "learner" / ROOT / "exercises")["13_losses"]
    assert [one.id for one in held.exercises] == ["13.1", "13.2"]
    readme = (tmp_path / "learner" / ROOT / "README.md").read_text()
    assert "Four optimizers from scratch" in readme
    assert "notebooks/" in readme


def test_one_chapter_alone(course):
    update(course / "solutions" / "14_loops.ipynb", ["14.1"])
    release(course / "solutions", course / "exercises")
    runner = CliRunner()
    arguments = ["--solutions", str(course / "solutions"), "--exercises", str(course / "exercises")]
    done = runner.invoke(app, ["release", *arguments, "--bundle", str(course / "week.zip"), "--only", "14"])
    assert done.exit_code == 0, done.output
    assert "without chapters" in done.output
    with zipfile.ZipFile(course / "week.zip") as archive:
        assert sorted(archive.namelist()) == [f"{ROOT}/README.md", f"{ROOT}/exercises/14_loops.ipynb"]


def test_the_same_bytes_whenever_it_is_made(course):
    bundle(course / "exercises", course / "one.zip")
    (course / "exercises" / "13_losses.ipynb").touch()
    bundle(course / "exercises", course / "two.zip")
    assert (course / "one.zip").read_bytes() == (course / "two.zip").read_bytes()
    with zipfile.ZipFile(course / "one.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "notebooks/" not in archive.read(f"{ROOT}/README.md").decode()


def test_no_answer_is_packed_with_the_exercises(course):
    path = course / "exercises" / "13_losses.ipynb"
    notebook = load_notebook(path)
    notebook["cells"][4]["source"] = answers("13.1").solution
    path.write_text(notebook_text(notebook))
    with pytest.raises(GradingError, match="gives an answer away"):
        bundle(course / "exercises", course / "class.zip")
    assert not (course / "class.zip").exists()


def test_a_folder_of_solutions_is_not_packed_by_mistake(course):
    with pytest.raises(GradingError, match="a marker, BEGIN SOLUTION"):
        bundle(course / "solutions", course / "class.zip")


def test_a_chapter_may_teach_lines_and_no_whole_solution(course):
    chapter(course, answers("13.1").solution)
    with pytest.raises(GradingError, match=r"the whole solution of 13\.1"):
        bundle(course / "exercises", course / "class.zip", notebooks=course / "notebooks")


def test_nothing_to_pack(tmp_path):
    with pytest.raises(GradingError, match="no released exercises"):
        bundle(tmp_path, tmp_path / "class.zip")
