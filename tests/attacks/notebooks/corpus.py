"""All cases, and how one is laid beside others' work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .course import ANSWERS

RIGHT = (ANSWERS["1.1"], ANSWERS["1.2"])
NOTHING = (None, None)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One hostile or mangled thing.

    Args:
        tries: what it is after.
        make: bytes of a notebook, or (with ``file`` another name) of another file.
        put: instead of ``make``: writes what it likes into the student's folder.
        file: the file's name in the student's assignment folder.
        flags: kinds of all flags that must come out, of the file and of its exercises.
        problem: a part of the submission's problem; empty where it must be readable.
        sources: what must be taken for the two exercises.
        found: whether there must be a submission at all.
        ignored: kinds of files that must be listed as not graded.
    """

    name: str
    tries: str
    make: Callable[[], bytes] | None = None
    put: Callable[[Path], None] | None = None
    file: str = "course.ipynb"
    flags: frozenset[str] = frozenset()
    problem: str = ""
    sources: tuple[str | None, str | None] = RIGHT
    found: bool = True
    ignored: frozenset[str] = frozenset()


def put(case: Case, folder: Path) -> None:
    """Lay a case into a student's assignment folder, which is made."""
    folder.mkdir(parents=True)
    if case.make is not None:
        (folder / case.file).write_bytes(case.make())
    if case.put is not None:
        case.put(folder)


def cases() -> list[Case]:
    from . import archives, cells, files, places

    return [*files.CASES, *cells.CASES, *places.CASES, *archives.CASES]
