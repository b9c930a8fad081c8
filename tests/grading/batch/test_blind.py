"""The blind trial: submissions written from the texts alone (tests/grading/blind), graded as a class is graded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.grading.batch.executors import LocalExecutor
from coursekit.grading.batch.job import Job
from coursekit.grading.report import Report

FOLDER = Path(__file__).parents[1] / "blind"
FILES = sorted(FOLDER.glob("*/*.py"))
NAMES = [f"{path.parent.name}/{path.stem}" for path in FILES]
RIGHT = [name for name in NAMES if "/right-" in name]
WRONG = [name for name in NAMES if "/wrong-" in name]


def _named(name: str) -> list[str]:
    line = next(line for line in (FOLDER / f"{name}.py").read_text("utf-8").splitlines() if line.startswith("# named:"))
    return [one.strip() for one in line.removeprefix("# named:").split(",") if one.strip() != "-"]


@pytest.fixture(scope="module")
def reports() -> Iterator[dict[str, Report]]:
    jobs = [
        Job(
            student=name,
            assignment="blind",
            notebook="blind",
            exercise_id=path.parent.name,
            source=path.read_text("utf-8"),
            setup="",
            seed=99,
        )
        for name, path in zip(NAMES, FILES, strict=True)
    ]
    executor = LocalExecutor(2)
    yield {job.student: graded.result.report for job, graded in executor.map(jobs)}
    executor.close()


def test_there_are_enough() -> None:
    assert len(NAMES) >= 180
    assert abs(len(RIGHT) - len(WRONG)) <= 10
    assert len({name.split("/")[0] for name in NAMES}) >= 17


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str, reports: dict[str, Report]) -> None:
    assert reports[name].passed, reports[name].to_dict()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_as_what_it_is(name: str, reports: dict[str, Report]) -> None:
    assert reports[name].status == "failed"
    assert reports[name].points < reports[name].max_points
    assert sorted(one.name for one in reports[name].misconceptions) == sorted(_named(name))


def test_most_are_named() -> None:
    assert sum(bool(_named(name)) for name in WRONG) >= 0.6 * len(WRONG)
