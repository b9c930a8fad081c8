"""From what was handed in to what is to be run: jobs, and results that need no run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Final

from coursekit.grading import judge
from coursekit.grading.registry import exercise as exercise_of
from coursekit.grading.registry import folder
from coursekit.grading.release.released import ReleasedExercise, ReleasedNotebook
from coursekit.grading.results import Flag, Key
from coursekit.grading.submissions.model import Attempt, Submission

from .job import Graded, Job

_NO_CODE: Final = {
    "missing-cell": "The cell of this exercise is missing from the notebook.",
    "cell-type": "The cell of this exercise is no longer a code cell; it was not run.",
    "cell-magic": "The cell of this exercise begins with a cell magic (%%), so it is no Python; it was not run.",
    "too-long": "The code in the cell of this exercise is too long; it was not run.",
    "malformed": "The cell of this exercise is damaged; it was not run.",
}
"""What a student is told where there is no code to run, by the flag that says so to the instructor."""


@dataclass
class Plan:
    """What a run has to do.

    Attributes:
        jobs: to be run.
        settled: results that need no run: missing and empty cells, untouched stubs, unreadable files.
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
    if attempt.source is not None and _code(attempt.source) not in ("", _code(exercise.stub)):
        found.jobs.append(job)
        return
    about = exercise_of(attempt.exercise_id)
    if submission.problem:
        flag = Flag(kind="unreadable", text=submission.problem)
        report = judge.untouched(about, seed, f"The notebook could not be read: {submission.problem}")
        found.settled.append(Graded(result=job.result(report, "unreadable", flags=[flag])))
    elif attempt.source is None:
        why = next((_NO_CODE[flag.kind] for flag in attempt.flags if flag.kind in _NO_CODE), "It was not run.")
        report = judge.untouched(about, seed, why)
        found.settled.append(Graded(result=replace(job, source="").result(report, "missing")))
    elif not _code(attempt.source):
        report = judge.untouched(about, seed, "The cell of this exercise is empty.")
        found.settled.append(Graded(result=job.result(report, "empty")))
    else:
        found.settled.append(Graded(result=job.result(judge.untouched(about, seed), "stub")))


def _code(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


@cache
def fingerprint(exercise_id: str) -> str:
    """Of all files that decide an exercise's points: a result made with others is made again.

    Args:
        exercise_id: of its chapter's exercises, answers and scenes, and of the judge, every file counts.
    """
    grading = Path(__file__).parents[1]
    autograders = folder()
    chapter = autograders / f"ch{exercise_id.split('.')[0]}"
    digest = hashlib.sha256()
    for path in (*sorted(autograders.glob("*.py")), *sorted(chapter.rglob("*.py")), *(grading / one for one in _JUDGE)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


_JUDGE: Final = ("judge.py", "observing.py", "observation.py", "student.py", "values.py")
