"""Gradescope's ``results.json``, as an autograder would have left it in ``/autograder/results``.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from coursekit.errors import GradingError, unknown_name
from coursekit.grading.filenames import safe_name
from coursekit.grading.gradebook.marks import Adjustment, effective_points, natural
from coursekit.grading.results import Key, Result

from .cells import number, visible
from .files import write_whole

Visibility: TypeAlias = Literal["hidden", "after_due_date", "after_published", "visible"]
VISIBILITIES: Final = ("hidden", "after_due_date", "after_published", "visible")


def write(
    results: Sequence[Result],
    target: Path,
    *,
    adjustments: Mapping[Key, Adjustment],
    visibility: Visibility = "visible",
) -> list[Path]:
    """Write ``target/ASSIGNMENT/STUDENT/results.json``, one a submission; the folders' names are ``safe_name``'s.

    The score at the top is what counts, adjustments included. Each check is a test, with what was expected and seen as
    plain text. A test that was not judged has no status, and an exercise that was adjusted gets a line that says so.

    Args:
        results: one a key.
        target: a folder.
        adjustments: they count.
        visibility: of the tests, for the student.

    Raises:
        ConfigurationError: a visibility that is none.
        GradingError: a file that cannot be written, or two names that have the same digest.
    """
    if visibility not in VISIBILITIES:
        raise unknown_name("visibility", visibility, VISIBILITIES)
    submissions: dict[tuple[str, str], list[Result]] = {}
    for one in sorted(results, key=lambda one: natural(*one.key)):
        submissions.setdefault((one.assignment, one.student), []).append(one)
    places = {names: target / safe_name(names[0]) / safe_name(names[1]) / "results.json" for names in submissions}
    if len({*places.values()}) < len(places):
        # Two names that were made to have the same digest; nobody may guess whose grade it is.
        raise GradingError(
            "two students or assignments whose names have the same digest",
            expected="names that stay different as file names",
            mend="rename one of the folders and grade it again",
        )
    return [
        write_whole(
            places[names], json.dumps(_submission(of_one, adjustments, visibility), indent=2, allow_nan=False) + "\n"
        )
        for names, of_one in submissions.items()
    ]


def _submission(
    results: Sequence[Result], adjustments: Mapping[Key, Adjustment], visibility: Visibility
) -> dict[str, Any]:
    tests = [test for one in results for test in _tests(one, adjustments.get(one.key))]
    got, most = (
        sum(effective_points(one, adjustments) for one in results),
        sum(one.report.max_points for one in results),
    )
    return {
        "score": got,
        "execution_time": round(sum(one.seconds for one in results), 3),
        "output": f"{number(got)} of {most} points",
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "extra_data": {
            "student": visible(results[0].student),
            "assignment": visible(results[0].assignment),
            "flags": sorted({visible(f"{flag.kind}: {flag.text}") for one in results for flag in one.flags}),
        },
        "tests": [{**test, "visibility": visibility} for test in tests],
    }


def _tests(result: Result, adjustment: Adjustment | None) -> list[dict[str, Any]]:
    report = result.report
    status = {"passed": True, "failed": False, "not attempted": False, "not judged": None}[report.status]
    tests = [
        _test(f"{report.exercise_id}.{place}", check.title, check.points, check.max_points, check.passed)
        | _output(f"{name}: {text}" for name, text in _said(check.expected, check.seen, check.advice) if text)
        for place, check in enumerate(report.checks, 1)
    ] or [_test(report.exercise_id, report.title, report.points, report.max_points, status)]
    about = [report.status, report.message, *(f"{one.title} {one.explanation}" for one in report.misconceptions)]
    tests[0] |= _output(
        [f"Exercise {report.exercise_id}, {report.title}: " + "\n".join(filter(None, about)), tests[0]["output"]]
    )
    if adjustment is not None:
        counts = (
            f"{number(adjustment.points)} of {report.max_points} points, given by an instructor: {adjustment.reason}"
        )
        tests.append(
            {
                "name": f"Exercise {report.exercise_id}: adjusted",
                "number": f"{report.exercise_id}+",
                **_output([counts]),
            }
        )
    return tests


def _said(expected: str, seen: str, advice: str) -> tuple[tuple[str, str], ...]:
    return ("Expected", expected), ("Seen", seen), ("Advice", advice)


def _test(place: str, title: str, points: int, most: int, passed: bool | None) -> dict[str, Any]:
    test = {"score": points, "max_score": most, "name": visible(title), "number": place, "output": ""}
    return test if passed is None else {**test, "status": "passed" if passed else "failed"}


def _output(lines: Any) -> dict[str, Any]:
    # As text, never as HTML or Markdown: a student's own words are in it.
    return {"output": visible("\n".join(line for line in lines if line), keep="\n\t"), "output_format": "text"}
