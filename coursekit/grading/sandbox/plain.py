"""Jobs in ordinary processes: for submissions that are trusted, on machines that have no sandbox.

A job is stopped when its time is up and what it writes is bounded; on Unix its memory is, too. It is not kept from
anything that the user who grades may do: it can read the answers, the other submissions and the network.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from coursekit.errors import GradingError

from .limits import Limits, Outcome
from .paths import ENTRY, package_folder

_TRUST = "install or allow user namespaces (coursekit doctor says what is missing), or grade with --trust-submissions"


class PlainSubprocess:
    """Runs each job in a new Python process, with the rights of the user who grades.

    Args:
        entry: ``"module:function"``, called with a job's items as keyword arguments; returns bytes.
        trust: must be True: says that whoever wrote the submissions may do what the grading user may do.
        python_path: further folders to import from.

    Raises:
        GradingError: without trust.
    """

    def __init__(self, entry: str = ENTRY, *, trust: bool = False, python_path: Iterable[str | os.PathLike[str]] = ()):
        if not trust:
            raise GradingError(
                "submissions would run without a sandbox", expected="Linux with user namespaces", mend=_TRUST
            )
        self.entry = entry
        self._python_path = [os.path.realpath(path) for path in python_path]

    def __enter__(self) -> PlainSubprocess:
        """Nothing to start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""
        self.close()

    def start(self) -> None:
        """Nothing is kept warm here."""

    def close(self) -> None:
        """Nothing outlives `run`."""

    def run(self, job: dict[str, object], limits: Limits = Limits()) -> Outcome:  # noqa: B008  # immutable
        """As ``NamespaceSandbox.run``; importing a framework counts, so the wall time is the job's and 60 s more."""
        paths = [str(package_folder().parent), *self._python_path]
        with tempfile.TemporaryDirectory(prefix="coursekit-job-") as folder:
            place = Path(folder)
            request = {"entry": self.entry, "job": job, "limits": dataclasses.asdict(limits)}
            (place / "job.json").write_text(json.dumps(request), encoding="utf-8")
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)}
            command = [sys.executable, "-P", "-m", "coursekit.grading.sandbox.plain_worker", folder]
            with (place / "output").open("wb") as output:
                started = time.monotonic()
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=folder,
                    env=environment,
                    start_new_session=True,
                )
                ended = _wait(process, place, limits, started + limits.wall_seconds + 60.0)
            return _outcome(process.returncode, ended, place, limits, time.monotonic() - started)


def _wait(process: subprocess.Popen[bytes], place: Path, limits: Limits, deadline: float) -> str:
    """Wait for the end, or bring it about; returns the limit that was met."""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            _end_group(process)
            return ""
        if time.monotonic() > deadline:
            ended = "timeout"
        elif (place / "output").stat().st_size > limits.output_bytes:
            ended = "too much output"
        else:
            continue
        _end_group(process)
        process.wait()
        return ended


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the process and, on Unix, the children that it has left in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, 9)
        else:
            process.kill()


def _outcome(status: int, ended: Any, place: Path, limits: Limits, wall: float) -> Outcome:
    with (place / "output").open("rb") as file:
        output = file.read(limits.output_bytes + 1)
    if ended or len(output) > limits.output_bytes:
        return Outcome(ended or "too much output", b"", output[: limits.output_bytes], "stopped", wall)
    if status < 0:
        return Outcome("crashed", b"", output, f"signal {-status}", wall)
    result = place / "result"
    if not result.is_file():
        return Outcome("exited", b"", output, f"exit status {status}, and nothing returned", wall)
    with result.open("rb") as file:
        tag, body = file.read(1), file.read(limits.result_bytes + 1)
    if len(body) > limits.result_bytes:
        return Outcome("too much output", b"", output, "the result", wall)
    if tag == b"R":
        return Outcome("observed", body, output, "", wall)
    if tag == b"M":
        return Outcome("out of memory", b"", output, "MemoryError", wall)
    text = body.decode("utf-8", "replace")
    if tag == b"E":
        return Outcome("broken", b"", output, f"the entry function raised {text}", wall)
    return Outcome("exited" if tag == b"X" else "garbled", b"", output, text[:200], wall)
