"""Conformance: the suite that every backend must pass, runnable without a test framework.

    from coursekit.backends import conformance

    print(conformance.run(subject))          # one line per check; see Subject for what a framework must tell

    python -m coursekit.backends.conformance torch tensorflow reference

A check is a function that takes a Subject and returns nothing, or raises ConformanceError. Each builds its own models.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from coursekit.backends.conformance import freezing, inference, learning, refusals, states
from coursekit.backends.conformance.recipes import LayerRecipe, Recipe
from coursekit.backends.conformance.subject import ConformanceError, Subject

__all__ = ["Check", "ConformanceError", "LayerRecipe", "Recipe", "Report", "Result", "Subject", "checks", "run"]

Check = Callable[[Subject], None]


@dataclass(frozen=True)
class Result:
    """What became of one check: ``problem`` is empty where it passed."""

    check: str
    meaning: str
    problem: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the backend does what the check asks."""
        return not self.problem


@dataclass(frozen=True)
class Report:
    """The results of a backend; ``str()`` is the table."""

    subject: str
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether all checks passed."""
        return all(result.passed for result in self.results)

    def __str__(self) -> str:
        """One line per check, and the problem under those that failed."""
        width = max((len(result.check) for result in self.results), default=0)
        lines = []
        for result in self.results:
            lines.append(f"{'pass' if result.passed else 'FAIL'}  {result.check:<{width}}  {result.seconds:6.2f} s")
            lines += [f"      {line}" for line in ([result.meaning] if result.problem else [])]
            lines += [f"      {line}" for line in result.problem.splitlines()]
        passed = sum(result.passed for result in self.results)
        return "\n".join([*lines, f"{self.subject}: {passed} of {len(self.results)} checks passed"])


def checks() -> list[Check]:
    """Return all checks, in the order in which a new backend would want to pass them."""
    rooms = (inference, learning, freezing, states, refusals)
    return [check for room in rooms for check in room.CHECKS]


def run(subject: Subject, only: Sequence[Check] | None = None) -> Report:
    """Run the checks; one that fails, or breaks down in another way, does not keep the next from running.

    Args:
        subject: the backend under test.
        only: some of :func:`checks`; None for all.
    """
    return Report(subject.name, tuple(_result(check, subject) for check in (checks() if only is None else only)))


def _result(check: Check, subject: Subject) -> Result:
    began, problem = perf_counter(), ""
    try:
        check(subject)
    except ConformanceError as error:
        problem = str(error)
    except Exception:
        # A backend under construction breaks down in any way: that is a result, too.
        problem = traceback.format_exc()
    meaning = (check.__doc__ or "").strip().partition("\n")[0]
    return Result(check.__name__, meaning, problem, perf_counter() - began)
