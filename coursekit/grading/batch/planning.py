"""From what was handed in to what is to be run: jobs, and results that need no run."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from coursekit.grading import judge
from coursekit.grading.registry import exercise as exercise_of
from coursekit.grading.release.released import ReleasedExercise, ReleasedNotebook
from coursekit.grading.results import Flag, Key
from coursekit.grading.submissions.model import Attempt, Submission

from .job import Graded, Job


@dataclass
class Plan:
    """What a run has to do.

    Attributes:
        jobs: to be run.
        settled: results that need no run: missing cells, untouched stubs, unreadable files.
        submissions: path and sha256 of what was read, by (student, assignment, notebook).
    """

    jobs: list[Job] = field(default_factory=list)
    settled: list[Graded] = field(default_factory=list)
    submissions: dict[tuple[str, str, str], Submission] = field(default_factory=dict)

    def keys(self) -> set[Key]:
        """All places in the gradebook that this run fills."""
        jobs = {(job.student, job.assignment, job.notebook, job.exercise_id) for job in self.jobs}
        return jobs | {graded.result.key for graded in self.settled}


def plan(
    submissions: Iterable[Submission],
    released: Mapping[str, ReleasedNotebook],
    seed: Callable[[str], int],
    *,
    only: Iterable[str] = (),
) -> Plan:
    """Make jobs of submissions.

    Args:
        submissions: what was read.
        released: the notebooks that were given out, by name.
        seed: exercise id -> seed.
        only: ids of exercises to grade; all where it is empty.
    """
    wanted = frozenset(only)
    found = Plan()
    for submission in submissions:
        notebook = released.get(submission.notebook)
        if notebook is None:
            continue
        found.submissions[submission.student, submission.assignment, submission.notebook] = submission
        exercises = {one.id: one for one in notebook.exercises}
        for attempt in submission.attempts:
            if not wanted or attempt.exercise_id in wanted:
                _add(found, submission, attempt, exercises[attempt.exercise_id], seed(attempt.exercise_id))
    return found


def _add(found: Plan, submission: Submission, attempt: Attempt, exercise: ReleasedExercise, seed: int) -> None:
    job = Job(
        student=submission.student,
        assignment=submission.assignment,
        notebook=submission.notebook,
        exercise_id=attempt.exercise_id,
        source=attempt.source or "",
        setup=exercise.setup,
        seed=seed,
        flags=tuple(sorted({*submission.flags, *attempt.flags})),
    )
    if attempt.source is not None and _code(attempt.source) != _code(exercise.stub):
        found.jobs.append(job)
        return
    about = exercise_of(attempt.exercise_id)
    if submission.problem:
        flag = Flag(kind="unreadable", text=submission.problem)
        report = judge.untouched(about, seed, f"The notebook could not be read: {submission.problem}")
        found.settled.append(Graded(result=job.result(report, "unreadable", flags=[flag])))
    elif attempt.source is None:
        report = judge.untouched(about, seed, "There is no code in the cell of this exercise, or no such cell.")
        found.settled.append(Graded(result=replace(job, source="").result(report, "missing")))
    else:
        found.settled.append(Graded(result=job.result(judge.untouched(about, seed), "stub")))


def _code(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


@cache
def fingerprint(exercise_id: str) -> str:
    """Of the files that decide an exercise's points: a result made with others is made again."""
    chapter, number = exercise_id.split(".")
    base = f"coursekit.autograders.ch{chapter}"
    digest = hashlib.sha256()
    for name in (f"{base}.e{chapter}_{number}", f"{base}.answers.e{chapter}_{number}"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            digest.update(Path(spec.origin).read_bytes())
    return digest.hexdigest()[:16]
