"""Small files that are there whole or not at all, and where a user's own are kept."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .errors import CoursekitWarning


def write_whole(path: Path, content: bytes, *, mode: int = 0o666, flush: bool = True) -> None:
    """Write a file beside its place, flush it and move it there: nobody ever reads half of it, and a crash loses none.

    Args:
        path: of the file, in a folder that exists.
        content: all of it.
        flush: wait until it is on the disk, so that it survives a power cut, too.
        mode: rights of the new file; the user's umask takes from them.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode), "wb") as file:
            file.write(content)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    if flush:
        _sync_folder(path.parent)


_BINARY = getattr(os, "O_BINARY", 0)  # Windows


def _sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder survive a power cut; Windows cannot open a folder, and needs no such thing."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some network file systems cannot; the file itself is flushed
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file: one process at a time reads, changes and writes; where there are no locks, go on without.

    Raises:
        OSError: the lock file cannot be made.
    """
    with path.open("a") as file:
        try:
            import fcntl
        except ImportError:  # Windows: one writer at a time is the rule there anyway
            yield
            return
        with contextlib.suppress(OSError):  # file systems without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def user_data_folder() -> Path:
    """Where the platform keeps a user's data, with a folder of ours in it; it may not exist yet."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "coursekit"


class Notes:
    """A small JSON file of entries by key that are read, changed and replaced as a whole, under a lock.

    What cannot be read counts as empty and what cannot be written is lost, each with a CoursekitWarning: learning goes
    on without a record of it. A damaged file is set aside, never deleted.

    Args:
        find: where the file is, asked at each access.
        name: of the entries in the file: ``"exercises"``.
        version: of the format; a file of another one counts as damaged.
        said: what a warning says is missing: ``"your earlier progress"``.
    """

    def __init__(self, find: Callable[[], Path], name: str, *, version: int, said: str) -> None:
        self.find, self.name, self.version, self.said = find, name, version, said

    def load(self) -> dict[str, dict[str, Any]]:
        """All entries; a file that is missing is an empty one."""
        path = self.find()
        try:
            data = json.loads(path.read_text("utf-8"))
            entries = data[self.name]
            if data["version"] != self.version or not all(type(entry) is dict for entry in entries.values()):
                raise ValueError("another version")
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._warn(f"{path} cannot be read ({error.strerror}): going on without {self.said}")
            return {}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            aside = path.with_suffix(".damaged.json")
            with contextlib.suppress(OSError):
                path.replace(aside)
            self._warn(f"{path} was damaged and is now {aside.name}: going on without {self.said}")
            return {}
        return {str(key): entry for key, entry in entries.items()}

    @contextlib.contextmanager
    def changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        """All entries, to be changed; what they are at the end is kept."""
        path = self.find()
        with contextlib.ExitStack() as held:
            with contextlib.suppress(OSError):  # the write below says why nothing is kept
                path.parent.mkdir(parents=True, exist_ok=True)
                held.enter_context(locked(path.with_suffix(".lock")))
            entries = self.load()
            yield entries
            text = json.dumps({"version": self.version, self.name: entries}, indent=1, sort_keys=True)
            try:
                write_whole(path, text.encode())
            except OSError as error:
                self._warn(f"{path} cannot be written ({error.strerror}): going on without a record of this")

    def _warn(self, text: str) -> None:
        warnings.warn(text + ".", CoursekitWarning, stacklevel=4)
