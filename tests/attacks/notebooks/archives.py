"""Zip archives that a student hands in."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable

from .corpus import NOTHING, Case
from .course import ANSWERS, as_bytes, honest, notebook

Entries = list[tuple[str | zipfile.ZipInfo, bytes]]
WRONG = as_bytes(notebook({key: source + "  # other" for key, source in ANSWERS.items()}))


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def _special(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (mode | 0o777) << 16
    return info


def _patched(data: bytes, offset: int, form: str, value: int, *, local: int | None = None) -> bytes:
    """With a field of the first entry of the directory (and of its local header) changed."""
    changed = bytearray(data)
    struct.pack_into(form, changed, data.index(b"PK\x01\x02") + offset, value)
    if local is not None:
        struct.pack_into(form, changed, local, value)
    return bytes(changed)


def _encrypted() -> bytes:
    return _patched(zipped(("course.ipynb", honest())), 8, "<H", 1, local=6)


def _damaged() -> bytes:
    data = bytearray(zipped(("course.ipynb", honest())))
    data[60:90] = bytes(30)
    return bytes(data)


def _understated() -> bytes:
    """Says that it unpacks to 100 bytes, and would unpack to 60 MB."""
    return _patched(zipped(("course.ipynb", b" " * 60_000_000)), 24, "<I", 100, local=22)


def _overlapping() -> bytes:
    """Twenty entries that are all the same bytes."""
    data = zipped(("course.ipynb", honest()))
    directory, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    count = 20
    changed = bytearray(data[:directory] + data[directory:end] * count + data[end:])
    at = len(changed) - 22
    struct.pack_into("<HHI", changed, at + 8, count, count, (end - directory) * count)
    return bytes(changed)


def _long_directory() -> bytes:
    """Says that its directory has two gigabytes."""
    data = bytearray(zipped(("course.ipynb", honest())))
    struct.pack_into("<I", data, len(data) - 10, 2**31)
    return bytes(data)


def _method() -> bytes:
    return zipped(("course.ipynb", honest()), method=zipfile.ZIP_LZMA)


def _windows() -> bytes:
    data = zipped(("home/work/course.ipynb", honest()))
    return data.replace(b"home/work/", b"home\\work\\")


def _zip(
    name: str,
    tries: str,
    make: Callable[[], bytes],
    problem: str = "",
    ignored: str = "",
    flags: str = "",
    found: bool = True,
) -> Case:
    sources = {"sources": NOTHING} if problem else {}
    return Case(
        name=name, tries=tries, make=make, file="work.zip", problem=problem, ignored=frozenset(ignored.split()),
        flags=frozenset(flags.split()), found=found, **sources,
    )  # type: ignore[arg-type]  # the keywords are a Case's own  # fmt: skip


def _named(name: str) -> Callable[[], bytes]:
    return lambda: zipped((name, honest()))


CASES = [
    _zip("zip-honest", "nothing", _named("course.ipynb")),
    _zip("zip-in-folders", "nothing: folders that say nothing", _named("bob/week9/course.ipynb")),
    _zip("zip-from-windows", "backslashes for slashes", _windows),
    _zip("zip-dot-dot", "write outside", _named("../../ada/week1/course.ipynb"), ignored="unsafe-path", found=False),
    _zip("zip-dot-dot-inside", "the same, hidden", _named("a/../../course.ipynb"), ignored="unsafe-path", found=False),
    _zip(
        "zip-dot-dot-windows",
        "the same, by backslashes",
        _named("..\\..\\course.ipynb"),
        ignored="unsafe-path",
        found=False,
    ),
    _zip(
        "zip-absolute",
        "write to a place of the system",
        _named("/tmp/course.ipynb"),
        ignored="unsafe-path",
        found=False,
    ),
    _zip("zip-drive", "the same on Windows", _named("C:\\course.ipynb"), ignored="unsafe-path", found=False),
    _zip("zip-share", "another machine", _named("\\\\host\\share\\course.ipynb"), ignored="unsafe-path", found=False),
    _zip(
        "zip-long-name", "a name of 60,000 letters", _named("a" * 60_000 + ".ipynb"), ignored="unsafe-path", found=False
    ),
    _zip("zip-deep", "a path without end", _named("a/" * 400 + "course.ipynb"), "too deep"),
    _zip(
        "zip-link",
        "a link to a file of the system",
        lambda: zipped((_special("course.ipynb", stat.S_IFLNK), b"/etc/passwd")),
        "link",
    ),
    _zip("zip-device", "a device", lambda: zipped((_special("course.ipynb", stat.S_IFCHR), b"")), "device"),
    _zip("zip-encrypted", "make the reader ask for a password", _encrypted, "ncrypted"),
    _zip("zip-damaged", "bytes that do not unpack", _damaged, "amaged"),
    _zip(
        "zip-truncated",
        "an upload that broke off",
        lambda: _named("course.ipynb")()[:200],
        ignored="unreadable",
        found=False,
    ),
    _zip("zip-not-a-zip", "another file by that name", lambda: b"nothing", ignored="unreadable", found=False),
    _zip("zip-no-entries", "an empty archive", lambda: zipped(), found=False),
    _zip("zip-method", "a method that unpacks into borrowed memory", _method, "method"),
    _zip("zip-bomb", "60 MB of blanks in 60 kB", lambda: zipped(("course.ipynb", b" " * 60_000_000)), "times its size"),
    _zip(
        "zip-bomb-small",
        "19 MB of blanks, below the limit of one notebook",
        lambda: zipped(("course.ipynb", b" " * 19_000_000)),
        "times its size",
    ),
    _zip(
        "zip-bomb-stored",
        "21 MB as they are",
        lambda: zipped(("course.ipynb", b" " * 22_000_000), method=zipfile.ZIP_STORED),
        "too large",
    ),
    _zip("zip-understated", "say one size and have another", _understated, "amaged"),
    _zip(
        "zip-overlapping",
        "entries that share their bytes",
        _overlapping,
        "shares its bytes",
        "duplicate",
        "duplicate-notebook",
    ),
    _zip(
        "zip-many-entries",
        "2,100 entries",
        lambda: zipped(*((f"{n}.txt", b"") for n in range(2_100))),
        ignored="unreadable",
        found=False,
    ),
    _zip(
        "zip-many-notebooks",
        "60 notebooks",
        lambda: zipped(*((f"{n}.ipynb", honest()) for n in range(60))),
        ignored="limit",
        found=False,
    ),
    _zip("zip-long-directory", "a directory of two gigabytes", _long_directory, ignored="unreadable", found=False),
    _zip(
        "zip-in-zip",
        "an archive in an archive in an archive",
        lambda: zipped(("x.zip", _named("course.ipynb")())),
        ignored="archive",
        found=False,
    ),
    _zip(
        "zip-same-name-twice",
        "be read in one way here and in another there",
        lambda: zipped(("course.ipynb", honest()), ("course.ipynb", WRONG)),
        ignored="duplicate",
        flags="duplicate-notebook",
    ),
    _zip(
        "zip-resources",
        "nothing: what macOS packs beside",
        lambda: zipped(("course.ipynb", honest()), ("__MACOSX/._course.ipynb", b"x")),
        ignored="hidden",
    ),
    _zip(
        "zip-bad-utf-8",
        "a name that is no text",
        lambda: zipped(("c\u00f6urse.ipynb", honest())).replace(b"c\xc3\xb6", b"c\xff\xff"),
        ignored="unreadable",
        found=False,
    ),
    _zip("zip-escape-codes", "the terminal of whoever reads the log", _named("\x1b[2J\u202e\n.ipynb")),
]
