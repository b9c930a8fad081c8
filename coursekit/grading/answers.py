"""The solution of an exercise, the misconceptions known of it, and right code in other styles. All are source code."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from coursekit.errors import GradingError

from .exercise import Exercise


class Edit:
    """Changes to the solution's source; each ``old`` stands in it exactly once.

    Args:
        changes: pairs (old, new); a ``new`` of ``""`` takes the text away.
    """

    def __init__(self, *changes: tuple[str, str]) -> None:
        self.changes = changes

    def join(self, other: Edit) -> Edit:
        """The changes of both, these first."""
        return Edit(*self.changes, *other.changes)

    def apply(self, source: str) -> str | None:
        """The changed source, or None where an ``old`` is not there exactly once."""
        for old, new in self.changes:
            if source.count(old) != 1:
                return None
            source = source.replace(old, new)
        return source


Form: TypeAlias = Edit | str
"""Code: changes to the solution, or a whole source."""


@dataclass(frozen=True, kw_only=True)
class Misconception:
    """One way to be wrong, with the wrong code.

    Args:
        name: ``"no-zero-grad"``.
        title: what the code does: ``"Gradients pile up over the batches"``.
        explanation: why this is wrong and what it looks like in training.
        hint: a nudge; not the answer.
        reading: what to read again.
        forms: the ways in which it is written that behave differently; the first is the plainest. Each is
            wrong in the same checks whatever the inputs.
        kin: more ways, recognised too, whose points may depend on the inputs: a limit that is not always reached.
    """

    name: str
    title: str
    explanation: str
    hint: str
    reading: str
    forms: tuple[Form, ...]
    kin: tuple[Form, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """All that must stay out of a learner's reach; one file in ``autograders/chNN/answers/`` calls it ``ANSWERS``.

    Args:
        exercise: what it answers.
        solution: source that defines every name of ``exercise.entry``.
        misconceptions: at least six.
        variants: name -> right code in another style; at least four. Used to verify the grader.
        equivalent: a mutant's description (``"line 4: ..."``, as the verification prints it) -> why it is as right
            as the solution.

    Raises:
        GradingError: two misconceptions of one name, or an edit that does not fit the solution.
    """

    exercise: Exercise
    solution: str
    misconceptions: tuple[Misconception, ...]
    variants: Mapping[str, Form]
    equivalent: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the names, and that every edit can be made."""
        names = [misconception.name for misconception in self.misconceptions]
        if len(set(names)) != len(names):
            raise GradingError(f"answers to {self.exercise.id}", expected="misconceptions with different names")
        for _ in self.forms():
            pass
        for name in self.variants:
            self.variant(name)

    def source(self, form: Form, what: str = "form") -> str:
        """The source of a form.

        Raises:
            GradingError: an edit whose ``old`` does not stand in the solution exactly once.
        """
        if isinstance(form, str):
            return form
        changed = form.apply(self.solution)
        if changed is None:
            raise GradingError(
                f"answers to {self.exercise.id}: an edit of {what} that does not fit",
                expected="each old text exactly once in the solution",
                mend="quote more of the line, or write the whole source",
            )
        return changed

    def variant(self, name: str) -> str:
        """The source of a variant."""
        return self.source(self.variants[name], name)

    def forms(self) -> Iterator[tuple[Misconception, str]]:
        """Every misconception with the source of each of its forms, those of its kin last."""
        for misconception in self.misconceptions:
            for form in (*misconception.forms, *misconception.kin):
                yield misconception, self.source(form, misconception.name)

    def edits(self) -> Iterator[tuple[Misconception, Edit]]:
        """Every misconception with each of its forms that is a change to the solution."""
        for misconception in self.misconceptions:
            for form in (*misconception.forms, *misconception.kin):
                if isinstance(form, Edit):
                    yield misconception, form

    def pairs(self) -> Iterator[tuple[tuple[Misconception, Edit], tuple[Misconception, Edit]]]:
        """Two different misconceptions, for their changes to be made together."""
        for one, other in itertools.combinations(self.edits(), 2):
            if one[0] is not other[0]:
                yield one, other
