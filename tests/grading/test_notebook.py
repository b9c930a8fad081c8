"""check, hint and solution, as a learner calls them; with the NumPy exercise, without a framework."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import coursekit as ck
from coursekit.errors import ConfigurationError, CoursekitWarning
from coursekit.grading import progress
from coursekit.grading.limits import TimeLimit, time_limit
from coursekit.grading.registry import answers
from coursekit.grading.rendering import html
from coursekit.grading.rendering import json as as_json


@pytest.fixture(autouse=True)
def _own_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "kept" / "progress.json"))


def _solution() -> Any:
    names: dict[str, Any] = {}
    exec(answers("13.1").solution, names)
    return names["cross_entropy"]


def cross_entropy(logits: Any, labels: Any) -> Any:
    """A stub that raises."""
    raise NotImplementedError("write me")


def naive(logits: Any, labels: Any) -> Any:
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(labels)), labels]).mean()
    p[np.arange(len(labels)), labels] -= 1
    return loss, p / len(labels)


def test_the_solution_passes_and_is_remembered(capsys: pytest.CaptureFixture[str]) -> None:
    report = ck.check("13.1", _solution())
    assert (report.status, report.points, report.max_points, report.passed) == ("passed", 10, 10, True)
    assert report.misconception is None
    assert "10 of 10 points" in capsys.readouterr().out
    assert progress.entry_of("13.1")["status"] == "passed"


def test_an_experiment_is_neither_recorded_nor_shown(capsys: pytest.CaptureFixture[str]) -> None:
    report = ck.check("13.1", naive, seed=4, record=False, display=False)
    assert report.misconception is not None
    assert capsys.readouterr().out == ""
    assert progress.load() == {}


def test_a_stub_is_no_attempt(capsys: pytest.CaptureFixture[str]) -> None:
    def later(logits: Any, labels: Any) -> Any:
        """Some day."""

    for stub in (cross_entropy, later):
        assert ck.check("13.1", stub).status == "not attempted"
    ck.solution("13.1")
    assert "def cross_entropy" not in capsys.readouterr().out


def test_a_misconception_is_named_and_the_solution_opens(capsys: pytest.CaptureFixture[str]) -> None:
    report = ck.check("13.1", naive, seed=4)
    assert report.misconception is not None
    assert report.misconception.name == "overflow"
    assert report.misconception.evidence
    assert [verdict.name for verdict in report.checks if not verdict.passed] == ["stable"]
    assert as_json.loads(as_json.dumps(report)) == report
    capsys.readouterr()
    ck.solution("13.1")
    assert "def cross_entropy" in capsys.readouterr().out


def test_hints_come_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    counts = []
    for _ in range(4):
        ck.hint("13.1")
        counts.append(capsys.readouterr().out.count("Hint "))
    assert counts == [1, 2, 3, 3]


def test_an_endless_loop_is_stopped_and_its_line_shown() -> None:
    def endless(logits: Any, labels: Any) -> Any:
        while True:
            with contextlib.suppress(Exception):
                time.sleep(0.001)

    reports = [ck.check("13.1", endless, seconds=0.3)]
    other = threading.Thread(target=lambda: reports.append(ck.check("13.1", endless, seconds=0.3)))
    other.start()
    other.join(20)
    assert len(reports) == 2
    for report in reports:
        assert report.points == 0
        assert "stopped after 0.3 seconds" in report.message
        assert "in endless" in report.traceback


def test_a_time_limit_leaves_nothing_behind() -> None:
    with time_limit(0.05):
        pass
    time.sleep(0.1)
    with pytest.raises(TimeLimit), time_limit(0.05):
        time.sleep(5)


def test_an_error_shows_the_learner_s_line_alone() -> None:
    def broken(logits: Any, labels: Any) -> Any:
        return np.linalg.inv(logits[:2, :3])  # raises inside NumPy

    report = ck.check("13.1", broken)
    assert "in broken" in report.traceback
    assert "LinAlgError" in report.traceback
    assert "grading" not in report.traceback.replace("test_notebook", "")
    assert "linalg.py" not in report.traceback


def test_wrong_calls_say_what_to_write() -> None:
    with pytest.raises(ConfigurationError, match=r"13\.1"):
        ck.check("13.11", naive)
    with pytest.raises(ConfigurationError, match="without brackets"):
        ck.check("13.1", 5)  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(ConfigurationError, match="cross_entropy"):
        ck.check("13.1")
    with pytest.raises(ConfigurationError, match="cross_entropy"):
        ck.check("13.1", other=naive)


def test_a_damaged_progress_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "progress.json"
    ck.check("13.1", naive)
    path.write_text(path.read_text()[:-20])
    with pytest.warns(CoursekitWarning, match="damaged"):
        assert progress.load() == {}
    assert path.with_suffix(".damaged.json").exists()
    ck.check("13.1", naive)
    assert json.loads(path.read_text())["exercises"]["13.1"]["attempts"] == 1


def test_progress_that_cannot_be_written_does_not_stop_a_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "file" / "progress.json"))
    with pytest.warns(CoursekitWarning, match="cannot be"):
        assert ck.check("13.1", naive).status == "failed"


def test_two_kernels_lose_no_attempt() -> None:
    code = "from coursekit.grading import progress\nfor _ in range(40): progress.next_hint('13.1', 1000)"
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert progress.entry_of("13.1")["hints"] == 120


def test_the_card_holds_what_a_student_wrote_as_text() -> None:
    def nasty(logits: Any, labels: Any) -> Any:
        raise ValueError("<script>alert(1)</script>")

    page = html.card(ck.check("13.1", nasty))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page
    assert "url(" not in page


def test_a_check_of_a_numpy_exercise_loads_no_framework() -> None:
    code = (
        "import sys, coursekit as ck\nfrom coursekit.grading.registry import answers\n"
        "n = {}\nexec(answers('13.1').solution, n)\nr = ck.check('13.1', n['cross_entropy'])\n"
        "heavy = {'torch', 'tensorflow', 'IPython', 'matplotlib', 'coursekit.training'}\n"
        "assert r.passed and not heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True)
