"""Whose each file is, and whether it is a notebook: by its place and its name alone."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from coursekit.grading.results import Flag

from .archive import InnerMember, open_inner
from .bounds import Bounds, RefusedError
from .files import Entry
from .found import Found, Ignored
from .names import NOTEBOOK, Label, read_label, shown, shown_path, student_of_folder

_HIDDEN: Final = ("__MACOSX", "Thumbs.db", "desktop.ini")
_OTHER_ARCHIVES: Final = (".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zst")


class Sorter:
    """Sorts entries into notebooks and what is ignored."""

    def __init__(self, released: Collection[str], bounds: Bounds) -> None:
        self.released, self.bounds = released, bounds
        self.notebooks: list[Found] = []
        self.ignored: list[Ignored] = []
        self._count: Counter[str] = Counter()

    def ignore(self, path: str, kind: str, reason: str) -> None:
        """Note a file that is not graded."""
        self._count[kind] += 1
        if self._count[kind] <= self.bounds.listed:
            self.ignored.append(Ignored(path=path, kind=kind, reason=reason))

    def rest(self) -> Iterator[Ignored]:
        """One entry for each kind of which more were ignored than are listed."""
        for kind, count in sorted(self._count.items()):
            if count > self.bounds.listed:
                yield Ignored(path="...", kind=kind, reason=f"{count - self.bounds.listed:,} more of this kind")

    def take(self, entry: Entry) -> None:
        """Sort one entry of the folder or archive that is graded."""
        *folders, name = entry.parts
        path = shown_path(entry.parts)
        if is_hidden(entry.parts):
            self.ignore(path, "hidden", "belongs to a program or an operating system")
        elif NOTEBOOK.search(name) and entry.kind != "unsafe-path" and entry.kind != "elsewhere":
            self._notebook(entry, path, _label(folders, NOTEBOOK.sub("", name), self.released), len(folders))
        elif entry.refusal:
            self.ignore(path, entry.kind, entry.refusal)
        elif name.lower().endswith(".zip"):
            self._inner(entry, path, _label(folders, name[:-4], self.released))
        else:
            self._ignore_other(path, name)

    def _notebook(self, entry: Entry, path: str, label: Label, depth: int) -> None:
        if not label.student:
            self.ignore(path, "no-student", "neither its name nor a folder says whose it is")
            return
        flags = []
        if shown(label.student) != unicodedata.normalize("NFC", label.student):
            text = f"The student's name has unusual characters: {shown(label.student)}."
            flags.append(Flag(kind="odd-name", text=text))
        self.notebooks.append(
            Found(
                student=shown(label.student),
                assignment=shown(label.assignment),
                stem=label.stem,
                path=path,
                depth=depth,
                file=entry.file,
                refusal=entry.refusal,
                flags=tuple(flags),
            )
        )

    def _inner(self, entry: Entry, path: str, label: Label) -> None:
        """A student's own archive: its folders say nothing about student and assignment, its owner chose them."""
        if not label.student:
            self.ignore(path, "no-student", "neither its name nor a folder says whose it is")
            return
        try:
            archive = open_inner(entry.file, self.bounds)
        except RefusedError as error:
            self.ignore(path, "unreadable", error.given)
            return
        try:
            inner = list(archive.entries(self.bounds))
            notebooks = [one for one in inner if NOTEBOOK.search(one.parts[-1]) and not is_hidden(one.parts)]
            refusal = self._too_much(len(notebooks), sum(one.size for one in notebooks))
        finally:
            archive.close()
        if refusal:
            self.ignore(path, "limit", refusal)
            return
        for one in inner:
            where = f"{path}!{shown_path(one.parts)}"
            name = one.parts[-1]
            if is_hidden(one.parts):
                self.ignore(where, "hidden", "belongs to a program or an operating system")
            elif NOTEBOOK.search(name) and one.kind != "unsafe-path":
                stem = NOTEBOOK.sub("", name)
                own = Label(label.student, label.assignment, read_label(stem, self.released).stem)
                file = InnerMember(entry.file, one.number, self.bounds)
                self._notebook(Entry(one.parts, file, one.refusal, one.kind), where, own, len(one.parts))
            elif one.refusal:
                self.ignore(where, one.kind, one.refusal)
            elif name.lower().endswith(".zip"):
                self.ignore(where, "archive", "an archive in a student's archive")
            else:
                self._ignore_other(where, name)

    def _too_much(self, notebooks: int, total: int) -> str:
        if notebooks > self.bounds.student_notebooks:
            return f"an archive of {notebooks:,} notebooks, and {self.bounds.student_notebooks} are read"
        if total > self.bounds.unpacked_bytes:
            return f"an archive whose notebooks unpack to {total:,} bytes, and {self.bounds.unpacked_bytes:,} are read"
        return ""

    def _ignore_other(self, path: str, name: str) -> None:
        if name.lower().endswith(_OTHER_ARCHIVES):
            self.ignore(path, "archive", "an archive, but not a zip archive")
        else:
            self.ignore(path, "other", "not a notebook")


def _label(folders: list[str], stem: str, released: Collection[str]) -> Label:
    """Whose it is, by its folders if there are any, else by its name."""
    if not folders:
        return read_label(stem, released)
    student = student_of_folder(folders[0])
    assignment = folders[1] if len(folders) > 1 else ""
    return Label(student, assignment, read_label(stem, released).stem)


def is_hidden(parts: Iterable[str]) -> bool:
    """Whether a path belongs to a program or an operating system."""
    return any((part.startswith(".") and part != "..") or part in _HIDDEN for part in parts)
