"""The corpus of tests/attacks/notebooks: each case comes to what it should, and nothing else changes."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from pathlib import Path

import pytest
from hostile_notebooks import corpus, course
from hostile_notebooks.corpus import Case

from coursekit.errors import GradingError
from coursekit.grading.submissions.collecting import collect
from coursekit.grading.submissions.model import Submission

RELEASED = course.released("course", "homework")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # zipfile's, of the names that the cases give twice
    CASES = corpus.cases()


def kinds(submission: Submission) -> set[str]:
    of_exercises = (flag.kind for attempt in submission.attempts for flag in attempt.flags)
    return {*(flag.kind for flag in submission.flags), *of_exercises}


def printable(collected: object) -> bool:
    text = repr(collected).encode("utf-8")  # no surrogates
    return text.isascii() or text.decode("utf-8").replace("\ufffd", "?").isprintable()


def tree(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[os.fsencode(path).hex()] = f"{status.st_mode} {status.st_size} {status.st_mtime_ns}"
    return found


def lay(case: Case, root: Path) -> Path:
    submitted = root / "submitted"
    for student in ("ada", "zoe"):
        (submitted / student / "week1").mkdir(parents=True)
        (submitted / student / "week1" / "course.ipynb").write_bytes(course.honest())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        corpus.put(case, submitted / "mallory" / "week1")
    return submitted


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Submission]:
    root = tmp_path_factory.mktemp("alone")
    lay(Case(name="nothing", tries="nothing"), root)
    return {one.student: one for one in collect(root / "submitted", RELEASED).submissions}


def test_the_corpus_is_large_and_says_what_it_tries():
    assert len(CASES) >= 100
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.tries for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_attack(case: Case, tmp_path: Path, undisturbed: dict[str, Submission]):
    submitted = lay(case, tmp_path)
    before = tree(tmp_path)
    collected = collect(submitted, RELEASED)
    again = collect(submitted, RELEASED)
    assert tree(tmp_path) == before
    assert collected == again

    by_student = {one.student: one for one in collected.submissions}
    assert by_student["ada"] == undisturbed["ada"]
    assert by_student["zoe"] == undisturbed["zoe"]
    assert {one.kind for one in collected.ignored} == case.ignored
    assert len(collected.submissions) == 2 + case.found
    for one in collected.ignored:
        assert one.path.startswith("mallory/")
        assert (one.path + one.reason).isprintable()
    if not case.found:
        return
    got = by_student["mallory"]
    assert (case.problem.lower() in got.problem.lower()) if case.problem else not got.problem, got.problem
    assert "could not be read (" not in got.problem  # the last resort, which no case needs
    assert (got.assignment, got.notebook) == ("week1", "course")
    assert [attempt.exercise_id for attempt in got.attempts] == ["1.1", "1.2"]
    assert tuple(attempt.source for attempt in got.attempts) == case.sources
    assert kinds(got) == case.flags, got
    texts = [flag.text for flag in (*got.flags, *(flag for one in got.attempts for flag in one.flags))]
    assert all(text.isprintable() and len(text) < 800 for text in (got.path, got.problem, *texts))
    assert len(texts) < 20


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.make and case.file == "course.ipynb"], ids=lambda case: case.name
)
def test_attack_in_the_archive_of_the_class(case: Case, tmp_path: Path, undisturbed: dict[str, Submission]):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, data in (("ada", course.honest()), ("mallory", case.make()), ("zoe", course.honest())):
            archive.writestr(f"{student}/week1/course.ipynb", data)
    (tmp_path / "class.zip").write_bytes(buffer.getvalue())
    collected = collect(tmp_path / "class.zip", RELEASED)
    by_student = {one.student: one for one in collected.submissions}
    assert by_student["ada"] == undisturbed["ada"]
    assert by_student["zoe"] == undisturbed["zoe"]
    got = by_student["mallory"]
    # Repeated bytes pack too well to be unpacked on trust.
    packed = "times its size" in got.problem
    assert packed or tuple(attempt.source for attempt in got.attempts) == case.sources
    assert packed or kinds(got) == case.flags


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    submitted = lay(Case(name="closed", tries="", make=course.honest), tmp_path)
    closed = submitted / "mallory" / "week1" / "course.ipynb"
    original = os.open

    def refuse(path: object, *args: object, **more: object) -> int:
        if Path(str(path)) == closed:
            raise PermissionError(13, "Permission denied")
        return original(path, *args, **more)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(os, "open", refuse)
    got = {one.student: one for one in collect(submitted, RELEASED).submissions}["mallory"]
    assert "Permission denied" in got.problem
    assert [attempt.source for attempt in got.attempts] == [None, None]


@pytest.mark.parametrize("name", ["nothing", "empty", "text.txt", "broken.zip", "empty.zip"])
def test_what_the_instructor_did_wrong_is_said(name: str, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("text")
    (tmp_path / "broken.zip").write_bytes(b"PK\x05\x06" + b"\xff" * 18)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(GradingError):
        collect(tmp_path / name, RELEASED)
