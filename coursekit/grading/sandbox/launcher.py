"""Builds the closed room for one warm server, and starts the server in it.

    python -m coursekit.grading.sandbox.launcher SOCKET < plan.json

New user, process, mount, network, IPC, host name and cgroup namespaces; a root that shows only what the plan lists,
read-only; then the server replaces this program, so that nothing of the room's outside is left in its memory. The file
descriptor SOCKET is the only way between inside and outside.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from . import syscalls

# Inside, everything runs as this user. Outside it is the grader's own user, or, where that is root, one that owns
# nothing: the kernel's limit on processes does not count for root.
USER_INSIDE = 1000
NOBODY = 65533
SCRATCH = "/scratch"  # the one place to write to; /tmp leads here
_STAGE = "/tmp"
_SERVER_SCRATCH = "size=16m,nr_inodes=4096,mode=1777"
SMALL_FILES = {
    "/etc/passwd": f"student:x:{USER_INSIDE}:{USER_INSIDE}:student:{SCRATCH}:/bin/sh\n",
    "/etc/group": f"student:x:{USER_INSIDE}:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/hosts": "",
}


def main() -> None:
    """Read the plan from standard input and become the room's first process."""
    channel = int(sys.argv[1])
    plan = json.loads(sys.stdin.buffer.read())
    os.set_inheritable(channel, True)
    user, group = os.geteuid(), os.getegid()
    privileged = user == 0
    if privileged:
        os.setgroups([])
    to_child, to_parent = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _inside(plan, channel, to_parent[1], to_child[0], privileged)
        except BaseException:
            _fail(channel, traceback.format_exc(limit=-3))
        os._exit(1)
    os.close(channel)
    os.close(to_parent[1])
    os.close(to_child[0])
    if os.read(to_parent[0], 1):
        # Maps of more than one user are written from outside; the room's builder stays root in it, the server does not.
        both = f"0 {user} 1\n{USER_INSIDE} {NOBODY} 1\n"
        _write(f"/proc/{child}/setgroups", "deny" if not privileged else "allow")
        _write(f"/proc/{child}/uid_map", both if privileged else f"{USER_INSIDE} {user} 1\n")
        _write(f"/proc/{child}/gid_map", both if privileged else f"{USER_INSIDE} {group} 1\n")
        os.write(to_child[1], b"1")
    os.waitpid(child, 0)


def _inside(plan: dict[str, Any], channel: int, tell: int, listen: int, privileged: bool) -> None:
    syscalls.unshare(syscalls.ALL_NAMESPACES)
    os.write(tell, b"1")
    if not os.read(listen, 1):
        raise OSError("the user namespace got no users")
    # The new process namespace begins with the next child, which stands at its top: when it ends, all in it end.
    first = os.fork()
    if first:
        os.close(channel)
        syscalls.die_with_parent(signal.SIGKILL)
        os.waitpid(first, 0)
        os._exit(0)
    try:
        _furnish(plan)
        if privileged:
            os.setresgid(USER_INSIDE, USER_INSIDE, USER_INSIDE)
            os.setresuid(USER_INSIDE, USER_INSIDE, USER_INSIDE)
        syscalls.drop_capabilities()
        syscalls.forbid_new_privileges()
        syscalls.die_with_parent(signal.SIGKILL)
        quiet = os.open("/dev/null", os.O_RDONLY)
        os.dup2(quiet, 0)
        os.dup2(2, 1)
        os.dup2(channel, 3)
        syscalls.close_from(4)
        os.execve(plan["command"][0], plan["command"], plan["environment"])
    except BaseException:
        _fail(channel, traceback.format_exc(limit=-3))
        os._exit(1)


def _furnish(plan: dict[str, Any]) -> None:
    """Build the new root below /tmp, which hides nothing that is still needed once the old root has moved into it."""
    syscalls.mount("none", "/", "none", syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount("tmpfs", _STAGE, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "size=1m,mode=755")
    Path(_STAGE, "old").mkdir()
    Path(_STAGE, "new").mkdir()
    syscalls.pivot_root(_STAGE, _STAGE + "/old")
    os.chdir("/")
    # A mount of its own, so that it can become the root at the end.
    syscalls.mount("tmpfs", "/new", "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "size=1m,mode=755")
    for path, source in plan["visible"]:
        _show("/old" + source, "/new" + path)
    for path, target in plan["links"]:
        Path("/new" + path).symlink_to(target)
    for name, target in {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}.items():
        Path("/new/dev", name).symlink_to(target)
    Path("/new/empty").mkdir(mode=0o000)
    Path("/new/empty_file").touch(mode=0o000)
    for path in plan["hidden"]:
        syscalls.bind("/new/empty" if Path("/new" + path).is_dir() else "/new/empty_file", "/new" + path)
    for path, text in SMALL_FILES.items():
        Path("/new" + path).write_text(text)
    for path in ("/proc", SCRATCH, "/dev/shm"):
        Path("/new" + path).mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # an environment that lies in /tmp
        Path("/new/tmp").symlink_to(SCRATCH)
    syscalls.make_tree_read_only("/new")
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.mount("tmpfs", "/new" + SCRATCH, "tmpfs", flags, _SERVER_SCRATCH)
    # The kernel gives a new /proc only where the one before it is in full sight: before the old root goes.
    syscalls.mount("proc", "/new/proc", "proc", flags | syscalls.MS_NOEXEC)
    os.chdir("/new")
    syscalls.pivot_root(".", ".")
    syscalls.unmount(".")
    os.chdir(SCRATCH)


def _show(source: str, target: str) -> None:
    if Path(source).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch()
    try:
        syscalls.bind(source, target)
    except OSError as error:
        raise OSError(error.errno, f"cannot show {source.removeprefix('/old')}: {error.strerror}") from error


def _write(path: str, text: str) -> None:
    # One write(2): the kernel takes such a map whole or not at all.
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _fail(channel: int, text: str) -> None:
    os.write(channel, json.dumps({"error": text}).encode())


if __name__ == "__main__":
    main()
