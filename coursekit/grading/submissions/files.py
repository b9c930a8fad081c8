"""Files in a folder that strangers wrote: no link is followed, nothing but a regular file is opened."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from .bounds import MIB, Bounds, RefusedError
from .names import is_notebook_or_archive

CHUNK: Final = 64 * 1024


class File(Protocol):
    """Something whose bytes can be read, in a folder or in an archive."""

    def read(self, limit: int) -> bytes:
        """All of its bytes.

        Raises:
            RefusedError: more than ``limit`` bytes, or not to be read for another reason.
        """


@dataclass(frozen=True)
class Entry:
    """What stands at one place of what was handed in.

    Args:
        parts: folders and the file's name, as they are written, below the folder or archive that is graded.
        file: where it is read.
        refusal: why it will not be read, in a sentence without its full stop; empty where it may be.
        kind: of the refusal, for filters: ``"link"``, ``"special"``, ``"unreadable"``, ``"unsafe-path"``, ``"limit"``.
        size: of a file in an archive, as the archive says it; never more is read.
        number: of a file in an archive.
    """

    parts: tuple[str, ...]
    file: File
    refusal: str = ""
    kind: str = ""
    size: int = 0
    number: int = 0


class DiskFile:
    """A file of the file system."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, limit: int) -> bytes:
        """All of its bytes, if it is a regular file of at most ``limit``; see ``File``."""
        # Not to wait for a FIFO's writer, nor to go where a link leads that was put there since the folder was listed.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(self._path, flags)
            with os.fdopen(descriptor, "rb") as stream:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise RefusedError("not a regular file")
                if status.st_size > limit:
                    raise too_large(status.st_size, limit)
                data = stream.read(limit + 1)
        except OSError as error:
            raise RefusedError(f"cannot be opened ({error.strerror or type(error).__name__})") from error
        if len(data) > limit:
            raise too_large(len(data), limit)
        return data


def too_large(size: int, limit: int) -> RefusedError:
    """The refusal of a file by its size."""
    return RefusedError(f"too large: {size / MIB:,.1f} MiB, and {limit / MIB:,.1f} MiB are read")


def walk(root: Path, bounds: Bounds) -> Iterator[Entry]:
    """Everything below a folder but the folders themselves, in an order that depends on the names alone.

    Each folder that stands directly in ``root`` has its own share of ``bounds.files``: one student cannot use up
    another's.
    """
    names, _ = _listed(root, None)
    for entry in names:
        if entry.is_dir(follow_symlinks=False) and not _is_junction(entry):
            yield from _below(Path(entry.path), (entry.name,), bounds)
        else:
            yield _entry(entry, (entry.name,))


def _below(top: Path, parts: tuple[str, ...], bounds: Bounds) -> Iterator[Entry]:
    left = bounds.files
    waiting = deque([(top, parts)])
    while waiting:
        folder, parts = waiting.popleft()
        refusal = "folders too deep inside each other" if len(parts) > bounds.depth else ""
        names: list[os.DirEntry[str]] = []
        if not refusal:
            try:
                names, refusal = _listed(folder, left)
            except OSError as error:
                yield Entry(parts, DiskFile(folder), f"cannot be listed ({error.strerror})", "unreadable")
        left -= len(names)
        for entry in names:
            inner = (*parts, entry.name)
            if entry.is_dir(follow_symlinks=False) and not _is_junction(entry):
                waiting.append((Path(entry.path), inner))
            else:
                yield _entry(entry, inner)
        if refusal:
            yield Entry(parts, DiskFile(folder), refusal, "limit")
        if left <= 0 and waiting:
            yield Entry(waiting[0][1], DiskFile(waiting[0][0]), f"more than {bounds.files} files", "limit")
            return


def _listed(folder: Path, limit: int | None) -> tuple[list[os.DirEntry[str]], str]:
    """What is in a folder, by name. Where it is too much, what is left out does not depend on the system's order."""
    needed: list[os.DirEntry[str]] = []
    others: list[os.DirEntry[str]] = []
    count = 0
    with os.scandir(folder) as scan:
        for entry in scan:
            count += 1
            if is_notebook_or_archive(entry.name) or entry.is_dir(follow_symlinks=False):
                needed.append(entry)
            elif limit is None or count <= limit:
                others.append(entry)
            if limit is not None and len(needed) > limit:
                return [], "too many notebooks or folders; none of them is looked at"
    refusal = ""
    if limit is not None and count > limit:
        others, refusal = [], "too many files; only notebooks, archives and folders are looked at"
    return sorted(needed + others, key=lambda entry: os.fsencode(entry.name)), refusal


def _entry(entry: os.DirEntry[str], parts: tuple[str, ...]) -> Entry:
    file = DiskFile(Path(entry.path))
    if entry.is_symlink() or _is_junction(entry):
        return Entry(parts, file, "a link, and links are not followed", "link")
    if not entry.is_file(follow_symlinks=False):
        return Entry(parts, file, "a pipe, socket or device, not a file", "special")
    return Entry(parts, file)


def _is_junction(entry: os.DirEntry[str]) -> bool:
    # Windows' own links, which Python counts as folders; asked for by name, as Python 3.11 does not know the question.
    question = getattr(entry, "is_junction", None)
    return bool(question and question())
