"""Results to export."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coursekit.grading.report import Finding, Report, Verdict
from coursekit.grading.results import Flag, Result


@pytest.fixture(scope="session")
def graded() -> Callable[..., Result]:
    """A Result of a student, an exercise, points."""

    def result(
        student: str,
        exercise: str = "14.1",
        points: int = 7,
        *,
        assignment: str = "hw1",
        notebook: str = "14_training_loop",
        status: str = "",
        text: str = "0.125",
    ) -> Result:
        status = status or ("passed" if points == 10 else "failed")
        judged = status in ("passed", "failed")
        checks = (
            Verdict(name="weights", title="Do they move?", passed=points >= 7, points=min(points, 7), max_points=7),
            Verdict(
                name="mode",
                title="Is the mode right?",
                passed=points == 10,
                points=max(points - 7, 0),
                max_points=3,
                expected="True",
                seen=text,
                advice=text,
            ),
        )
        finding = Finding(name="eval-mode", title="Trains in eval mode.", explanation="e", hint="h", reading="14.2")
        report = Report(
            exercise_id=exercise,
            title="One training step",
            status=status,  # type: ignore[arg-type]  # a str in the tests
            points=points,
            max_points=10,
            checks=checks if judged else (),
            misconceptions=(finding,) if points == 7 else (),
            message=text,
        )
        return Result(
            student=student,
            assignment=assignment,
            notebook=notebook,
            report=report,
            outcome="observed",
            flags=(Flag(kind="time", text=text),),
            source_sha256="ab" * 32,
            seconds=0.25,
            graded_at="2026-01-02T03:04:05+00:00",
        )

    return result
