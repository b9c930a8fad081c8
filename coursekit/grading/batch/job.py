"""From one job to one result: observe the code in a sandbox, judge what came out of it.

The function is the same in a thread here and in a worker of a cluster. The answers are observed in the sandbox, too, on
the same inputs and under the same limits: the judge imports no framework, and threads or library versions make no
difference between the student's numbers and the solution's.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, TypeAlias

from coursekit.errors import GradingError
from coursekit.grading import judge
from coursekit.grading.answers import Answers
from coursekit.grading.observation import Failure, MalformedError, Observation
from coursekit.grading.observing import split_observations
from coursekit.grading.registry import answers as answers_of
from coursekit.grading.report import Report
from coursekit.grading.results import Flag, Result
from coursekit.grading.sandbox.limits import Limits, Outcome

Run: TypeAlias = Callable[[dict[str, object], str, Limits], Outcome]
"""(arguments of ``observe_source``, server, limits) -> how it ended."""

LOGGED_BYTES: Final = 4000
_STOPPED: Final = {
    "timeout": "Your code was stopped: it took too long. Is there a loop that never ends?",
    "out of memory": "Your code was stopped: it used more memory than it may.",
    "too much output": "Your code was stopped: it printed or returned too much.",
    "crashed": "Your code ended its process ({detail}).",
    "exited": "Your code ended its process: an exercise's function returns, it does not exit.",
    "garbled": "Something else was written where the result of the run belongs.",
}
# What no slip of a beginner does: somebody should look at the code.
_SUSPICIOUS: Final = frozenset({"crashed", "exited", "garbled", "too much output"})


@dataclass(frozen=True, kw_only=True)
class Job:
    """One exercise of one submission, ready to be run; plain data.

    Args:
        student: who handed it in.
        assignment: as what.
        notebook: the released notebook that holds the exercise.
        exercise_id: ``"14.1"``.
        source: the student's code.
        setup: the released notebook's own code before it.
        seed: decides every input.
        flags: known before the run.
    """

    student: str
    assignment: str
    notebook: str
    exercise_id: str
    source: str
    setup: str
    seed: int
    flags: tuple[Flag, ...] = ()

    @property
    def sha256(self) -> str:
        """Of the code that is run."""
        return hashlib.sha256(f"{self.setup}\0{self.source}".encode("utf-8", "surrogatepass")).hexdigest()

    def result(self, report: Report, outcome: str, **more: Any) -> Result:
        """The result of this job."""
        flags = tuple(sorted({*self.flags, *more.pop("flags", ())}))
        return Result(
            student=self.student,
            assignment=self.assignment,
            notebook=self.notebook,
            report=report,
            outcome=outcome,
            flags=flags,
            source_sha256=self.sha256,
            **more,
        )


@dataclass(frozen=True, kw_only=True)
class Graded:
    """A result, and what belongs in the submission's log but not in the gradebook."""

    result: Result
    detail: str = ""
    output: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "result": self.result.to_dict()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Graded:
        """Read what ``to_dict`` gave."""
        return cls(**{**data, "result": Result.from_dict(data["result"])})


