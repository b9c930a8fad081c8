"""Where jobs are run: sandboxes with a warm server for each framework, shared by threads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol, cast

from coursekit.grading.sandbox.choice import pick
from coursekit.grading.sandbox.limits import Limits, Outcome, Sandbox

from .job import Graded, Job, References, grade_job


class Executor(Protocol):
    """Turns jobs into results, in any order."""

    def map(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Graded]]:
        """Grade the jobs; each is yielded as soon as it is done."""
        ...

    def close(self) -> None:
        """End every process that was started."""
        ...


class Sandboxes:
    """One sandbox for each framework, started when a job first needs it.

    Args:
        trust: see `pick`.
        options: of the sandbox.
    """

    def __init__(self, *, trust: bool = False, **options: Any) -> None:
        self._trust, self._options = trust, options
        self._open: dict[str, Sandbox] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._closed = False

    def run(self, job: dict[str, object], server: str, limits: Limits) -> Outcome:
        """Run one job on the server of a framework."""
        return self._of(server).run(job, limits)

    def begin(self, servers: Iterable[str]) -> list[Future[Sandbox]]:
        """Start servers, all at once, without waiting; a job that needs one waits for it.

        Returns:
            One future a server, of its warm sandbox; its result raises GradingError where there is none on this
            machine, or where it does not start.
        """
        names = list(servers)
        pool = ThreadPoolExecutor(max(1, len(names)), thread_name_prefix="starting")
        started = [pool.submit(self._of, name) for name in names]
        pool.shutdown(wait=False)
        return started

    def _of(self, server: str) -> Sandbox:
        with self._lock:
            lock = self._locks.setdefault(server, threading.Lock())
        with lock:
            if server not in self._open:
                sandbox = pick(cast(Any, server), trust=self._trust, **self._options)
                start: Callable[[], None] = getattr(sandbox, "start", lambda: None)
                start()
                with self._lock:
                    if self._closed:  # meanwhile: nobody would end it
                        sandbox.close()
                    self._open[server] = sandbox
            return self._open[server]

    def close(self) -> None:
        """End all servers, and with them what runs in them."""
        with self._lock:
            self._closed = True
            for sandbox in self._open.values():
                sandbox.close()
            self._open.clear()


class LocalExecutor:
    """Threads of this process; each waits for one sandboxed worker at a time, and judges what comes out of it.

    Args:
        workers: how many at once.
        trust: see `pick`.
        options: of the sandbox.
    """

    def __init__(self, workers: int, *, trust: bool = False, **options: Any) -> None:
        self.workers = workers
        self._sandboxes = Sandboxes(trust=trust, **options)
        self._references = References(self._sandboxes.run)
        self._starting: list[Future[Sandbox]] = []

    def begin(self, servers: Iterable[str]) -> None:
        """Start the servers that the jobs will need, without waiting: importing a framework takes seconds."""
        self._starting = self._sandboxes.begin(servers)

    def map(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Graded]]:
        """Grade the jobs, a few ahead of what has been taken: a class of thousands is not queued up in memory.

        Raises:
            GradingError: no sandbox on this machine, or one that does not start.
        """
        for started in self._starting:
            started.result()
        rest = iter(jobs)
        running: dict[Future[Graded], Job] = {}
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="grading")
        try:
            while True:
                for job in rest:
                    running[pool.submit(grade_job, job, self._sandboxes.run, self._references)] = job
                    if len(running) >= 2 * self.workers:
                        break
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        finally:
            # An interruption must not wait for endless loops: without their servers, jobs end at once.
            pool.shutdown(wait=False, cancel_futures=True)
            if running:
                self._sandboxes.close()
            with contextlib.suppress(KeyboardInterrupt):
                pool.shutdown(wait=True)

    def close(self) -> None:
        """End the servers."""
        self._sandboxes.close()
