"""Running a student's code beside an exercise's ``observe``. No answer is within reach of this module."""

from __future__ import annotations

import contextlib
import io
import random
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from coursekit._frameworks import require

from .exercise import Exercise
from .limits import TimeLimit, time_limit
from .observation import Failure, Observation
from .student import Student, in_one_line, own_traceback, remember_source
from .values import TooLargeError, plain

STUDENT_FILE: Final = "<your code>"


def observe_source(exercise_id: str, source: str, seed: int, setup: str = "") -> bytes:
    """Run a student's cells in a fresh namespace and observe what they define.

    This is what a sandboxed worker runs. It imports the exercise, and never its answers.

    Args:
        exercise_id: ``"14.1"``.
        source: Python; the student's solution cells, one after another.
        seed: decides every input.
        setup: Python that is run before it in the same namespace; ours: the released notebook's imports.

    Returns:
        ``Observation.encode()``: bounded bytes; a failure is in them, too.

    Raises:
        ConfigurationError: an id that nobody knows.
    """
    from .registry import exercise

    found = exercise(exercise_id)
    observation = observe_code(found, source, seed, seconds=found.seconds, setup=setup)
    try:
        return observation.encode()
    except TooLargeError as error:
        return Observation(failure=Failure("unfit", f"Your code returned too much: {error}.")).encode()


def observe_sources(exercise_id: str, sources: Sequence[str], seed: int) -> bytes:
    """Observe several sources in one process, one after another: an exercise's answers, which trust each other.

    Returns:
        What ``split_observations`` takes apart.
    """
    parts = [observe_source(exercise_id, source, seed) for source in sources]
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts)


def split_observations(data: bytes) -> list[bytes]:
    """The observations that ``observe_sources`` put together, each as ``observe_source`` gives it."""
    parts, start = [], 0
    while start < len(data):
        end = start + 4 + int.from_bytes(data[start : start + 4], "little")
        parts.append(data[start + 4 : end])
        start = end
    return parts


def enter(**job: Any) -> bytes:
    """What a sandbox calls with a job: ``observe_sources`` where it has sources, else ``observe_source``."""
    return observe_sources(**job) if "sources" in job else observe_source(**job)


def observe_code(
    exercise: Exercise,
    source: str,
    seed: int,
    *,
    seconds: float | None = None,
    filename: str = STUDENT_FILE,
    setup: str = "",
) -> Observation:
    """As ``observe_source``, for an exercise at hand; without ``seconds``, without a time limit."""
    _prepare(exercise)
    remember_source(filename, source)
    namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    with undisturbed():
        exec(compile(setup, "<setup>", "exec", dont_inherit=True), namespace)
    try:
        with undisturbed(), _limited(seconds):
            exec(compile(source, filename, "exec", dont_inherit=True), namespace)
    except TimeLimit as stop:
        return _timeout(stop, seconds)
    except (Exception, SystemExit) as error:
        if type(error) is not NotImplementedError:
            return Observation(failure=Failure("exception", in_one_line(error), own_traceback(error)))
    functions = {name: namespace[name] for name in exercise.entry if name in namespace}
    return observe_functions(exercise, functions, seed, seconds=seconds)


def observe_functions(
    exercise: Exercise, functions: Mapping[str, Any], seed: int, *, seconds: float | None = None
) -> Observation:
    """Observe functions of this process, in every round.

    Args:
        exercise: what they are an attempt at.
        functions: name -> callable.
        seed: decides every input.
        seconds: stop after this long; None to wait for ever.
    """
    missing = [name for name in exercise.entry if not callable(functions.get(name))]
    if len(missing) == len(exercise.entry):
        names = ", ".join(missing)
        return Observation(failure=Failure("missing name", f"There is no function named {names}."))
    _prepare(exercise)
    student = Student(
        {name: value for name, value in functions.items() if callable(value)},
        exercise.entry,
        exercise.starter,
        repair=exercise.repair,
    )
    rounds = []
    try:
        with undisturbed(), _limited(seconds):
            for rng in exercise.generators(seed):
                rounds.append(plain(exercise.observe(student, rng)))
                if student.calls == student.stub_calls:
                    return Observation(failure=Failure("stub", "Not written yet."))
    except TimeLimit as stop:
        return _timeout(stop, seconds)
    except TooLargeError as error:
        return Observation(failure=Failure("unfit", f"Your code returned too much: {error}."), trouble=student.trouble)
    except (Exception, SystemExit) as error:
        return Observation(failure=Failure("exception", in_one_line(error), own_traceback(error)))
    return Observation(tuple(rounds), trouble=student.trouble)


def _prepare(exercise: Exercise) -> None:
    # Importing a framework takes seconds that are not the student's.
    if exercise.framework is not None:
        require(exercise.framework)
    if exercise.framework == "torch":
        # An optimizer imports it otherwise: seconds of the time limit, and broken for good where that ends amid it.
        require("torch._dynamo")


def _timeout(stop: TimeLimit, seconds: float | None) -> Observation:
    lines = own_traceback(stop).splitlines()[:-1]
    message = f"Your code was stopped after {seconds:g} seconds. Is there a loop that never ends?"
    return Observation(failure=Failure("timeout", message, "\n".join([*lines, "stopped here"] if lines else lines)))


def _limited(seconds: float | None) -> contextlib.AbstractContextManager[None]:
    return time_limit(seconds) if seconds is not None else contextlib.nullcontext()


class _Sink(io.TextIOBase):
    """Takes whatever is printed and keeps nothing."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Keep what observing would change: random states, warnings, PyTorch's modes; nothing is printed."""
    python, numpy = random.getstate(), np.random.get_state()
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        state, grad, dtype = torch.random.get_rng_state(), torch.is_grad_enabled(), torch.get_default_dtype()
        threads = torch.get_num_threads()
        if threads > 1:
            # Networks this small are slower on many; where several learners share a machine, a hundred times slower.
            torch.set_num_threads(1)
        torch.set_grad_enabled(True)
        torch.set_default_dtype(torch.float32)
    try:
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            contextlib.redirect_stdout(_Sink()),
            contextlib.redirect_stderr(_Sink()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        if torch is not None:
            torch.random.set_rng_state(state)
            torch.set_grad_enabled(grad)
            torch.set_default_dtype(dtype)
            if threads > 1:
                torch.set_num_threads(threads)
