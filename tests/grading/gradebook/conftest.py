"""Results to record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coursekit.grading.report import Finding, Report, Verdict
from coursekit.grading.results import Flag, Result

Make = Callable[..., Result]


@pytest.fixture(scope="session")
def make() -> Make:
    """A Result with something in every field."""

    def result(
        student: str = "ada",
        exercise: str = "14.1",
        points: int = 7,
        *,
        assignment: str = "hw1",
        notebook: str = "14_training_loop",
        status: str = "failed",
        text: str = "0.125",
        seconds: float = 0.1 + 0.2,
        graded_at: str = "2026-01-02T03:04:05+00:00",
    ) -> Result:
        report = Report(
            exercise_id=exercise,
            title="One training step",
            status=status,  # type: ignore[arg-type]  # a str in the tests
            points=points,
            max_points=10,
            checks=(
                Verdict(name="weights", title="Moves?", passed=points > 5, points=points, max_points=7, seen=text),
                Verdict(name="mode", title="Trains?", passed=None, points=0, max_points=3, advice="look"),
            ),
            misconceptions=(
                Finding(
                    name="no-zero-grad", title="t", explanation=text, hint="h", reading="14.2", evidence=("1", text)
                ),
            ),
            message=text,
            traceback="line 3",
            reading="14.2",
            seed=2**63 - 1,
        )
        return Result(
            student=student,
            assignment=assignment,
            notebook=notebook,
            report=report,
            outcome="observed",
            flags=(Flag(kind="edited-check", text=text), Flag(kind="time", text="slow")),
            source_sha256="ab" * 32,
            seconds=seconds,
            graded_at=graded_at,
        )

    return result
