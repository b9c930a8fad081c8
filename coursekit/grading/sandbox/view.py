"""Which files a sandboxed process can see: a short list of what it needs, and nothing that is not on the list.

The Python environment, the system's libraries and coursekit itself, read-only. Inside coursekit, everything that holds
answers is covered. Home directories, the course's repository, submissions, the gradebook are not on the list, and so
not there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .paths import package_folder

# The system's programs and libraries. /etc, /var, /home, /root, /run, /srv, /mnt, /opt, /work, ... are not among them.
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store", "/gnu/store")
_SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/sys/devices/system/cpu",  # frameworks count the cores here
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@dataclass(frozen=True)
class View:
    """The plan of a file system.

    Attributes:
        visible: pairs (where it is shown, where it really is: a path without symbolic links); all read-only.
        links: absolute path and target of symbolic links.
        hidden: absolute paths, inside a visible one, that are covered by something empty.
    """

    visible: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]


def answer_paths(package: Path) -> list[Path]:
    """Everything in coursekit's folder that holds answers: folders and modules of that name, with their byte code."""
    room = package / "autograders"
    folders = [path for path in room.rglob("answers") if path.is_dir()]
    modules = [path for path in room.rglob("*answers*.py*") if not any(f in path.parents for f in folders)]
    return sorted(folders + modules)


def plan(readable: Iterable[str | os.PathLike[str]] = (), hidden: Iterable[str | os.PathLike[str]] = ()) -> View:
    """The view for this interpreter's environment.

    Args:
        readable: further files and folders to show.
        hidden: files and folders to cover wherever they are: the folder of submissions, the database, the output.
    """
    package = package_folder()
    wanted = [*_SYSTEM_FILES, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, str(package)]
    wanted += [*_DEVICES, os.path.realpath(sys.executable)]
    links: list[tuple[str, str]] = []
    for path in _SYSTEM:
        if os.path.islink(path):  # noqa: PTH114  # strings, as the plan travels in JSON
            links.append((path, os.readlink(path)))  # noqa: PTH115  # as above
        else:
            wanted.append(path)
    wanted += [os.path.realpath(path) for path in readable]
    # By its own name, as programs have it written down, and by the real one, where symbolic links lead.
    wanted += [os.path.realpath(path) for path in wanted]
    visible = _outermost(path for path in wanted if Path(path).exists())
    shown = tuple((path, os.path.realpath(path)) for path in visible)
    covered = {os.path.realpath(path) for path in [*answer_paths(package), *hidden] if Path(path).exists()}
    inside = sorted(
        path + secret.removeprefix(real) for secret in covered for path, real in shown if _within(secret, real)
    )
    return View(shown, tuple(links), tuple(inside))


def _within(path: str, top: str) -> bool:
    return path == top or path.startswith(top.rstrip("/") + "/")


def _outermost(paths: Iterable[str]) -> list[str]:
    """The paths without those that lie in another one, which shows them already."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(_within(path, top) for top in kept):
            kept.append(path)
    return kept


def names_root_or_home(paths: Sequence[str]) -> list[str]:
    """Those of the paths that would show far more than an environment: the root, or a whole home."""
    homes = {"/", "/home", "/root", os.path.realpath(Path.home())}
    return [path for path in paths if os.path.realpath(path) in homes]
