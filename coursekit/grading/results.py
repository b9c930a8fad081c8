"""What is kept of one graded exercise: the judgement, and what an instructor must know about how it came about."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from .report import Report

Key: TypeAlias = tuple[str, str, str, str]
"""(student, assignment, notebook, exercise id): one place in the gradebook."""


@dataclass(frozen=True, kw_only=True, order=True)
class Flag:
    """Something that an instructor should look at; it never takes points by itself.

    Args:
        kind: short and stable, for filters: ``"edited-check"``, ``"duplicate-cell"``, ``"time"``, ``"not-judged"``.
        text: one sentence.
    """

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """One exercise of one submission, graded.

    Args:
        student: the folder's or file's name.
        assignment: what was handed in: nbgrader's folder, else the notebook's name.
        notebook: name of the released notebook that holds the exercise, without ``.ipynb``.
        report: the judgement; always there, also where nothing could be judged.
        outcome: how the run ended: a sandbox's ``Kind`` (``"timeout"`` also at the exercise's own time limit), or
            ``"missing"`` (no such cell, or none that is code), ``"empty"``, ``"stub"`` (untouched), ``"unreadable"``.
        flags: of the submission and of the exercise.
        source_sha256: of the code that was run; empty where none was.
        seconds: wall time of the run.
        graded_at: UTC, ISO 8601, whole seconds.
    """

    student: str
    assignment: str
    notebook: str
    report: Report
    outcome: str
    flags: tuple[Flag, ...] = ()
    source_sha256: str = ""
    seconds: float = 0.0
    graded_at: str = ""

    @property
    def exercise_id(self) -> str:
        """The exercise's id, ``"14.1"``."""
        return self.report.exercise_id

    @property
    def key(self) -> Key:
        """Its place in the gradebook."""
        return self.student, self.assignment, self.notebook, self.exercise_id

    def to_dict(self) -> dict[str, Any]:
        """As plain data that JSON can hold."""
        return {**asdict(self), "report": self.report.to_dict(), "flags": [asdict(flag) for flag in self.flags]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Result:
        """Read what ``to_dict`` gave."""
        flags = tuple(Flag(**flag) for flag in data["flags"])
        return cls(**{**data, "report": Report.from_dict(data["report"]), "flags": flags})
