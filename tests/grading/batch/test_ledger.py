"""The ledger survives a kill at any byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coursekit.errors import GradingError
from coursekit.grading.batch.job import Graded, Job
from coursekit.grading.batch.ledger import Ledger
from coursekit.grading.judge import stopped, untouched
from coursekit.grading.registry import exercise
from coursekit.grading.results import Flag, Result


def _graded(student: str, exercise_id: str = "13.1", message: str = "stopped") -> Graded:
    job = Job(
        student=student,
        assignment="a",
        notebook="n",
        exercise_id=exercise_id,
        source="pass",
        setup="",
        seed=4,
        flags=(Flag(kind="k", text="t"),),
    )
    return Graded(result=job.result(stopped(exercise(exercise_id), 4, message), "timeout"), detail="d", output="\x1b é")


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    with Ledger(tmp_path / "new" / "folder") as ledger:
        kept = [ledger.append(_graded(name), "f") for name in ("ada", "grace", "ünïcödé \u202e")]
        seed = ledger.seed("13.1")
    with Ledger(tmp_path / "new" / "folder") as again:
        assert list(again.known.values()) == kept
        assert set(again.prints.values()) == {"f"}
        assert again.seed("13.1") == seed != again.seed("13.2")


def test_a_later_line_replaces_an_earlier_one(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append(_graded("ada", message="first"), "f")
        ledger.append(_graded("ada", message="second"), "g")
    with Ledger(tmp_path) as again:
        (only,) = again.known.values()
        assert only.result.report.message == "second"
        assert again.prints[only.result.key] == "g"


def test_cut_off_at_every_byte_of_the_last_line_loses_that_line_alone(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append(_graded("ada"), "f")
        ledger.append(_graded("grace"), "f")
    path = tmp_path / "results.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        with Ledger(tmp_path) as again:
            assert [key[0] for key in again.known] == ["ada"]
            again.append(_graded("grace"), "f")
        with Ledger(tmp_path) as again:
            assert [key[0] for key in again.known] == ["ada", "grace"]


def test_a_damaged_line_in_the_middle_is_an_error_and_nothing_is_lost(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append(_graded("ada"), "f")
    path = tmp_path / "results.jsonl"
    damaged = b'{"half": \n' + path.read_bytes()
    path.write_bytes(damaged)
    with pytest.raises(GradingError, match="line 1"), Ledger(tmp_path):
        pass
    assert path.read_bytes() == damaged


def test_one_grader_at_a_time(tmp_path: Path) -> None:
    with Ledger(tmp_path), pytest.raises(GradingError, match="another grader"), Ledger(tmp_path):
        pass
    with Ledger(tmp_path):
        pass


def test_the_secret_is_its_owners_alone_and_belongs_to_the_results(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append(_graded("ada"), "f")
    run = tmp_path / "run.json"
    assert run.stat().st_mode & 0o077 == 0
    assert len(json.loads(run.read_text())["secret"]) == 32
    run.unlink()
    with pytest.raises(GradingError, match=r"no run\.json"), Ledger(tmp_path):
        pass


def test_two_classes_have_different_seeds(tmp_path: Path) -> None:
    with Ledger(tmp_path / "one") as one, Ledger(tmp_path / "two") as two:
        assert one.seed("13.1") != two.seed("13.1")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(GradingError, match="--out"), Ledger(file / "below"):
        pass


def test_results_are_plain_data() -> None:
    graded = _graded("ada")
    assert Graded.from_dict(json.loads(json.dumps(graded.to_dict()))) == graded
    report = untouched(exercise("13.1"), 3)
    result = Result(student="a", assignment="b", notebook="c", report=report, outcome="stub")
    assert Result.from_dict(json.loads(json.dumps(result.to_dict()))) == result
