"""How much of what was handed in is looked at. Nothing is cut at a bound: the file or cell is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from coursekit.errors import GradingError

MIB: Final = 1024 * 1024


class RefusedError(GradingError):
    """A file that is not read; ``given`` says why, in one sentence without the full stop."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Sizes in bytes unless another unit is named.

    Args:
        notebook_bytes: one notebook, unpacked. Larger ones are refused by their size, before they are read.
        source_bytes: the code of one exercise, as UTF-8.
        values: lists and objects in one notebook's JSON: what its memory depends on, more than on its bytes.
        cells: of one notebook.
        files: entries (files and folders) below one student's folder.
        folder_notebooks: notebooks of one student, over all assignments.
        depth: folders inside each other, below the folder that is graded.
        name_characters: a path inside an archive.
        archive_entries: entries of the archive that is graded.
        archive_bytes: size of a student's own archive.
        student_entries: entries of a student's own archive.
        student_notebooks: notebooks in it; each is found by opening the archive again.
        unpacked_bytes: notebooks of one archive together, unpacked: a student's own one.
        ratio: unpacked to packed size of one entry (of more than 1 MiB). Text reaches 20, zeros 1,000.
        listed: ignored files of one kind that are listed one by one; the rest is counted.
    """

    notebook_bytes: int = 20 * MIB
    source_bytes: int = 200_000
    values: int = 1_000_000
    cells: int = 5_000
    files: int = 5_000
    folder_notebooks: int = 200
    depth: int = 8
    name_characters: int = 1_000
    archive_entries: int = 200_000
    archive_bytes: int = 50 * MIB
    student_entries: int = 2_000
    student_notebooks: int = 50
    unpacked_bytes: int = 200 * MIB
    ratio: int = 200
    listed: int = 1_000


DEFAULT: Final = Bounds()
