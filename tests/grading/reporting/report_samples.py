"""Results of made-up classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coursekit.grading.report import Finding, Report, Verdict
from coursekit.grading.results import Flag, Result


def finding(name: str = "overflow", **changes: Any) -> Finding:
    texts = {"title": f"The {name} thing", "explanation": "Why.", "hint": "Think.", "reading": "Chapter 1"}
    return Finding(**{"name": name, **texts, **changes})


def result(
    student: str,
    exercise: str = "13.1",
    points: int = 2,
    *,
    status: str = "",
    named: Sequence[Finding] = (),
    flags: Sequence[Flag] = (),
    assignment: str = "week-1",
    max_points: int = 4,
    **more: Any,
) -> Result:
    """A graded exercise of two checks, worth half of the points each."""
    half = max_points // 2
    status = status or ("passed" if points == max_points else "failed")
    judged = status in ("passed", "failed")
    checks = [
        Verdict(name="loss", title="The loss", passed=points >= half, points=min(points, half), max_points=half),
        Verdict(
            name="mode", title="The mode", passed=points == max_points, points=max(points - half, 0), max_points=half
        ),
    ]
    report = Report(
        exercise_id=exercise,
        title=f"Exercise {exercise}",
        status=status,  # type: ignore[arg-type]  # one of its four values
        points=points if judged else 0,
        max_points=max_points,
        checks=tuple(checks) if judged else (),
        misconceptions=tuple(named),
        **more,
    )
    return Result(
        student=student,
        assignment=assignment,
        notebook="losses",
        report=report,
        outcome="observed",
        flags=tuple(flags),
        graded_at="2026-03-01T10:00:00Z",
    )
