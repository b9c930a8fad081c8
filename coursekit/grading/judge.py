"""Judging: a student's observation against those of the solution and of every misconception, on the same inputs."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from .answers import Answers, Edit, Misconception
from .exercise import Check, Exercise
from .figures import figure
from .observation import MalformedError, Observation
from .observing import observe_code
from .report import Finding, Report, Verdict
from .values import Difference, agree, differences, pick

MAX_PAIRS = 60
Observer = Callable[[Answers, int, str], Observation]
"""Answers, seed, the source of one of them -> what it does."""


@dataclass(frozen=True)
class Reference:
    """What answers do on the inputs of the submission at hand."""

    observe: Observer
    answers: Answers
    seed: int

    def __call__(self, source: str) -> Observation:
        """What a source does."""
        return self.observe(self.answers, self.seed, source)

    def prepare(self, sources: list[str]) -> None:
        """Say which sources will be asked for, to an observer that is quicker with many at once."""
        ahead = getattr(self.observe, "prepare", None)
        if ahead is not None:
            ahead(self.answers, self.seed, sources)


def judge_bytes(exercise_id: str, observation_bytes: bytes, seed: int, observe: Observer | None = None) -> Report:
    """Judge what came out of a sandbox.

    Args:
        exercise_id: ``"14.1"``.
        observation_bytes: of ``observe_source``, or whatever a hostile worker wrote: nothing in it makes this raise.
        seed: the one that the observation was made with.
        observe: as for `judge`.

    Raises:
        ConfigurationError: an id that nobody knows.
        GradingError: the exercise's answers are not there.
    """
    from .registry import answers

    found = answers(exercise_id)
    try:
        observation = Observation.decode(observation_bytes)
    except MalformedError as error:
        return unjudged(found.exercise, seed, f"The observation could not be read ({error}).")
    return judge(observation, found, seed, observe)


def judge(
    observation: Observation, answers: Answers, seed: int, observe: Observer | None = None, *, name: bool = True
) -> Report:
    """Judge an observation; a pure function of its arguments.

    Args:
        observation: of the student's code, made with ``seed``.
        answers: to the exercise.
        seed: on which the solution, and where points are missing every misconception, is observed.
        observe: how an answer's source is observed; by default in this process, which then imports the exercise's
            framework.
        name: whether to look for the misconception; without, only points are of interest.
    """
    exercise = answers.exercise
    reference = Reference(observe or _observed, answers, seed)
    solution = reference(answers.solution)
    if solution.failure is not None or solution.trouble:
        what = solution.failure.message if solution.failure else solution.trouble.splitlines()[-1]
        return unjudged(exercise, seed, f"The solution itself could not be observed ({what}).")
    failure = observation.failure
    if failure is not None and failure.kind == "stub":
        return untouched(exercise, seed)
    if failure is not None:
        return replace(stopped(exercise, seed, failure.message), traceback=failure.traceback)
    if len(observation.rounds) != exercise.rounds:
        return unjudged(exercise, seed, "The observation is of another number of rounds.")
    verdicts = tuple(_compare(check, solution, observation) for check in exercise.checks)
    if all(verdict.passed for verdict in verdicts):
        return _report(exercise, seed, verdicts)
    findings = tuple(_findings(observation, solution, answers, reference)) if name else ()
    return _report(exercise, seed, verdicts, findings, traceback=observation.trouble)


def unjudged(exercise: Exercise, seed: int, message: str) -> Report:
    """The report where the grader could not do its work: no points, and never the student's fault."""
    nothing = tuple(_verdict(check, None) for check in exercise.checks)
    return _report(exercise, seed, nothing, status="not judged", message=message)


def stopped(exercise: Exercise, seed: int, message: str) -> Report:
    """The report of code that was ended from outside before it could be observed: no points."""
    nothing = tuple(replace(_verdict(check, False), advice="") for check in exercise.checks)
    return _report(exercise, seed, nothing, message=message)


def untouched(exercise: Exercise, seed: int, message: str = "Not attempted yet.") -> Report:
    """The report where there is nothing to judge."""
    return _report(exercise, seed, (), status="not attempted", message=message)


@functools.lru_cache(maxsize=512)
def _observed(answers: Answers, seed: int, source: str) -> Observation:
    return observe_code(answers.exercise, source, seed, filename=f"<answer to {answers.exercise.id}>")


def _report(
    exercise: Exercise,
    seed: int,
    verdicts: tuple[Verdict, ...],
    findings: tuple[Finding, ...] = (),
    **more: str,
) -> Report:
    points = sum(verdict.points for verdict in verdicts)
    more.setdefault("status", "passed" if points == exercise.points else "failed")
    return Report(
        exercise_id=exercise.id,
        title=exercise.title,
        points=points,
        max_points=exercise.points,
        checks=verdicts,
        misconceptions=findings,
        reading=exercise.reading,
        seed=seed,
        **more,  # type: ignore[arg-type]  # status is one of its four values
    )


def _verdict(check: Check, passed: bool | None, expected: str = "", seen: str = "") -> Verdict:
    return Verdict(
        name=check.name,
        title=check.title,
        passed=passed,
        points=check.points if passed else 0,
        max_points=check.points,
        expected=expected,
        seen=seen,
        advice="" if passed else check.advice,
    )


