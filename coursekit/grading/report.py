"""What came of judging: a verdict for each check, and the misconceptions that were recognised."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from .figures import Figure

Status = Literal["passed", "failed", "not attempted", "not judged"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One check.

    Args:
        name: of the check.
        title: what is asked, one sentence.
        passed: True, False, or None: not judged, which is our fault and never the student's.
        points: got.
        max_points: to be had.
        expected: what the solution does, in numbers; empty where it passed.
        seen: what the code does.
        advice: where to look.
    """

    name: str
    title: str
    passed: bool | None
    points: int
    max_points: int
    expected: str = ""
    seen: str = ""
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A misconception that the code was recognised by.

    Args:
        name: of the misconception.
        title: what the code does.
        explanation: why it is wrong.
        hint: a nudge.
        reading: what to read again.
        evidence: the numbers of the solution, of the code, and of the misconception.
        figure: the same for a series of numbers, where there is one worth drawing.
    """

    name: str
    title: str
    explanation: str
    hint: str
    reading: str
    evidence: tuple[str, ...] = ()
    figure: Figure | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain data that JSON can hold."""
        figure = self.figure.to_dict() if self.figure is not None else None
        return {**asdict(self), "evidence": list(self.evidence), "figure": figure}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Finding:
        """Read what ``to_dict`` gave; a report written before there were figures has none."""
        drawn = data.get("figure")
        figure = Figure.from_dict(drawn) if drawn is not None else None
        return cls(**{**data, "evidence": tuple(data["evidence"]), "figure": figure})


@dataclass(frozen=True, kw_only=True)
class Report:
    """The judgement of one submission of one exercise.

    Args:
        exercise_id: ``"14.1"``.
        title: of the exercise.
        status: ``"passed"`` all points; ``"failed"`` some are missing; ``"not attempted"`` a stub; ``"not judged"`` the
            grader could not do its work: no points, and somebody must look.
        points: got.
        max_points: to be had.
        checks: one verdict each; empty where the exercise was not attempted.
        misconceptions: recognised; usually one or none.
        message: a line for the student, where there is more to say.
        traceback: the student's own lines of the first exception.
        reading: what to read again.
        seed: decides the inputs: with the same seed, the same report.
    """

    exercise_id: str
    title: str
    status: Status
    points: int
    max_points: int
    checks: tuple[Verdict, ...] = ()
    misconceptions: tuple[Finding, ...] = ()
    message: str = ""
    traceback: str = ""
    reading: str = ""
    seed: int = 0

    @property
    def passed(self) -> bool:
        """Whether all points were got."""
        return self.status == "passed"

    @property
    def misconception(self) -> Finding | None:
        """The misconception that was recognised, or the first of two; None where none was."""
        return self.misconceptions[0] if self.misconceptions else None

    def to_dict(self) -> dict[str, Any]:
        """As plain data that JSON can hold."""
        return {**asdict(self), "checks": [asdict(one) for one in self.checks]} | {
            "misconceptions": [one.to_dict() for one in self.misconceptions]
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """Read what ``to_dict`` gave."""
        return cls(
            **{
                **data,
                "checks": tuple(Verdict(**one) for one in data["checks"]),
                "misconceptions": tuple(Finding.from_dict(one) for one in data["misconceptions"]),
            }
        )

    def __repr__(self) -> str:
        """One line; the card is the picture."""
        named = f", {' and '.join(one.name for one in self.misconceptions)}" if self.misconceptions else ""
        return f"Report({self.exercise_id}: {self.status}, {self.points} of {self.max_points} points{named})"

    def _ipython_display_(self) -> None:
        # Imported here: the notebook's side stands above the report.
        from .notebook import show

        show(self, again=False)