@dataclass
class References:
    """What the answers do, observed once for each seed; may be asked by several threads at once."""

    run: Run
    _known: dict[tuple[str, int, str], Observation] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)
    _locks: dict[tuple[str, int, str], threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, answers: Answers, seed: int, source: str) -> Observation:
        """Observe a source; an observer as `judge.judge` takes it."""
        place = (answers.exercise.id, seed)
        with self._lock_of((*place, "")):
            if place not in self._begun:
                first = list(dict.fromkeys([answers.solution, *(form for _, form in answers.forms())]))
                self._known.update(self._all(answers, seed, first))
                self._begun.add(place)
        with self._lock_of((*place, source)):
            if (*place, source) not in self._known:
                self._known[*place, source] = self._one(answers, seed, source)
            return self._known[*place, source]

    def _lock_of(self, key: tuple[str, int, str]) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())

    def prepare(self, answers: Answers, seed: int, sources: Sequence[str]) -> None:
        """Observe sources that will be asked for, those that are not known yet, in one run."""
        missing = [source for source in sources if (answers.exercise.id, seed, source) not in self._known]
        if len(missing) > 1:
            self._known.update(self._all(answers, seed, missing))

    def _all(self, answers: Answers, seed: int, sources: Sequence[str]) -> dict[tuple[str, int, str], Observation]:
        """Several in one run, for starting costs more than observing; in two, for who else needs them waits."""
        with ThreadPoolExecutor(2) as pool:
            halves = [half for half in (sources[::2], sources[1::2]) if half]
            first, *rest = pool.map(lambda half: self._together(answers, seed, half), halves)
        return first | (rest[0] if rest else {})

    def _together(self, answers: Answers, seed: int, sources: Sequence[str]) -> dict[tuple[str, int, str], Observation]:
        exercise = answers.exercise
        job: dict[str, object] = {"exercise_id": exercise.id, "sources": list(sources), "seed": seed}
        seconds = len(sources) * exercise.seconds
        limits = replace(Limits(), wall_seconds=seconds, cpu_seconds=seconds)
        outcome = self.run(job, exercise.framework or "numpy", limits)
        if outcome.kind != "observed":
            return {}  # one of them ends its process, or is too large with the others: each alone, then
        parts = zip(sources, split_observations(outcome.result), strict=True)
        return {(exercise.id, seed, source): _decoded(part) for source, part in parts}

    def _one(self, answers: Answers, seed: int, source: str) -> Observation:
        outcome = _run(self.run, answers, source, "", seed)
        if outcome.kind == "observed":
            return _decoded(outcome.result)
        return Observation(failure=Failure("timeout", f"{outcome.kind} {outcome.detail}".strip()))


def _decoded(data: bytes) -> Observation:
    try:
        return Observation.decode(data)
    except MalformedError as error:
        return Observation(failure=Failure("unfit", str(error)))


def grade_job(job: Job, run: Run, references: References) -> Graded:
    """Run a student's code in a sandbox and judge it.

    Args:
        job: the code, and what it is an attempt at.
        run: the sandbox.
        references: of the answers, kept from job to job.

    Returns:
        The result. Where the sandbox failed, ``"not judged"`` with a flag: no points, and somebody must look.
    """
    found = answers_of(job.exercise_id)
    outcome = _run(run, found, job.source, job.setup, job.seed)
    flags: set[Flag] = set()
    if outcome.kind == "observed":
        report = _judged(job, found, outcome.result, references)
    elif outcome.kind in _STOPPED:
        message = _STOPPED[outcome.kind].format(detail=outcome.detail or "a signal")
        report = judge.stopped(found.exercise, job.seed, message)
        if outcome.kind in _SUSPICIOUS:
            flags.add(Flag(kind=outcome.kind.replace(" ", "-"), text=f"{job.exercise_id}: {message}"))
    else:
        report = judge.unjudged(found.exercise, job.seed, f"The sandbox failed: {outcome.detail or outcome.kind}.")
    if report.status == "not judged":
        flags.add(Flag(kind="not-judged", text=f"{job.exercise_id} could not be judged: {report.message}"))
    result = job.result(report, _ended(outcome), flags=flags, seconds=round(outcome.wall_seconds, 3))
    output = outcome.output[:LOGGED_BYTES].decode("utf-8", "replace")
    return Graded(result=result, detail=outcome.detail, output=output)


def _ended(outcome: Outcome) -> str:
    # The exercise's own limit ends the code within the sandbox, whose job then ends as any other.
    if outcome.kind == "observed":
        failure = _decoded(outcome.result).failure
        if failure is not None and failure.kind == "timeout":
            return "timeout"
    return outcome.kind


def _judged(job: Job, found: Answers, data: bytes, references: References) -> Report:
    try:
        return judge.judge_bytes(job.exercise_id, data, job.seed, references)
    except GradingError:
        raise
    except Exception as error:  # a fault of the judge's must not cost the rest of the class its grades
        return judge.unjudged(found.exercise, job.seed, f"The judge failed ({type(error).__name__}: {error}).")


def _run(run: Run, found: Answers, source: str, setup: str, seed: int) -> Outcome:
    exercise = found.exercise
    job: dict[str, object] = {"exercise_id": exercise.id, "source": source, "seed": seed, "setup": setup}
    # Beyond the exercise's own limit, which ends with a traceback that tells more: starting, and a busy machine.
    limits = replace(Limits(), wall_seconds=2 * exercise.seconds + 10, cpu_seconds=exercise.seconds + 10)
    server = exercise.framework or "numpy"
    outcome = run(job, server, limits)
    # A lost server says nothing about the code: once more.
    return outcome if outcome.judged else run(job, server, limits)