def _compare(check: Check, solution: Observation, student: Observation) -> Verdict:
    found = next(_telling(check, solution, student), None)
    if found is None:
        return _verdict(check, True)
    place = f"{found.path}: " if found.path else ""
    return _verdict(check, False, place + found.expected, place + found.seen)


def _telling(check: Check, one: Observation, other: Observation) -> Iterator[Difference]:
    # The largest difference of every field and round, in words; those in numbers before those in kind.
    for mine, theirs in zip(one.rounds, other.rounds, strict=True):
        for path, label in check.fields.items():
            found = list(
                differences(pick(mine, path), pick(theirs, path), rtol=check.rtol, atol=check.atol, path=label)
            )
            if found:
                yield max(found, key=lambda entry: (math.isfinite(entry.size), entry.size))


def _same(checks: Iterable[Check], one: Observation, other: Observation) -> bool:
    if one.failure is not None or other.failure is not None:
        return False
    return all(
        agree(pick(mine, path), pick(theirs, path), rtol=check.rtol, atol=check.atol)
        for check in checks
        for path in check.fields
        for mine, theirs in zip(one.rounds, other.rounds, strict=True)
    )


def _findings(
    observation: Observation, solution: Observation, answers: Answers, reference: Reference
) -> Iterator[Finding]:
    """The misconceptions that the observation equals in every field, where there is no doubt which."""
    checks = answers.exercise.checks
    fits: dict[str, tuple[Misconception, Observation]] = {}
    for misconception, source in answers.forms():
        theirs = reference(source)
        if _same(checks, theirs, observation) and not _same(checks, theirs, solution):
            fits[misconception.name] = (misconception, theirs)
    if len(fits) == 1:
        ((misconception, theirs),) = fits.values()
        yield _finding(misconception, answers.exercise, solution, observation, theirs)
    elif not fits:
        yield from _pairs(observation, solution, answers, reference)


def _pairs(
    observation: Observation, solution: Observation, answers: Answers, reference: Reference
) -> Iterator[Finding]:
    """Two misconceptions at once; where several pairs fit, those that are in all of them."""
    checks = answers.exercise.checks
    fits: list[dict[str, Misconception]] = []
    evidence = solution
    pairs = list(_likely_pairs(observation, solution, answers, reference))
    reference.prepare([source for _, _, source in pairs])
    for one, other, source in pairs:
        theirs = reference(source)
        if _same(checks, theirs, observation):
            fits.append({one.name: one, other.name: other})
            evidence = theirs
    if fits:
        for name in (name for name in fits[0] if all(name in pair for pair in fits)):
            yield _finding(fits[0][name], answers.exercise, solution, observation, evidence)


def _likely_pairs(
    observation: Observation, solution: Observation, answers: Answers, reference: Reference
) -> Iterator[tuple[Misconception, Misconception, str]]:
    """The pairs worth running: together they deviate where the code does, and one of them explains some field alone.

    Every pair would be a thousand runs. At most ``MAX_PAIRS`` are made, those first that explain most.
    """
    checks = answers.exercise.checks
    deviating = _deviating(checks, observation, solution)
    marks: dict[int, tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]] = {}
    for _, form in answers.edits():
        theirs = reference(answers.source(form))
        if theirs.failure is None:
            marks[id(form)] = (
                _deviating(checks, theirs, solution),
                deviating - _deviating(checks, theirs, observation),
            )
    ranked: list[tuple[int, int, Misconception, Misconception, Edit, Edit]] = []
    for (one, first), (other, second) in answers.pairs():
        if id(first) in marks and id(second) in marks and marks[id(first)][0] | marks[id(second)][0] == deviating:
            explained = len(marks[id(first)][1] | marks[id(second)][1])
            if explained:
                ranked.append((-explained, len(ranked), one, other, first, second))
    for _, _, one, other, first, second in sorted(ranked, key=lambda entry: entry[:2])[:MAX_PAIRS]:
        changed = first.join(second).apply(answers.solution)
        if changed is not None:
            yield one, other, changed


def _deviating(checks: Iterable[Check], one: Observation, other: Observation) -> frozenset[tuple[str, str]]:
    return frozenset(
        (check.name, path)
        for check in checks
        for path in check.fields
        for mine, theirs in zip(one.rounds, other.rounds, strict=True)
        if not agree(pick(mine, path), pick(theirs, path), rtol=check.rtol, atol=check.atol)
    )


def _finding(
    misconception: Misconception, exercise: Exercise, solution: Observation, student: Observation, theirs: Observation
) -> Finding:
    lines = []
    for check in exercise.checks:
        mine = next(_telling(check, solution, student), None)
        same = next(_telling(check, solution, theirs), None)
        if mine is not None and same is not None:
            place = f"{mine.path}: " if mine.path else ""
            lines.append(
                f"{place}{mine.expected} is right, your code gives {mine.seen}, "
                f"and so does code with this mistake ({same.seen})."
            )
    return Finding(
        name=misconception.name,
        title=misconception.title,
        explanation=misconception.explanation,
        hint=misconception.hint,
        reading=misconception.reading,
        evidence=tuple(lines[:3]),
        figure=figure(exercise.checks, solution, student, theirs),
    )
