"""Which sandbox this machine offers, and why not a better one."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.errors import GradingError

from .limits import Limits, Sandbox
from .paths import ENTRY

if TYPE_CHECKING:
    from .namespaces import Server

_MINIMUM = (5, 14)  # limits on processes are counted in each user namespace
_SWITCHES = {
    "/proc/sys/kernel/unprivileged_userns_clone": ("0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    "/proc/sys/user/max_user_namespaces": ("0", "sudo sysctl -w user.max_user_namespaces=10000"),
}


@dataclass(frozen=True)
class Availability:
    """What a machine offers.

    Attributes:
        namespaces: whether submissions can be run in a sandbox: one was started, and a job came back from it.
        filtered: whether system calls are filtered too.
        reason: why there is no sandbox.
        mend: what would change that.
    """

    namespaces: bool
    filtered: bool = False
    reason: str = ""
    mend: str = ""


@cache
def available() -> Availability:
    """Try it: start a server without a framework and run one job. Takes about half a second, once a process."""
    if sys.platform != "linux":
        return Availability(False, reason=f"{platform.system()} has no namespaces", mend="grade on Linux, or in WSL 2")
    release = platform.release()
    version = tuple(int(part) for part in release.split("-")[0].split(".")[:2] if part.isdigit())
    if version < _MINIMUM:
        return Availability(False, reason=f"Linux {release} is older than 5.14", mend="grade on a newer kernel")
    from . import seccomp
    from .namespaces import NamespaceSandbox

    try:
        with NamespaceSandbox("numpy", f"{__name__}:probe", start_seconds=60.0) as sandbox:
            outcome = sandbox.run({"number": 20}, Limits(wall_seconds=30.0))
        if outcome.kind != "observed" or outcome.result != b"21":
            return Availability(False, reason=f"a first job ended as {outcome.kind}: {outcome.detail}", mend=_mend())
    except (GradingError, OSError) as error:
        return Availability(False, reason=getattr(error, "given", str(error)), mend=_mend())
    return Availability(True, filtered=seccomp.supported())


def probe(number: int) -> bytes:
    """The job of `available`."""
    if os.getpid() != 1:
        raise OSError("no process namespace")
    return b"%d" % (number + 1)


def _engine() -> str | None:
    if sys.platform != "linux":  # elsewhere, containers run another system than the one whose files they would show
        return None
    from .container import engine

    return engine()


def _counts_processes(engine: str) -> bool:
    from .container import counts_processes

    return counts_processes(engine)


def _mend() -> str:
    for path, (closed, mend) in _SWITCHES.items():
        if Path(path).exists() and Path(path).read_text().strip() == closed:
            return mend
    if Path("/.dockerenv").exists():
        return "in a container: start it with --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
    return "see docs/security_model.md, 'When the sandbox does not start'"


def pick(server: Server = "numpy", entry: str = ENTRY, *, trust: bool = False, **options: Any) -> Sandbox:
    """The best sandbox that this machine offers, not started yet.

    Args:
        server: what is imported before the first job: ``"numpy"``, ``"torch"`` or ``"tensorflow"``.
        entry: see `paths.ENTRY`.
        trust: where there are no namespaces and no podman or docker that can limit the number of processes, use a
            container without that limit if there is one, else the rights of the user who grades.
        **options: of `NamespaceSandbox`.

    Raises:
        GradingError: no sandbox here, and no trust; it says what is missing.
    """
    found = available()
    if found.namespaces:
        from .namespaces import NamespaceSandbox

        return NamespaceSandbox(server, entry, **options)
    # Where the engine cannot count processes (no pids cgroup), a fork bomb is not bounded: only with trust.
    if (engine := _engine()) is not None and (trust or _counts_processes(engine)):
        from .container import ContainerSandbox

        known = {name: options[name] for name in ("python_path", "readable", "hidden") if name in options}
        return ContainerSandbox(engine, entry, **known)
    if not trust:
        raise GradingError(
            f"no sandbox on this machine: {found.reason}",
            expected="Linux 5.14 or newer with user namespaces",
            mend=f"{found.mend}; or, if you trust whoever wrote the submissions, grade with --trust-submissions",
        )
    from .plain import PlainSubprocess

    return PlainSubprocess(entry, trust=True, python_path=options.get("python_path", ()))
