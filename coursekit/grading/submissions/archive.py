"""Zip archives that strangers made: read in memory, entry by entry; nothing is written, no name is a path."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from .bounds import MIB, Bounds, RefusedError
from .files import CHUNK, Entry, File, too_large

# What every operating system and learning platform writes. The others unpack into more memory than one would lend.
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)
_UTF8: Final = 0x800
_ENCRYPTED: Final = 0x1
_HEADER_BYTES: Final = 30
_LONGEST_DIRECTORY: Final = 64 * MIB
_ABSOLUTE: Final = re.compile(r"^(?:/|[A-Za-z]:)")


class _Directory(io.BufferedIOBase):
    """A file of which ``zipfile`` can ask only so much at once: the archive says itself how long its directory is."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream, self._most = stream, most

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = self._most + 1
        if size > self._most:
            data = self._stream.read(self._most + 1)
            if len(data) > self._most:
                raise zipfile.BadZipFile("its directory is too long")
            return data
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


class Archive:
    """An archive that is open.

    Args:
        stream: its bytes.
        entries: more than this many are refused.

    Raises:
        RefusedError: no archive, a damaged one, or one of too many entries.
    """

    def __init__(self, stream: BinaryIO, *, entries: int) -> None:
        self._stream = stream
        # An entry takes 46 bytes and its name in the directory.
        most = min(_LONGEST_DIRECTORY, max(entries * 400, 2 * CHUNK))
        try:
            self._zip = zipfile.ZipFile(_Directory(stream, most))
            self._infos = self._zip.infolist()
        except _DAMAGED as error:
            raise RefusedError(f"a damaged archive ({error})") from error
        if len(self._infos) > entries:
            raise RefusedError(f"an archive of {len(self._infos):,} entries, and {entries:,} are read")
        self._overlapping = _overlapping(self._infos)

    def close(self) -> None:
        """Close the stream, too."""
        self._zip.close()
        self._stream.close()

    def entries(self, bounds: Bounds) -> Iterator[Entry]:
        """What it holds, without its folders; those that are refused say why."""
        for number, info in enumerate(self._infos):
            name = _name(info)
            if name.endswith("/") and not info.file_size:
                continue
            parts = tuple(part for part in name.split("/") if part not in ("", "."))
            kind, refusal = self._refusal(info, name, parts, bounds)
            yield Entry(parts or ("",), Member(self, number), refusal, kind, info.file_size, number)

    def read(self, number: int, limit: int) -> bytes:
        """The bytes of one entry.

        Raises:
            RefusedError: more than ``limit``, damaged, or encrypted.
        """
        info = self._infos[number]
        if info.file_size > limit:
            raise too_large(info.file_size, limit)
        pieces: list[bytes] = []
        try:
            with self._zip.open(info) as stream:
                while piece := stream.read(CHUNK):
                    pieces.append(piece)
        except _DAMAGED as error:
            raise RefusedError(f"damaged in the archive ({error})") from error
        return b"".join(pieces)

    def _refusal(self, info: zipfile.ZipInfo, name: str, parts: tuple[str, ...], bounds: Bounds) -> tuple[str, str]:
        if len(name) > bounds.name_characters or any(len(part.encode("utf-8", "replace")) > 255 for part in parts):
            return "unsafe-path", "a name that is too long"
        if ".." in parts or _ABSOLUTE.match(name) or not parts or "\0" in info.orig_filename:
            return "unsafe-path", "a name that leads out of the archive, or is none"
        if len(parts) > bounds.depth + 1:
            return "limit", "folders too deep inside each other"
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK:
            return "link", "a link, and links are not followed"
        if kind not in (0, stat.S_IFREG):
            return "special", "a pipe, socket or device, not a file"
        if info.flag_bits & _ENCRYPTED:
            return "unreadable", "encrypted"
        if info.compress_type not in _METHODS:
            return "unreadable", f"packed by a method that is not read (number {info.compress_type})"
        if info.header_offset in self._overlapping:
            return "unreadable", "shares its bytes with another entry of the archive"
        if info.file_size > MIB and info.file_size > bounds.ratio * max(info.compress_size, 1):
            return "limit", f"unpacks to more than {bounds.ratio} times its size"
        return "", ""


class Member:
    """An entry of an archive that stays open."""

    def __init__(self, archive: Archive, number: int) -> None:
        self._archive, self._number = archive, number

    def read(self, limit: int) -> bytes:
        """See ``File``."""
        return self._archive.read(self._number, limit)


class InnerMember:
    """An entry of a student's own archive, which is opened anew for it: of many, none is kept in memory."""

    def __init__(self, archive: File, number: int, bounds: Bounds) -> None:
        self._archive, self._number, self._bounds = archive, number, bounds

    def read(self, limit: int) -> bytes:
        """See ``File``."""
        opened = open_inner(self._archive, self._bounds)
        try:
            return opened.read(self._number, limit)
        finally:
            opened.close()


def open_inner(file: File, bounds: Bounds) -> Archive:
    """Open a student's own archive, in memory.

    Raises:
        RefusedError: it is too large, damaged, or has too many entries.
    """
    return Archive(io.BytesIO(file.read(bounds.archive_bytes)), entries=bounds.student_entries)


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: backslashes as from Windows, and UTF-8 also where the archive does not say so."""
    name = info.filename
    if not info.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return name.replace("\\", "/")


def _overlapping(infos: list[zipfile.ZipInfo]) -> frozenset[int]:
    """Where entries begin that share bytes with another: the way to pack more than there is."""
    found = set()
    last: zipfile.ZipInfo | None = None
    for info in sorted(infos, key=lambda info: info.header_offset):
        if last is not None and info.header_offset < last.header_offset + _HEADER_BYTES + last.compress_size:
            found |= {last.header_offset, info.header_offset}
        if last is None or _end(info) > _end(last):
            last = info
    return frozenset(found)


def _end(info: zipfile.ZipInfo) -> int:
    return info.header_offset + info.compress_size
