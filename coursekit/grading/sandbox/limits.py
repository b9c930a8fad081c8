"""What one job may use, and how one job can end."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, Protocol

from coursekit.errors import ConfigurationError

Kind = Literal[
    "observed",  # the entry function returned bytes
    "timeout",  # wall or CPU time was used up
    "out of memory",
    "too much output",  # printed, or returned, more than the limit
    "crashed",  # ended by a signal
    "exited",  # os._exit, or sys.exit that nobody caught
    "garbled",  # something else was written where the result belongs
    "broken",  # the sandbox itself failed: nothing is known about the submission
]

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one job.

    Attributes:
        wall_seconds: from the first line of the job to its end.
        cpu_seconds: CPU time of one process of the job; the kernel counts whole seconds, so it is rounded up.
        memory_bytes: memory of all processes of the job together, beyond what the warm server shares with them.
        processes: processes and threads of the job together.
        file_bytes: size of one written file.
        scratch_bytes: size of the private directory, the only place where the job can write.
        open_files: descriptors of one process.
        result_bytes: size of what the job returns.
        output_bytes: what the job prints on stdout and stderr together.

    Raises:
        ConfigurationError: a limit is not positive.
    """

    wall_seconds: float = 30.0
    cpu_seconds: float = 20.0
    memory_bytes: int = 1024 * MIB
    processes: int = 64
    file_bytes: int = 32 * MIB
    scratch_bytes: int = 64 * MIB
    open_files: int = 256
    result_bytes: int = 16 * MIB
    output_bytes: int = 1 * MIB

    def __post_init__(self) -> None:
        """Check the signs."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ConfigurationError(
                    f"Limits({field.name}={value!r})", expected="a positive number", mend="leave it out for the default"
                )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one job ended. Everything in it but `kind` may have been written by the student's code.

    Attributes:
        kind: see `Kind`.
        result: what the entry function returned; empty unless `kind` is ``"observed"``.
        output: what was printed, at most ``Limits.output_bytes``.
        detail: one line for a log: the signal, the exit status, the limit that was met.
        wall_seconds: from the fork to the end.
        cpu_seconds: of all processes of the job that were waited for.
    """

    kind: Kind
    result: bytes = b""
    output: bytes = b""
    detail: str = ""
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def judged(self) -> bool:
        """Whether this says anything about the submission: False if the sandbox itself failed."""
        return self.kind != "broken"


class Sandbox(Protocol):
    """A place where an entry function is called on a job of somebody nobody trusts."""

    def run(self, job: dict[str, object], limits: Limits = ...) -> Outcome:
        """Call the entry function with the job's items as keyword arguments; never raises for what the job does."""
        ...

    def close(self) -> None:
        """End every process that belongs to the sandbox."""
        ...
