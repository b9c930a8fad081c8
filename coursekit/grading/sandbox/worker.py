"""One job: a supervisor, and below it the worker, first process of namespaces of its own.

The supervisor was forked from the server and runs no student's code. It makes the namespaces, forks the worker, watches
time and memory, kills the worker, and with it everything that the worker has started, and reports how it ended.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

from . import seccomp, syscalls
from .launcher import SCRATCH
from .watch import MemoryWatch, address_space

RESULT = 3
_TICK = 0.02
# The first byte of what a worker writes; the judge's side believes none of it beyond what is said there.
RETURNED, RAISED, LEFT, MEMORY = b"R", b"E", b"X", b"M"


def supervise(entry: Any, request: dict[str, Any], job: int, result: int, output: int, control: int) -> None:
    """Run one job and send ``{"status": ..., "ended": ..., "wall": ..., "cpu": ...}``, or ``{"broken": ...}``."""
    report: dict[str, Any]
    try:
        syscalls.die_with_parent(signal.SIGKILL)
        report = _supervise(entry, request, job, result, output, control)
    except BaseException as error:
        report = {"broken": f"{type(error).__name__}: {error}"}
    with contextlib.suppress(OSError):
        os.write(control, json.dumps(report).encode())


def _supervise(entry: Any, request: dict[str, Any], job: int, result: int, output: int, control: int) -> dict[str, Any]:
    limits = request["limits"]
    base, memory = address_space(), MemoryWatch(limits["memory_bytes"])
    user, group = os.geteuid(), os.getegid()
    syscalls.unshare(syscalls.ALL_NAMESPACES)
    syscalls.map_single_user(user, user, group)
    gate_read, gate_write = os.pipe()
    started = time.monotonic()
    worker = os.fork()
    if worker == 0:
        os.close(gate_read)
        _worker(entry, limits, base, job, result, output, gate_write)
    for descriptor in (job, result, output, gate_write):
        os.close(descriptor)
    # The gate closes when the worker has shut itself in. Until then nothing but coursekit's code has run in it.
    trouble = os.read(gate_read, 4096)
    os.close(gate_read)
    if trouble:
        _kill(worker)
        os.waitpid(worker, 0)
        return {"broken": "the worker's room: " + trouble.decode("utf-8", "replace")}
    ended, status, usage = _watch(worker, limits["wall_seconds"], memory, control)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "ended": ended,
        "wall": time.monotonic() - started,
        "cpu": usage.ru_utime + usage.ru_stime,
    }


def _watch(worker: int, wall_seconds: float, memory: MemoryWatch, control: int) -> tuple[str, int, Any]:
    """Wait for the end, or bring it about: (what the supervisor did, wait status, usage)."""
    deadline = time.monotonic() + wall_seconds
    handle = os.pidfd_open(worker)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(control, select.POLLIN)
    ended = ""
    while not ended:
        events = dict(poll.poll(_TICK * 1000))
        if handle in events:
            break
        if control in events:
            ended = "cancelled"
        elif time.monotonic() > deadline:
            ended = "timeout"
        elif memory.exceeded():
            ended = "out of memory"
    if ended:
        _kill(worker)
    # With the first process of a process namespace the kernel ends all others in it, before this wait returns.
    _pid, status, usage = os.wait4(worker, 0)
    os.close(handle)
    return ended, status, usage


def _kill(worker: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)


def _worker(entry: Any, limits: dict[str, Any], base: int, job: int, result: int, output: int, gate: int) -> None:
    """Shut this process in, open the gate, run the job, and end without a way back into the server's code."""
    try:
        syscalls.die_with_parent(signal.SIGKILL)
        os.setsid()  # a signal to the own process group (kill 0) goes to all of it, across process namespaces
        with os.fdopen(job, "rb") as file:
            arguments = json.loads(file.read())
        gate = _arrange_descriptors(result, output, gate)
        _private_files(limits)
        _bound(limits, base)
        syscalls.drop_capabilities()
        syscalls.forbid_new_privileges()
        if seccomp.supported():
            seccomp.install()
    except BaseException as error:
        os.write(gate, f"{type(error).__name__}: {error}".encode() or b"?")
        os._exit(1)
    os.close(gate)
    run_entry(entry, arguments, RESULT)


def run_entry(entry: Any, arguments: dict[str, Any], result: int) -> None:
    """Call the entry function and write what became of it; never returns."""
    try:
        tag, body = RETURNED, bytes(entry(**arguments))
    except MemoryError:
        tag, body = MEMORY, b""
    except SystemExit as error:
        tag, body = LEFT, str(error.code)[:200].encode("utf-8", "replace")
    except BaseException as error:
        tag, body = RAISED, f"{type(error).__name__}: {error}"[:2000].encode("utf-8", "replace")
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.flush()
    try:
        view = memoryview(tag + len(body).to_bytes(8, "big") + body)
        while view:
            view = view[os.write(result, view) :]
    finally:
        os._exit(0)


def _arrange_descriptors(result: int, output: int, gate: int) -> int:
    """0: nothing; 1 and 2: the output; 3: the result; 4: the gate. All others are closed."""
    keep = [os.dup(result), os.dup(output), os.dup(gate)]
    high = [os.dup2(descriptor, 200 + index, inheritable=False) for index, descriptor in enumerate(keep)]
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(high[1], 1)
    os.dup2(high[1], 2)
    os.dup2(high[0], RESULT, inheritable=False)
    os.dup2(high[2], 4, inheritable=False)
    syscalls.close_from(5)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "utf-8", "backslashreplace")
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", "backslashreplace", write_through=True)
    return 4


def _private_files(limits: dict[str, Any]) -> None:
    """A small directory in memory to write to, and a /proc that shows this job's processes alone."""
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    data = f"size={limits['scratch_bytes']},nr_inodes=4096,mode=0700"
    syscalls.mount("tmpfs", SCRATCH, "tmpfs", flags, data)
    Path(SCRATCH, ".shm").mkdir(0o700)
    syscalls.bind(SCRATCH + "/.shm", "/dev/shm")
    syscalls.mount("proc", "/proc", "proc", flags | syscalls.MS_RDONLY)
    os.chdir(SCRATCH)


def _bound(limits: dict[str, Any], base: int) -> None:
    """The kernel's own limits; the hard ones too, so that they cannot be raised."""
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, math.ceil(limits["cpu_seconds"])),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_NPROC, limits["processes"]),  # counted in the job's own user namespace (Linux 5.14)
        (resource.RLIMIT_RTPRIO, 0),
        (resource.RLIMIT_SIGPENDING, 256),
        # Address space, not memory: allocators reserve more than they use. What is used, the supervisor counts.
        (resource.RLIMIT_AS, base + 2 * limits["memory_bytes"]),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))
