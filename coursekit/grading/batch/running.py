"""Grading what a class handed in: read, plan, run what has not been run yet, keep every result at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from coursekit.errors import ConfigurationError, GradingError
from coursekit.grading.registry import exercise as exercise_of
from coursekit.grading.release.released import read_released
from coursekit.grading.rendering.text import counted
from coursekit.grading.results import Result
from coursekit.grading.submissions.collecting import collect

from .executors import Executor, LocalExecutor
from .job import Graded, Job
from .ledger import GRADEBOOK, Ledger
from .logs import write_log
from .planning import Plan, fingerprint, plan

if TYPE_CHECKING:
    from coursekit.grading.gradebook import Gradebook

_PAGE: Final = 50
"""Results between two transactions of the gradebook; the ledger has each of them before."""

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a run did.

    Attributes:
        results: of everything that was handed in, those of earlier runs too; by student, notebook and exercise.
        ran: exercises that were run now.
        kept: exercises whose results were there already.
        ignored: files that belong to no released notebook, with the reason.
        folder: where the ledger, the logs and the gradebook are.
    """

    results: tuple[Result, ...]
    ran: int
    kept: int
    ignored: tuple[str, ...]
    folder: Path

    @property
    def nothing_to_run(self) -> int:
        """Exercises that were settled by reading: missing, empty or untouched cells, unreadable notebooks."""
        return len(self.results) - self.ran - self.kept

    @property
    def unjudged(self) -> tuple[Result, ...]:
        """What an instructor must look at: not judged, or not readable."""
        return tuple(one for one in self.results if one.report.status == "not judged" or one.outcome == "unreadable")

    def statuses(self) -> dict[str, int]:
        """How many exercises ended how."""
        return dict(Counter(one.report.status for one in self.results))


def grade(
    submitted: Path,
    out: Path,
    *,
    released: Path,
    workers: int | None = None,
    scheduler: str | None = None,
    database: str | None = None,
    trust: bool = False,
    again: bool = False,
    only: Iterable[str] = (),
    progress: bool = True,
    say: Say = lambda _: None,
) -> Summary:
    """Grade a class. Interrupted, it goes on where it stopped; called twice, the second call has nothing to do.

    Args:
        submitted: nbgrader's ``submitted`` folder, a flat folder of notebooks, or a zip of either.
        out: where ledger, logs and gradebook are kept.
        released: folder of the notebooks as they were given out.
        workers: sandboxed workers at once; as many as there are cores by default.
        scheduler: address of a Dask scheduler to grade on, instead of here.
        database: SQLAlchemy URL of the gradebook; a SQLite file in `out` by default.
        trust: see `coursekit.grading.sandbox.choice.pick`.
        again: run also what has been run.
        only: ids of exercises; all by default.
        progress: show a bar.
        say: takes a line for whoever waits.

    Returns:
        What was done. Points are in its results, and in the gradebook.

    Raises:
        GradingError: nothing to grade, no sandbox, a folder or gradebook that cannot be used.
        ConfigurationError: an unknown exercise, workers that are no positive number.
    """
    if workers is not None and workers < 1:
        raise ConfigurationError(f"workers={workers}", expected="at least 1", mend="leave it out for one each core")
    for exercise_id in only:
        exercise_of(exercise_id)
    notebooks = read_released(released)
    found = collect(submitted, notebooks)
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger(out))
        todo = plan(found.submissions, notebooks, ledger.seed, only=only)
        if not todo.submissions:
            raise GradingError(
                f"no submission of a released notebook in {submitted}",
                expected=f"notebooks made from {', '.join(sorted(notebooks))}",
                mend="look at docs/submissions.md for the layouts that are understood",
            )
        jobs = [job for job in todo.jobs if again or not _settled(ledger, job)]
        kept = _keep(ledger, todo, {id(job) for job in jobs})
        executor: Any = None
        if jobs:
            say(f"Comparing with the released notebooks of {released}.")
            say(f"{counted(len(jobs), 'exercise')} to run, {kept} done before.")
            executor = stack.enter_context(closing(_executor(jobs, workers, scheduler, trust, say)))
        # Only now: importing SQLAlchemy and opening a database take half a second in which the sandboxes can start.
        from coursekit.grading.gradebook import Gradebook

        book = stack.enter_context(Gradebook(database or out / GRADEBOOK))
        book.record([graded.result for graded in ledger.known.values()])
        if executor is not None:
            _run(executor, jobs, ledger, todo, book, progress)
        _logs(out, ledger, todo)
        results = [ledger.known[key].result for key in sorted(todo.keys())]
    ignored = tuple(f"{one.path}: {one.reason}" for one in found.ignored)
    return Summary(results=tuple(results), ran=len(jobs), kept=kept, ignored=ignored, folder=out)


