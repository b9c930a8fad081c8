"""What was found in a folder or archive: notebooks with their owners, and the files that are not graded."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType

from coursekit.grading.results import Flag

from .archive import Archive
from .files import File


@dataclass(frozen=True, kw_only=True)
class Found:
    """A notebook that was handed in, not yet read.

    Args:
        student: who, as it is safe to print and store.
        assignment: of nbgrader's layout or the file's name; empty where neither says it.
        stem: the file's name without the student's and without ``.ipynb``: it may name the released notebook.
        path: where it stands, for people; safe to print.
        depth: how many folders below the student's it stands.
        file: where its bytes are read.
        refusal: why it must not be read; empty where it may.
        flags: what is odd about its place or name.
    """

    student: str
    assignment: str
    stem: str
    path: str
    depth: int
    file: File
    refusal: str = ""
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, kw_only=True, order=True)
class Ignored:
    """A file that is not graded.

    Args:
        path: where it stands; safe to print.
        kind: ``"other"`` (no notebook), ``"hidden"``, ``"link"``, ``"special"``, ``"unreadable"``, ``"unsafe-path"``,
            ``"limit"``, ``"archive"``, ``"no-student"``, ``"no-notebook"``, ``"duplicate"``, ``"elsewhere"``.
        reason: in a sentence without its full stop.
    """

    path: str
    kind: str
    reason: str


@dataclass
class Finding:
    """All that was found; close it when the notebooks have been read, or use it in a ``with`` statement.

    Args:
        notebooks: by student, assignment and path.
        ignored: every other file, so that nothing is lost without a word. Of one kind, at most ``Bounds.listed``
            are listed; the last one then tells how many more there are.
    """

    notebooks: tuple[Found, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    archive: Archive | None = field(default=None, repr=False)

    def close(self) -> None:
        """Close the archive, if it is one."""
        if self.archive is not None:
            self.archive.close()

    def __enter__(self) -> Finding:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Close the archive."""
        self.close()
