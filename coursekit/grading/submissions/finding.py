"""Which notebooks were handed in, by whom: the layouts of docs/submissions.md, in a folder or in an archive.

Only names and sizes are looked at here, and the directories of archives; what a notebook says is read later.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from coursekit.errors import GradingError
from coursekit.grading.results import Flag

from .archive import Archive
from .bounds import DEFAULT, Bounds, RefusedError
from .files import DiskFile, Entry, walk
from .found import Finding, Found
from .names import NOTEBOOK, folded
from .sorting import Sorter, is_hidden

SUBMITTED: Final = "submitted"
BESIDE: Final = f"stands beside the folder {SUBMITTED}"


def find(path: Path, released: Collection[str], bounds: Bounds = DEFAULT) -> Finding:
    """Find the notebooks that were handed in.

    Args:
        path: nbgrader's ``submitted`` or the folder that holds it, a folder of students' folders, a folder of
            notebooks, a zip archive of one of these, or one notebook.
        released: names of the released notebooks (or the mapping that ``read_released`` gives).
        bounds: how much is looked at.

    Raises:
        GradingError: nothing is there, it is neither folder nor archive, or no notebook is in it. Nothing that is
            *inside* makes this raise.
    """
    archive = None
    try:
        if path.is_dir():
            entries: Iterable[Entry] = _entries_of_folder(path, bounds)
        elif path.is_file() and NOTEBOOK.search(path.name):
            entries = [Entry((path.name,), DiskFile(path.resolve()))]
        elif path.is_file() and zipfile.is_zipfile(path):
            archive = Archive(path.open("rb"), entries=bounds.archive_entries)
            entries = _without_wrapper(list(archive.entries(bounds)), path.stem)
        else:
            raise GradingError(
                f"{path}, which is {'no folder and no zip archive' if path.exists() else 'not there'}",
                expected="what was handed in: a folder, a zip archive or a notebook",
                mend="give the path of the folder that holds the students' folders or notebooks",
            )
        found = _sorted(entries, released, bounds, archive)
    except RefusedError as error:
        raise GradingError(
            f"{path}: {error.given}", expected="an archive that can be read", mend="unpack it and give the folder"
        ) from error
    except OSError as error:
        raise GradingError(f"{path} ({error})", expected="a folder or archive that can be read") from error
    if not found.notebooks:
        if archive is not None:
            archive.close()
        told = "; ".join(f"{one.path}: {one.reason}" for one in found.ignored[:3])
        raise GradingError(
            f"no notebook in {path}" + (f" ({told})" if told else ""),
            expected="notebooks named after students, or in students' folders",
            mend="see docs/submissions.md for the layouts that are read",
        )
    return found


def _entries_of_folder(path: Path, bounds: Bounds) -> Iterator[Entry]:
    inner = path / SUBMITTED
    if path.name == SUBMITTED or not inner.is_dir() or inner.is_symlink():
        yield from walk(path, bounds)
        return
    yield from walk(inner, bounds)
    # nbgrader's course folder: what stands beside is the course's own, and full of notebooks.
    for beside in sorted(path.iterdir()):
        if beside.name != SUBMITTED:
            yield Entry((beside.name,), DiskFile(beside), BESIDE, "elsewhere")


def _without_wrapper(entries: list[Entry], stem: str) -> list[Entry]:
    """Without the folder that was packed as a whole: one named like the archive, or nbgrader's."""
    for wrapper in (stem, SUBMITTED):
        inside = [entry for entry in entries if len(entry.parts) > 1 and entry.parts[0] == wrapper]
        outside = [entry for entry in entries if not (len(entry.parts) > 1 and entry.parts[0] == wrapper)]
        hidden = all(is_hidden(entry.parts) or entry.refusal for entry in outside)
        if inside and (hidden or wrapper == SUBMITTED):
            beside = [entry if hidden else Entry(entry.parts, entry.file, BESIDE, "elsewhere") for entry in outside]
            stripped = [Entry(entry.parts[1:], entry.file, entry.refusal, entry.kind) for entry in inside]
            entries = [*stripped, *beside]
    return entries


def _sorted(entries: Iterable[Entry], released: Collection[str], bounds: Bounds, archive: Archive | None) -> Finding:
    sorter = Sorter(released, bounds)
    for entry in entries:
        sorter.take(entry)
    notebooks = sorted(_few_enough(sorter), key=lambda one: (one.student, one.assignment, one.path))
    ignored = (*sorted(sorter.ignored), *sorter.rest())
    return Finding(tuple(_mark_similar(notebooks)), ignored, archive)


def _few_enough(sorter: Sorter) -> Iterator[Found]:
    """The notebooks of those who handed in no more than can be read; the reader's time is everybody's."""
    count = Counter(one.student for one in sorter.notebooks)
    for one in sorter.notebooks:
        if count[one.student] <= sorter.bounds.folder_notebooks:
            yield one
        else:
            reason = f"one of {count[one.student]:,} notebooks of this student; none of them is read"
            sorter.ignore(one.path, "limit", reason)


def _mark_similar(notebooks: list[Found]) -> Iterator[Found]:
    """Flag students whose names differ in letter case alone: two of them, or one who was written in two ways."""
    spellings: dict[str, set[str]] = {}
    for one in notebooks:
        spellings.setdefault(folded(one.student), set()).add(one.student)
    for one in notebooks:
        others = sorted(spellings[folded(one.student)] - {one.student})
        if others:
            text = f"Another student's name differs in letter case alone: {', '.join(others[:3])}."
            flag = Flag(kind="similar-name", text=text)
            one = replace(one, flags=(*one.flags, flag))
        yield one
