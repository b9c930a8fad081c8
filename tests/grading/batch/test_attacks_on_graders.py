"""Code that tries to gain points from the graders themselves, run as a class is graded; see tests/attacks/README.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.grading.batch.executors import LocalExecutor
from coursekit.grading.batch.job import Graded, Job
from coursekit.grading.registry import answers

ATTACKS = sorted((Path(__file__).parents[2] / "attacks" / "graders").glob("*.py"))
# What code gets that returns zeros and does nothing else: it leaves its inputs alone (13.1), it returns a float (14.1).
NOTHING = {"13.1": 1, "14.1": 1}


def _job(student: str, exercise_id: str, source: str) -> Job:
    return Job(student=student, assignment="a", notebook="n", exercise_id=exercise_id, source=source, setup="", seed=20)


def _exercise(path: Path) -> str:
    return path.read_text("utf-8").split("exercise: ")[1].split("\n")[0]


@pytest.fixture(scope="module")
def graded() -> Iterator[dict[str, Graded]]:
    executor = LocalExecutor(2)
    jobs = [_job(path.stem, _exercise(path), path.read_text("utf-8")) for path in ATTACKS]
    # An honest student before, between and after the hostile ones, with and without a mistake.
    for place in (0, len(jobs) // 2, len(jobs)):
        for exercise_id in NOTHING:
            found = answers(exercise_id)
            jobs.insert(place, _job(f"right {exercise_id} {place}", exercise_id, found.solution))
            wrong = found.source(found.misconceptions[0].forms[0])
            jobs.insert(place, _job(f"wrong {exercise_id} {place}", exercise_id, wrong))
    yield {job.student: one for job, one in executor.map(jobs)}
    executor.close()


def test_there_are_many() -> None:
    assert len(ATTACKS) >= 35


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_no_points_are_gained(path: Path, graded: dict[str, Graded]) -> None:
    result = graded[path.stem].result
    assert result.report.points <= NOTHING[_exercise(path)], result
    assert result.report.status in ("failed", "not attempted", "not judged")
    if result.report.status == "not judged":
        assert any(flag.kind == "not-judged" for flag in result.flags)


def test_honest_work_is_judged_as_ever(graded: dict[str, Graded]) -> None:
    honest = {name: one.result.report for name, one in graded.items() if " " in name}
    assert len(honest) == 12
    for name, report in honest.items():
        assert report.passed == name.startswith("right"), report
        if not report.passed:
            found = answers(name.split()[1])
            assert report.misconception is not None
            assert report.misconception.name == found.misconceptions[0].name
