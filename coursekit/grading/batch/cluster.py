"""The same jobs on a Dask cluster: each of its workers holds sandboxes of its own.

A worker needs what this machine needs: coursekit with its answers, the frameworks, and a sandbox that starts. Jobs are
pure, so the cluster may run one twice where a worker is lost; the grades are the same.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

from coursekit._frameworks import require
from coursekit.errors import GradingError
from coursekit.grading.results import Flag

from .executors import Sandboxes
from .job import Graded, Job, References, grade_job

CONNECT_SECONDS: Final = 20
# A worker may be lost this often, with one job on it, before the job is given up. A submission cannot do that: it is
# the worker's child, in a sandbox. Machines can.
RETRIES: Final = 5


@dataclass(frozen=True)
class _Tools:
    sandboxes: Sandboxes
    references: References


@cache
def _tools(trust: bool) -> _Tools:
    # One set for each process of the cluster, for as long as it lives.
    sandboxes = Sandboxes(trust=trust)
    atexit.register(sandboxes.close)
    return _Tools(sandboxes, References(sandboxes.run))


_starting = threading.Lock()


def run_here(job: dict[str, Any], trust: bool) -> dict[str, Any]:
    """Grade one job in this process; what a worker of the cluster calls. Plain data in, plain data out."""
    with _starting:
        tools = _tools(trust)
    flags = tuple(Flag(**flag) for flag in job["flags"])
    return grade_job(Job(**{**job, "flags": flags}), tools.sandboxes.run, tools.references).to_dict()


class DaskExecutor:
    """Grades on the cluster of a scheduler.

    Args:
        address: ``"tcp://host:8786"``.
        trust: see `coursekit.grading.sandbox.choice.pick`.

    Raises:
        MissingExtraError: Dask is not installed.
        GradingError: there is no scheduler at that address, or it has no workers.
    """

    def __init__(self, address: str, *, trust: bool = False) -> None:
        distributed = require("distributed")
        self._completed = distributed.as_completed
        self._trust = trust
        try:
            self._client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise GradingError(
                f"no Dask scheduler answers at {address} ({error})",
                expected="the address that dask scheduler printed, like tcp://10.0.0.5:8786",
                mend="start it, and its workers, or grade without --scheduler",
            ) from error
        self.workers = sum(self._client.nthreads().values())
        if not self.workers:
            self.close()
            raise GradingError(
                f"the Dask scheduler at {address} has no workers",
                expected="at least one",
                mend=f"dask worker {address}, on every machine that is to grade",
            )

    def map(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Graded]]:
        """Grade the jobs, some ahead of what has been taken."""
        rest = iter(jobs)
        waiting: dict[Any, Job] = {}
        completed = self._completed(loop=self._client.loop)

        def submit(job: Job) -> None:
            future = self._client.submit(run_here, asdict(job), self._trust, pure=False, retries=RETRIES)
            waiting[future.key] = job
            completed.add(future)

        for _, job in zip(range(4 * self.workers), rest, strict=False):
            submit(job)
        for future in completed:
            job = waiting.pop(future.key)
            try:
                graded = Graded.from_dict(future.result())
            except GradingError:
                raise
            except Exception as error:  # whatever a cluster raises: the job was lost with its workers
                raise GradingError(
                    f"the cluster lost {job.student}, {job.exercise_id} ({type(error).__name__}: {error})",
                    expected="workers that stay",
                    mend="look at their logs, and start again: what is graded is kept",
                ) from error
            follower = next(rest, None)
            if follower is not None:
                submit(follower)
            yield job, graded

    def close(self) -> None:
        """Leave the cluster; it goes on without us."""
        self._client.close()
