"""A report as text, for a terminal, a log, or a reader who hears instead of sees."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from coursekit.grading.exercise import Exercise
from coursekit.grading.report import Report

WIDTH = 100
MARKS = {True: "passed", False: "failed", None: "not judged"}


def points(report: Report) -> str:
    """``"7 of 10 points"``."""
    return f"{report.points} of {report.max_points} point{'s' * (report.max_points != 1)}"


def card(report: Report) -> str:
    """The whole report, at most 100 columns wide."""
    lines = [f"{report.exercise_id} {report.title}: {report.status}, {points(report)}"]
    if report.message:
        lines += _wrapped(report.message, "  ")
    for verdict in report.checks:
        lines.append(f"  [{MARKS[verdict.passed]:^10}] {verdict.points}/{verdict.max_points}  {verdict.title}")
        if verdict.passed is False:
            if verdict.seen:
                lines += _wrapped(f"expected  {verdict.expected}", "      ")
                lines += _wrapped(f"seen      {verdict.seen}", "      ")
            if verdict.advice:
                lines += _wrapped(verdict.advice, "      ")
    for finding in report.misconceptions:
        lines += ["", *_wrapped(f"Recognised: {finding.title} ({finding.name})", "  ")]
        for part in (
            finding.explanation,
            *finding.evidence,
            f"Think: {finding.hint}",
            f"Read again: {finding.reading}",
        ):
            lines += _wrapped(part, "    ")
    if report.traceback:
        lines += ["", "  The error, in your lines:", textwrap.indent(report.traceback, "    ")]
    if report.status == "failed" and not report.misconceptions and report.reading:
        lines += ["", f"  Read again: {report.reading}"]
    return "\n".join(lines)


def hints(exercise: Exercise, shown: Sequence[str]) -> str:
    """The hints that are open."""
    lines = []
    for number, one in enumerate(shown, 1):
        lines += _wrapped(f"Hint {number} of {len(exercise.hints)} to {exercise.id}: {one}", "")
    return "\n".join(lines)


def solution(exercise: Exercise, source: str) -> str:
    """The solution's source under a heading."""
    return f"# Solution of {exercise.id} {exercise.title}\n{source}"


def _wrapped(line: str, indent: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False)


def counted(number: int, thing: str) -> str:
    """``"1 exercise"``, ``"2 exercises"``."""
    return f"{number} {thing}{'s' * (number != 1)}"
