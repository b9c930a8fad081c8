"""What a learner calls: ``check``, ``hint`` and ``solution``."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from typing import Any

from coursekit.errors import ConfigurationError

from . import progress
from .exercise import Exercise
from .judge import judge
from .observing import observe_functions
from .registry import answers, exercise
from .rendering import html, text
from .report import Report

_shown: dict[str, tuple[int, int]] = {}


def check(
    exercise_id: str,
    *functions: Callable[..., Any],
    seed: int | None = None,
    seconds: float | None = None,
    record: bool = True,
    display: bool = True,
    **named: Callable[..., Any],
) -> Report:
    """Judge your code on fresh random inputs, and show the result.

    In a notebook a card is shown, elsewhere text is printed. Points are not lost by trying.

    Args:
        exercise_id: ``"14.1"``.
        functions: what you wrote, in the exercise's order; may be left out in a notebook, where they are found by name.
        seed: decides the inputs; a report's ``seed`` shows the same numbers again. Without, they are new each time.
        seconds: stop your code after this long; the exercise's own limit by default.
        record: note the result in the learner's progress; without, it is an experiment and no attempt.
        display: show the card; without, only the Report is returned.
        named: the same, by name: ``ck.check("13.2", sgd_step=mine)``.

    Returns:
        The Report: ``.points .max_points .passed .checks .misconception``.

    Raises:
        ConfigurationError: an unknown exercise, too many functions, or something that is no function.
        MissingExtraError: the exercise's framework is not installed.
    """
    found = exercise(exercise_id)
    if seed is None:
        seed = secrets.randbits(32)
    chosen = _functions(found, functions, named)
    observation = observe_functions(found, chosen, seed, seconds=found.seconds if seconds is None else seconds)
    report = judge(observation, answers(exercise_id), seed)
    if record:
        progress.record(report)
    if display:
        show(report)
    return report


def hint(exercise_id: str) -> None:
    """Show the hints to an exercise, one more with each call; the last one comes close to the answer."""
    found = exercise(exercise_id)
    opened = progress.next_hint(exercise_id, len(found.hints))
    shown = found.hints[:opened]
    _display(html.hints(found, shown), text.hints(found, shown))


def solution(exercise_id: str) -> None:
    """Show the solution of an exercise, once it has been attempted."""
    found = exercise(exercise_id)
    if not progress.attempted(exercise_id):
        message = f'The solution of {exercise_id} is shown after an attempt: ck.check("{exercise_id}", ...).'
        _display(html.note(message), message)
        return
    source = answers(exercise_id).solution
    progress.solution_shown(exercise_id)
    _display(html.solution(found, source), text.solution(found, source))


def show(report: Report, *, again: bool = True) -> None:
    """Show a report: a card in a notebook, text elsewhere.

    Args:
        report: what to show.
        again: also where this very report has just been shown by the running cell.
    """
    shell = _shell()
    now = (id(report), getattr(shell, "execution_count", 0))
    if shell is not None and not again and _shown.get("last") == now:
        return
    _shown["last"] = now
    _display(html.card(report), text.card(report))


def _functions(
    found: Exercise, functions: tuple[Callable[..., Any], ...], named: dict[str, Callable[..., Any]]
) -> dict[str, Callable[..., Any]]:
    if len(functions) > len(found.entry) or not named.keys() <= set(found.entry):
        raise ConfigurationError(
            f"{len(functions)} functions and the names {sorted(named)}",
            expected=f"what exercise {found.id} asks for: {', '.join(found.entry)}",
            mend=f'ck.check("{found.id}", {", ".join(found.entry)})',
        )
    chosen = {**_by_name(found, functions), **named}
    for name, value in chosen.items():
        if not callable(value):
            raise ConfigurationError(
                f"{name} is of type {type(value).__name__}",
                expected="the function itself",
                mend=f'ck.check("{found.id}", {name}), without brackets after the name',
            )
    shell = _shell()
    if not chosen and shell is not None:
        chosen = {name: shell.user_ns[name] for name in found.entry if callable(shell.user_ns.get(name))}
    if not chosen:
        raise ConfigurationError(
            "no function",
            expected=f"what exercise {found.id} asks for: {', '.join(found.entry)}",
            mend=f'ck.check("{found.id}", {", ".join(found.entry)})',
        )
    return chosen


def _by_name(found: Exercise, functions: tuple[Callable[..., Any], ...]) -> dict[str, Callable[..., Any]]:
    # Given by their own names, the order does not matter; otherwise it is the exercise's.
    own = [getattr(function, "__name__", None) for function in functions]
    if all(name in found.entry for name in own) and len(set(own)) == len(own):
        return {str(name): function for name, function in zip(own, functions, strict=True)}
    return dict(zip(found.entry, functions, strict=False))


def _shell() -> Any:
    # Only where IPython is already running; it is never imported for its own sake.
    interactive = sys.modules.get("IPython")
    return interactive.get_ipython() if interactive is not None and hasattr(interactive, "get_ipython") else None


def _display(page: str, plain: str) -> None:
    shell = _shell()
    if shell is None:
        print(plain)
        return
    shell.display_pub.publish({"text/html": page, "text/plain": plain})
