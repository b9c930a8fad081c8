"""Jobs in containers: for Linux machines that have docker or podman, and forbid ordinary users new namespaces.

One container a job, from an image with nothing in it: what a job sees is the same view as in `namespaces`, mounted
read-only. There is no warm server, since a process within a container may not make namespaces for its children; every
job imports its framework.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import math
import os
import secrets
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from coursekit.errors import GradingError

from .collecting import HEADER, parse_result
from .container_worker import STARTED
from .launcher import SCRATCH, SMALL_FILES, USER_INSIDE
from .limits import Limits, Outcome
from .namespaces import ENVIRONMENT
from .paths import ENTRY, package_folder
from .view import plan

IMAGE = "localhost/coursekit-empty:1"
_IMPORT_SECONDS = 180.0


def engine() -> str | None:
    """The path of docker or podman, if one of them answers."""
    for name in ("podman", "docker"):
        path = shutil.which(name)
        if path and subprocess.run([path, "info"], capture_output=True, check=False, timeout=60).returncode == 0:
            return path
    return None


def counts_processes(engine: str) -> bool:
    """Whether an engine says that it can limit the number of processes of a container on this machine.

    podman names the control groups' controllers that it may use; docker has a field of its own.
    """
    podman = Path(engine).name.startswith("podman")
    template = "{{.Host.CgroupControllers}}" if podman else "{{.PidsLimit}}"
    done = subprocess.run(
        [engine, "info", "--format", template], capture_output=True, text=True, check=False, timeout=60
    )
    said = done.stdout.strip().strip("[]").replace(",", " ").split()
    return done.returncode == 0 and ("pids" in said if podman else said == ["true"])


class ContainerSandbox:
    """Runs each job in a container of its own.

    Args:
        engine: path of docker or podman.
        entry: ``"module:function"``, called with a job's items as keyword arguments; returns bytes.
        python_path: further folders to import from.
        readable: further files and folders that a job may read.
        hidden: files and folders that no job may see.

    Raises:
        GradingError: (from `start` and `run`) the engine does not take the image.
    """

    def __init__(
        self,
        engine: str,
        entry: str = ENTRY,
        *,
        python_path: Iterable[str | os.PathLike[str]] = (),
        readable: Iterable[str | os.PathLike[str]] = (),
        hidden: Iterable[str | os.PathLike[str]] = (),
    ) -> None:
        self.engine, self.entry = engine, entry
        self._python_path = [os.path.realpath(path) for path in python_path]
        self._view = plan([*self._python_path, *readable], hidden)
        self._lock = threading.Lock()
        self._ready = False
        self._empty = tempfile.TemporaryDirectory(prefix="coursekit-empty-")

    def __enter__(self) -> ContainerSandbox:
        """Make the image."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is kept warm here."""
        self.close()

    def start(self) -> None:
        """Make the image: links, a few lines of /etc, and empty folders."""
        with self._lock:
            if self._ready:
                return
            done = subprocess.run(
                [self.engine, "import", "-", IMAGE], input=self._image(), capture_output=True, check=False
            )
            if done.returncode:
                raise GradingError(
                    f"{self.engine} import: {done.stderr.decode('utf-8', 'replace').strip()[-500:]}",
                    expected="an engine that this user may use",
                    mend=f"make `{self.engine} info` work",
                )
            self._ready = True

    def close(self) -> None:
        """Containers end with their jobs; no job can be run after this."""
        self._empty.cleanup()

    def run(self, job: dict[str, object], limits: Limits = Limits()) -> Outcome:  # noqa: B008  # immutable
        """As ``NamespaceSandbox.run``; the clock starts when the entry function has been imported."""
        self.start()
        name = "coursekit-" + secrets.token_hex(8)
        started = time.monotonic()
        process = subprocess.Popen(
            self.command(name, limits), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        request = json.dumps({"entry": self.entry, "job": job, "limits": dataclasses.asdict(limits)}).encode()
        ended: list[Any] = []

        def stop(kind: str) -> None:
            ended.append(kind)
            subprocess.run([self.engine, "kill", name], capture_output=True, check=False)
            process.kill()

        assert process.stdin is not None  # for the type checker: all three were asked for
        assert process.stdout is not None  # as above
        assert process.stderr is not None  # as above
        clocks = [threading.Timer(_IMPORT_SECONDS, stop, ["broken"])]
        clocks[0].start()

        def imported() -> None:
            clocks[0].cancel()
            clocks.append(threading.Timer(limits.wall_seconds, stop, ["timeout"]))
            clocks[1].start()

        readers = [
            _Reader(process.stdout, 1 + limits.result_bytes + HEADER, stop, imported),
            _Reader(process.stderr, limits.output_bytes, stop),
        ]
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(request)
        for reader in readers:
            reader.join()
        status = process.wait()
        for clock in clocks:
            clock.cancel()
        result, output = (bytes(reader.found) for reader in readers)
        return _outcome(status, ended, result.removeprefix(STARTED), output, time.monotonic() - started, limits)

    def command(self, name: str, limits: Limits) -> list[str]:
        """The engine's command line for one job."""
        line = [self.engine, "run", "--rm", "--interactive", "--name", name, "--network", "none", "--read-only"]
        line += [
            "--cap-drop",
            "ALL",
            "--security-opt",
            "no-new-privileges",
            "--ipc",
            "private",
            "--cgroupns",
            "private",
        ]
        line += ["--user", f"{USER_INSIDE}:{USER_INSIDE}", "--workdir", SCRATCH, "--log-driver", "none"]
        line += ["--memory", str(limits.memory_bytes), "--memory-swap", str(limits.memory_bytes)]
        line += ["--pids-limit", str(limits.processes), "--ulimit", f"nofile={limits.open_files}", "--ulimit", "core=0"]
        line += ["--ulimit", f"fsize={limits.file_bytes}", "--ulimit", "nproc=4096"]  # what counts is the pids limit
        line += ["--tmpfs", f"{SCRATCH}:rw,nosuid,nodev,noexec,size={limits.scratch_bytes},mode=1777"]
        for path, source in self._view.visible:
            if not path.startswith(("/dev/", "/sys/")):  # the engine has its own
                line += ["--volume", f"{source}:{path}:ro"]
        # Not a tmpfs: podman fills one with what it covers.
        for path in self._view.hidden:
            folder = os.path.isdir(path)  # noqa: PTH112  # strings, as they stand in the command line
            line += ["--volume", f"{self._empty.name if folder else '/dev/null'}:{path}:ro"]
        paths = os.pathsep.join([str(package_folder().parent), *self._python_path])
        for key, value in {**ENVIRONMENT, "PYTHONPATH": paths}.items():
            line += ["--env", f"{key}={value}"]
        return [*line, IMAGE, sys.executable, "-P", "-s", "-m", "coursekit.grading.sandbox.container_worker"]

    def _image(self) -> bytes:
        body = io.BytesIO()
        with tarfile.open(fileobj=body, mode="w") as archive:
            for path, target in self._view.links:
                link = tarfile.TarInfo(path.lstrip("/"))
                link.type, link.linkname = tarfile.SYMTYPE, target
                archive.addfile(link)
            for path, text in SMALL_FILES.items():
                file = tarfile.TarInfo(path.lstrip("/"))
                file.size, file.mode = len(text), 0o644
                archive.addfile(file, io.BytesIO(text.encode()))
        return body.getvalue()


class _Reader(threading.Thread):
    """Reads a pipe to its end, keeps so many bytes of it, and stops the job at the next."""

    def __init__(self, pipe: IO[bytes], bound: int, stop: Any, begun: Any = None) -> None:
        super().__init__(daemon=True)
        self.pipe, self.bound, self.stop, self.begun, self.found = pipe, bound, stop, begun, bytearray()
        self.start()

    def run(self) -> None:
        with self.pipe as pipe:
            while data := pipe.read1(1 << 16):  # type: ignore[attr-defined]  # a buffered pipe has it
                if self.begun is not None and not self.found:
                    self.begun()
                room = self.bound - len(self.found)
                self.found += data[:room]
                if len(data) > room:
                    self.stop("too much output")
                    return


def _outcome(status: int, ended: list[Any], result: bytes, output: bytes, wall: float, limits: Limits) -> Outcome:
    if ended:
        return Outcome(ended[0], b"", output, "stopped", wall)
    if status in (125, 126, 127) and not result:
        return Outcome("broken", b"", output, output[-500:].decode("utf-8", "replace"), wall)
    if status == 137:  # killed: by the engine's limit on memory, or the kernel's on CPU time
        if wall >= math.ceil(limits.cpu_seconds):
            return Outcome("timeout", b"", output, "CPU time", wall)
        return Outcome("out of memory", b"", output, "ended by the kernel", wall)
    if status > 128:
        return Outcome("crashed", b"", output, f"signal {status - 128}", wall)
    kind, body, detail = parse_result(status, result)
    return Outcome(kind, body, output, detail, wall)
