"""What an exercise is: its text, its checks, and how a student's code is observed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from coursekit.errors import GradingError

from .values import Plain

if TYPE_CHECKING:
    from .student import Student

Observe: TypeAlias = "Callable[[Student, np.random.Generator], dict[str, Plain]]"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that is asked of the code.

    It passes where every field of the student's observation equals the solution's, in every round.

    Args:
        name: short, unique in the exercise: ``"loss"``.
        title: what is asked, one sentence: ``"Returns the mean loss of the batch"``.
        points: at least 1.
        fields: path in the observation -> what it is, in words: ``{"plain.losses": "the losses of three batches"}``.
        rtol: relative tolerance of numbers.
        atol: absolute tolerance of numbers.
        advice: where to look when it fails; no answer.
    """

    name: str
    title: str
    points: int
    fields: Mapping[str, str]
    rtol: float = 1e-5
    atol: float = 1e-8
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """An exercise; one file in ``autograders/chNN/`` makes one and calls it ``EXERCISE``.

    Args:
        id: ``"14.1"``.
        title: a few words.
        statement: the text that the learner reads, Markdown.
        starter: the source that the learner starts from; as it is, it counts as not attempted.
        entry: the functions that the learner must define.
        checks: what is asked, in the order in which it is shown.
        observe: ``observe(student, rng)`` runs the student's functions on inputs drawn from ``rng`` and returns a
            dict of plain data; it judges nothing and knows no answer.
        hints: three, from a nudge to nearly the answer.
        reading: what to read again: a section of the chapter.
        framework: None for NumPy alone.
        rounds: how many independent inputs are drawn; all must agree.
        seconds: how long one observation may take, frameworks already imported.
        repair: whether the starter is working code that is wrong, for the learner to mend. Not attempted is then what
            is unchanged in every function; one that needs no mending may stay as it is.

    Raises:
        GradingError: a part that is missing or makes no sense.
    """

    id: str
    title: str
    statement: str
    starter: str
    entry: tuple[str, ...]
    checks: tuple[Check, ...]
    observe: Observe
    hints: tuple[str, str, str]
    reading: str
    framework: Literal["torch", "tensorflow"] | None = None
    rounds: int = 2
    seconds: float = 20.0
    repair: bool = False
    points: int = field(init=False)

    def __post_init__(self) -> None:
        """Check the parts, so that an author hears of a slip at once."""
        names = [check.name for check in self.checks]
        wrong = (
            "an id like 14.1" * (not re.fullmatch(r"\d{1,2}\.\d{1,2}", self.id))
            or "at least one check" * (not names)
            or "checks with different names" * (len(set(names)) != len(names))
            or "checks with points and fields" * any(check.points < 1 or not check.fields for check in self.checks)
            or "names of functions" * (not self.entry or not all(name.isidentifier() for name in self.entry))
            or "three hints" * (len(self.hints) != 3 or not all(self.hints))
            or "at least one round" * (self.rounds < 1)
        )
        if wrong:
            raise GradingError(
                f"exercise {self.id!r}", expected=wrong, mend="correct its file in coursekit/autograders"
            )
        object.__setattr__(self, "points", sum(check.points for check in self.checks))

    def generators(self, seed: int) -> list[np.random.Generator]:
        """One generator a round; the same for the student, the solution and every misconception."""
        return [np.random.default_rng([seed, number]) for number in range(self.rounds)]

    def to_dict(self) -> dict[str, Any]:
        """What may be shown to anybody: no answer in it."""
        return {
            "id": self.id,
            "title": self.title,
            "points": self.points,
            "framework": self.framework,
            "entry": list(self.entry),
            "checks": [{"name": check.name, "title": check.title, "points": check.points} for check in self.checks],
        }