def _settled(ledger: Ledger, job: Job) -> bool:
    """Whether the ledger holds a judgement of this very code by this very grader."""
    graded = ledger.known.get((job.student, job.assignment, job.notebook, job.exercise_id))
    return (
        graded is not None
        and graded.result.source_sha256 == job.sha256
        and graded.result.report.seed == job.seed
        and graded.result.report.status != "not judged"
        and ledger.prints[graded.result.key] == fingerprint(job.exercise_id)
    )


def _keep(ledger: Ledger, todo: Plan, running: set[int]) -> int:
    """Note what needs no run: results of before, whose flags may have changed, and what was settled by reading."""
    kept = 0
    for job in todo.jobs:
        if id(job) in running:
            continue
        kept += 1
        known = ledger.known[job.student, job.assignment, job.notebook, job.exercise_id]
        flags = tuple(sorted({*job.flags, *(flag for flag in known.result.flags if flag.kind in _OF_THE_RUN)}))
        if flags != known.result.flags:
            ledger.append(replace(known, result=replace(known.result, flags=flags)), fingerprint(job.exercise_id))
    for graded in todo.settled:
        before = ledger.known.get(graded.result.key)
        if before is None or replace(before.result, graded_at="") != graded.result:
            ledger.append(graded, fingerprint(graded.result.exercise_id))
    return kept


_OF_THE_RUN: Final = frozenset({"crashed", "exited", "garbled", "too-much-output", "not-judged"})


def _executor(jobs: Sequence[Job], workers: int | None, scheduler: str | None, trust: bool, say: Say) -> Any:
    if scheduler is not None:
        from .cluster import DaskExecutor

        remote = DaskExecutor(scheduler, trust=trust)
        say(f"Grading on {remote.workers} workers of {scheduler}.")
        return remote
    local = LocalExecutor(workers or os.cpu_count() or 1, trust=trust)
    servers = sorted({exercise_of(job.exercise_id).framework or "numpy" for job in jobs})
    say(f"Starting {len(servers)} sandbox{'es' * (len(servers) > 1)} ({', '.join(servers)}).")
    local.begin(servers)
    return local


def _run(executor: Executor, jobs: list[Job], ledger: Ledger, todo: Plan, book: Gradebook, progress: bool) -> None:
    from tqdm import tqdm

    page: list[Result] = []
    waiting = Counter((job.student, job.assignment, job.notebook) for job in jobs)
    try:
        for job, graded in tqdm(
            executor.map(jobs), total=len(jobs), desc="grading", unit="exercise", disable=not progress, smoothing=0.1
        ):
            page.append(ledger.append(graded, fingerprint(job.exercise_id)).result)
            place = (job.student, job.assignment, job.notebook)
            waiting[place] -= 1
            if not waiting[place]:
                _log(ledger.folder, ledger, todo, place)
            if len(page) >= _PAGE:
                book.record(page)
                page.clear()
    finally:
        book.record(page)


def _logs(out: Path, ledger: Ledger, todo: Plan) -> None:
    for place in todo.submissions:
        _log(out, ledger, todo, place)


def _log(out: Path, ledger: Ledger, todo: Plan, place: tuple[str, str, str]) -> None:
    submission = todo.submissions[place]
    graded: list[Graded] = [
        ledger.known[(*place, attempt.exercise_id)]
        for attempt in submission.attempts
        if (*place, attempt.exercise_id) in ledger.known
    ]
    write_log(out, submission, graded)
