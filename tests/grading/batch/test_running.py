"""A class, graded: who gets what, what is run again and what is not, and what is left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_class import NAME, RELEASED, write_notebook

from coursekit._grading_commands import _tell
from coursekit.errors import ConfigurationError, GradingError
from coursekit.grading.batch.job import Job, References, grade_job
from coursekit.grading.batch.ledger import Ledger
from coursekit.grading.batch.running import Summary, grade
from coursekit.grading.gradebook import Gradebook
from coursekit.grading.judge import stopped, untouched
from coursekit.grading.observation import Failure, Observation
from coursekit.grading.observing import enter
from coursekit.grading.registry import answers, exercise
from coursekit.grading.results import Result
from coursekit.grading.sandbox.limits import Limits, Outcome


@pytest.fixture
def submitted(tmp_path: Path) -> Path:
    found = answers("13.1")
    folder = tmp_path / "submitted"
    write_notebook(folder, "ada", found.solution)
    write_notebook(folder, "bob", found.source(found.misconceptions[0].forms[0]))
    write_notebook(folder, "cleo", found.exercise.starter + "\n\n")
    write_notebook(folder, "dan", None)
    write_notebook(folder, "eve", "import os\nos._exit(0)")
    write_notebook(folder, "flo", "def cross_entropy(logits, labels):\n    return logits[\n")
    write_notebook(folder, "gus", "pass").write_text("{ not json")
    write_notebook(folder, "ivy", "  \n\n")
    write_notebook(folder, "hal", "%matplotlib inline\n!rm -rf /\n" + found.solution)
    return folder


def _grade(submitted: Path, **options: object) -> Summary:
    chosen = {"released": RELEASED, "workers": 2, "only": ("13.1",), "progress": False, **options}
    return grade(submitted, submitted.parent / "out", **chosen)  # type: ignore[arg-type]  # as the signature has them


def _of(summary: Summary) -> dict[str, Result]:
    return {result.student: result for result in summary.results}


def test_everybody_gets_what_is_theirs(submitted: Path) -> None:
    (submitted / "notes.txt").write_text("not a notebook")
    summary = _grade(submitted)
    found = _of(summary)
    statuses = {student: (result.report.status, result.outcome) for student, result in found.items()}
    assert statuses == {
        "ada": ("passed", "observed"),
        "bob": ("failed", "observed"),
        "cleo": ("not attempted", "stub"),
        "dan": ("not attempted", "missing"),
        "eve": ("failed", "exited"),
        "flo": ("failed", "observed"),
        "gus": ("not attempted", "unreadable"),
        "hal": ("passed", "observed"),
        "ivy": ("not attempted", "empty"),
    }
    named = found["bob"].report.misconception
    assert named is not None
    assert named.name == answers("13.1").misconceptions[0].name
    assert "SyntaxError" in found["flo"].report.message
    assert {flag.kind for flag in found["eve"].flags} >= {"exited"}
    assert found["dan"].report.message == "The cell of this exercise is missing from the notebook."
    assert found["ivy"].report.message == "The cell of this exercise is empty."
    assert {flag.kind for flag in found["gus"].flags} >= {"unreadable"}
    assert [result.student for result in summary.unjudged] == ["gus"]
    assert any("notes.txt" in line for line in summary.ignored)
    assert (summary.ran, summary.kept, summary.nothing_to_run) == (5, 0, 4)

    with Gradebook(summary.folder / "gradebook.sqlite", create=False) as book:
        assert sorted(book.results(), key=lambda one: one.key) == list(summary.results)
    log = (summary.folder / "logs" / "flo" / f"{NAME}.log").read_text("utf-8")
    assert "SyntaxError" in log
    assert len(list((summary.folder / "logs").glob("*/*.log"))) == 9


def test_what_is_judged_is_not_run_again_and_what_changed_is(submitted: Path) -> None:
    first = _grade(submitted)
    second = _grade(submitted)
    assert second.results == first.results
    assert (second.ran, second.kept, second.nothing_to_run) == (0, 5, 4)
    before = (first.folder / "results.jsonl").read_bytes()
    write_notebook(submitted, "eve", answers("13.1").solution)
    third = _grade(submitted)
    assert (third.ran, third.kept) == (1, 4)
    assert _of(third)["eve"].report.passed
    assert not _of(third)["eve"].flags
    assert (first.folder / "results.jsonl").read_bytes().startswith(before)
    again = _grade(submitted, again=True)
    assert again.ran == 5
    assert {one.key: one.report for one in again.results} == {one.key: one.report for one in third.results}


def test_a_half_graded_class_is_gone_on_with(submitted: Path) -> None:
    whole = _grade(submitted)
    path = whole.folder / "results.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]) + lines[4][:40])
    (whole.folder / "gradebook.sqlite").unlink()
    resumed = _grade(submitted)
    assert 0 < resumed.ran <= 5
    assert {one.key: one.report for one in resumed.results} == {one.key: one.report for one in whole.results}
    with Gradebook(whole.folder / "gradebook.sqlite", create=False) as book:
        assert len(book.results()) == 9


def test_a_changed_grader_grades_again(submitted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from coursekit.grading.batch import running

    _grade(submitted)
    monkeypatch.setattr(running, "fingerprint", lambda _: "another")
    assert _grade(submitted).ran == 5


def test_what_was_not_judged_is_tried_again(submitted: Path) -> None:
    first = _grade(submitted)
    with Ledger(first.folder) as ledger:
        key = _of(first)["ada"].key
        broken = ledger.known[key].to_dict()
        broken["result"]["report"]["status"] = "not judged"
        ledger.append(type(ledger.known[key]).from_dict(broken), ledger.prints[key])
    second = _grade(submitted)
    assert second.ran == 1
    assert _of(second)["ada"].report.passed


def test_what_cannot_be_done_is_said(submitted: Path, tmp_path: Path) -> None:
    with pytest.raises(GradingError, match="not there"):
        _grade(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="13"):
        _grade(submitted, only=("13.99",))
    with pytest.raises(ConfigurationError, match="workers=0"):
        _grade(submitted, workers=0)
    with pytest.raises(GradingError, match="no Dask scheduler"):
        _grade(submitted, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(GradingError, match="no released"):
        _grade(submitted, released=tmp_path)


@pytest.mark.parametrize(
    ("kind", "failure", "outcome"),
    [
        ("observed", Failure("timeout", "Your code was stopped after 20 seconds."), "timeout"),
        ("observed", Failure("exception", "NameError: x"), "observed"),
        ("timeout", None, "timeout"),
        ("observed", None, "observed"),
    ],
)
def test_a_time_limit_is_called_so_wherever_it_was_met(kind: Any, failure: Failure | None, outcome: str) -> None:
    """The exercise's own limit, within the sandbox, as well as the sandbox's."""

    def run(job: dict[str, object], server: str, limits: Limits) -> Outcome:
        if job.get("source") == "while True: pass":
            data = Observation(failure=failure).encode() if failure else b"nothing that can be read"
            return Outcome(kind, data, b"", "", 20.0)
        return Outcome("observed", enter(**job), b"", "", 0.1)

    job = Job(
        student="a",
        assignment="h",
        notebook="n",
        exercise_id="13.1",
        source="while True: pass",
        setup="",
        seed=3,
    )
    result = grade_job(job, run, References(run)).result
    assert result.outcome == outcome
    assert result.report.points == 0
    assert result.report.status == ("not judged" if (kind, failure) == ("observed", None) else "failed")


def test_the_numbers_that_are_told_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = Job(student="a", assignment="h", notebook="n", exercise_id="13.1", source="", setup="", seed=0)
    reports = [untouched(exercise("13.1"), 0), stopped(exercise("13.1"), 0, "Stopped.")]
    results = tuple(one.result(report, "observed") for report in reports)
    _tell(Summary(results=results[:1], ran=0, kept=0, ignored=(), folder=tmp_path))
    _tell(Summary(results=(*results, *results), ran=1, kept=1, ignored=(), folder=tmp_path))
    _tell(Summary(results=results, ran=2, kept=0, ignored=(), folder=tmp_path))
    assert capsys.readouterr().out.splitlines() == [
        "1 student, 1 exercise: 1 not attempted.",
        f"0 run now, 0 kept, 1 with nothing to run. Everything is in {tmp_path}.",
        "1 student, 4 exercises: 2 failed, 2 not attempted.",
        f"1 run now, 1 kept, 2 with nothing to run. Everything is in {tmp_path}.",
        "1 student, 2 exercises: 1 failed, 1 not attempted.",
        f"2 run now, 0 kept. Everything is in {tmp_path}.",
    ]


def test_the_commands_from_grade_to_export(submitted: Path) -> None:
    """As an instructor does it; and the judge's process imports no framework, not even for an exercise in one."""
    write_notebook(submitted, "ida", "", name="14_training_loop")
    cell = "def train_step(model, optimizer, loss_fn, images, labels):\n    return 0.0\n"
    path = submitted / "ida" / "14_training_loop" / "14_training_loop.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    for one in notebook["cells"]:
        if one["metadata"].get("coursekit") == {"exercise": "14.1", "role": "solution"}:
            one["source"] = cell
    path.write_text(json.dumps(notebook), "utf-8")
    out = str(submitted.parent / "out")
    program = (
        "import sys\n"
        "from coursekit.cli import app\n"
        "code = 0\n"
        "try:\n"
        "    app(sys.argv[1:])\n"
        "except SystemExit as stop:\n"
        "    code = stop.code\n"
        "print('frameworks:', sorted({'torch', 'tensorflow', 'keras'} & set(sys.modules)))\n"
        "sys.exit(code)\n"
    )

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, timeout=300
        )
        return done.returncode, done.stdout + done.stderr

    graded = ("grade", str(submitted), "--out", out, "--workers", "2", "--only", "13.1", "--only", "14.1")
    code, said = run(*graded, "--no-progress")
    assert code == 3, said
    assert "frameworks: []" in said
    assert "'eve': exited" in said
    assert "10 students" in said
    assert "with nothing to run" in said
    code, said = run("report", out)
    assert code == 0, said
    assert (Path(out) / "report" / "index.html").is_file()
    code, said = run("export", out, "--to", "csv")
    assert code == 0, said
    assert "ida" in (Path(out) / "grades.csv").read_text("utf-8")
    code, said = run("grade", str(submitted.parent / "nowhere"), "--out", out)
    assert code == 1
    assert "Traceback" not in said
    code, said = run("report", str(submitted))
    assert code == 1
    assert "grade first" in said
