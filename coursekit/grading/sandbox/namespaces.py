"""A warm server as its owner sees it: start it, give it jobs from any number of threads, close it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Literal

from coursekit.errors import ConfigurationError, GradingError, unknown_name

from .collecting import ServerLostError, collect
from .launcher import SCRATCH
from .limits import Limits, Outcome
from .paths import ENTRY, package_folder
from .view import names_root_or_home, plan

Server = Literal["numpy", "torch", "tensorflow"]

# What is imported before the first job. Beyond the framework itself: what it would import at the first step of an
# optimizer (torch: _dynamo, 3 s of CPU time), which every job would pay for.
PRELOAD: Final[dict[str, tuple[str, ...]]] = {
    "numpy": ("numpy", "numpy.random", "numpy.linalg"),
    "torch": ("numpy", "torch", "torch.optim", "torch.utils.data", "torch._dynamo"),
    "tensorflow": ("numpy", "tensorflow", "keras"),
}

# One thread a worker: workers are as many as cores. Nothing of the grader's own environment goes in.
ENVIRONMENT: Final = {
    "CUDA_VISIBLE_DEVICES": "",
    "HOME": SCRATCH,
    "LANG": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUNBUFFERED": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TMPDIR": SCRATCH,
    "USER": "student",
}


class NamespaceSandbox:
    """Runs each job in a forked child of one warm process, both in Linux namespaces of their own.

    Args:
        server: what it has imported: ``"numpy"``, ``"torch"`` or ``"tensorflow"``.
        entry: ``"module:function"``, called with a job's items as keyword arguments; returns bytes.
        preload: further modules to import before the first job.
        python_path: further folders to import from.
        readable: further files and folders that a job may read.
        hidden: files and folders that no job may see, wherever they are.
        start_seconds: the longest that the imports may take.

    Raises:
        ConfigurationError: a server that nobody knows, or a readable path that would show a home or everything.
        GradingError: (from `start` and `run`) the server cannot be started.
    """

    def __init__(
        self,
        server: Server = "numpy",
        entry: str = ENTRY,
        *,
        preload: Sequence[str] = (),
        python_path: Iterable[str | os.PathLike[str]] = (),
        readable: Iterable[str | os.PathLike[str]] = (),
        hidden: Iterable[str | os.PathLike[str]] = (),
        start_seconds: float = 180.0,
    ) -> None:
        if server not in PRELOAD:
            raise unknown_name("server", server, PRELOAD)
        self.server, self.entry, self.start_seconds = server, entry, start_seconds
        self.started_in = 0.0
        self._preload = [*PRELOAD[server], *preload]
        self._python_path = [os.path.realpath(path) for path in python_path]
        self._readable = [*self._python_path, *(os.path.realpath(path) for path in readable)]
        self._hidden = [os.path.realpath(path) for path in hidden]
        if wide := names_root_or_home(self._readable):
            raise ConfigurationError(
                f"readable={wide}", expected="the folders that the jobs need", mend="name them one by one"
            )
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._generation = 0
        self._closed = False

    def __enter__(self) -> NamespaceSandbox:
        """Start the server."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End it."""
        self.close()

    def start(self) -> None:
        """Start the server, if it does not run, and wait until it is warm."""
        with self._lock:
            self._closed = False
            self._start()

    def close(self) -> None:
        """End the server and with it every job, those that are running too. `start` opens it again."""
        with self._lock:
            self._closed = True
            self._stop()

    def run(self, job: dict[str, object], limits: Limits = Limits()) -> Outcome:  # noqa: B008  # immutable
        """Run one job in a child of its own. May be called from several threads at once.

        Args:
            job: keyword arguments of the entry function; anything that JSON can hold.
            limits: what it may use.

        Raises:
            GradingError: the server cannot be started. What the job does is an `Outcome`, never an exception.
        """
        body = json.dumps(job).encode()
        for attempt in (1, 2):
            with self._lock:
                if self._closed:
                    return Outcome("broken", detail="the sandbox was closed")
                channel, generation = self._start(), self._generation
            try:
                return self._one(channel, body, limits)
            except (ServerLostError, OSError) as error:
                with self._lock:
                    if generation == self._generation:
                        self._stop()  # another thread may have started the next one already
                if attempt == 2:
                    return Outcome("broken", detail=f"the {self.server} server was lost twice: {error}")
        raise AssertionError("unreachable")

    def _one(self, channel: socket.socket, body: bytes, limits: Limits) -> Outcome:
        message = json.dumps({"limits": dataclasses.asdict(limits)}).encode()
        with contextlib.ExitStack() as mine:
            control, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            mine.enter_context(control)
            with contextlib.ExitStack() as theirs:
                theirs.enter_context(far)
                job = os.memfd_create("job")
                theirs.callback(os.close, job)
                with open(job, "wb", closefd=False) as file:
                    file.write(body)
                os.lseek(job, 0, os.SEEK_SET)
                ends = []
                for _ in ("result", "output"):
                    read, write = os.pipe()
                    mine.callback(os.close, read)
                    theirs.callback(os.close, write)
                    ends.append((read, write))
                (result, result_end), (output, output_end) = ends
                socket.send_fds(channel, [message], [job, result_end, output_end, far.fileno()])
            return collect(result, output, control, limits)

    def _start(self) -> socket.socket:
        if self._channel is not None and self._process is not None and self._process.poll() is None:
            return self._channel
        self._stop()
        begun = time.monotonic()
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with far, tempfile.TemporaryFile() as log:
            environment = {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(self._paths())}
            self._process = self._launch(far, environment, log)
            far.close()
            self._channel, self._generation = near, self._generation + 1
            near.settimeout(self.start_seconds)
            try:
                near.send(json.dumps({"preload": self._preload, "entry": self.entry}).encode())
                answer = json.loads(near.recv(1 << 16) or b"{}")
            except OSError as error:
                answer = {"error": f"no answer: {error}"}
            if "seconds" not in answer:
                self._stop()
                log.seek(0)
                said = answer.get("error") or log.read(1 << 14).decode("utf-8", "replace")
                raise GradingError(
                    f"the {self.server} server did not start: {said.strip()[-1500:]}",
                    expected=f"a process that can import {self.entry.split(':')[0]} in {self.start_seconds:g} s",
                    mend="see docs/security_model.md, 'When the sandbox does not start'",
                )
        near.settimeout(None)
        self.started_in = time.monotonic() - begun
        return near

    def _launch(self, far: socket.socket, environment: dict[str, str], log: Any) -> subprocess.Popen[bytes]:
        view = plan(self._readable, self._hidden)
        command = [sys.executable, "-P", "-s", "-m", "coursekit.grading.sandbox.server"]
        text = json.dumps({**dataclasses.asdict(view), "command": command, "environment": environment})
        launcher = [sys.executable, "-P", "-s", "-m", "coursekit.grading.sandbox.launcher", str(far.fileno())]
        process = subprocess.Popen(
            launcher,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            pass_fds=[far.fileno()],
            env={**ENVIRONMENT, "PYTHONPATH": str(package_folder().parent)},
            cwd="/",
            start_new_session=True,
        )
        assert process.stdin is not None  # for the type checker: it was asked for
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(text.encode())
        return process

    def _paths(self) -> list[str]:
        return [str(package_folder().parent), *self._python_path]

    def _stop(self) -> None:
        channel, process = self._channel, self._process
        self._channel = self._process = None
        if channel is not None:
            channel.close()
        if process is not None:
            # The launcher's end is a signal to the room's first process, and that one's end is the end of all in it.
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
