"""Writing a report's files: whole or not at all, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from coursekit._whole_files import write_whole
from coursekit.errors import GradingError
from coursekit.grading.gradebook.marks import Adjustment
from coursekit.grading.results import Key, Result

from .classroom import Classroom
from .pages import STUDENTS, Page, class_page, student_page

_MARK: Final = '<meta name="generator" content="coursekit report: {path}">'
"""Stands in every page with the page's own path: a copy under another name, or another program's page, is not ours."""
_HEAD: Final = 2048


def write_report(
    results: Sequence[Result],
    folder: Path,
    *,
    title: str = "Class report",
    adjustments: Mapping[Key, Adjustment] | None = None,
) -> Path:
    """Write the pages of a class as static HTML that makes no request to anywhere.

    ``index.html`` is for the instructor, ``students/<name>.html`` for each student. The same results give the same
    bytes, in whatever order they come; of two results for the same place in the gradebook the later one counts. Pages
    of students who are no longer among the results are removed.

    Args:
        results: graded exercises, of any number of students.
        folder: is made where it is missing.
        title: of the class page; stands on the students' pages, too.
        adjustments: an instructor's points, as ``Gradebook.adjustments`` gives them; they count, and each is shown with
            its reason.

    Returns:
        The path of ``index.html``.

    Raises:
        GradingError: a file stands in a page's place that is none of ours, or the folder cannot be written.
        MissingExtraError: jinja2 is not installed.
    """
    folder = Path(folder)
    classroom = Classroom(results, adjustments)
    try:
        (folder / STUDENTS).mkdir(parents=True, exist_ok=True)
        kept = set()
        for student in classroom.students:
            page = student_page(classroom, student, title)
            kept.add(_write(folder, page).name)
        index = _write(folder, class_page(classroom, title))
        # Last: while the former class page is still there, what it links to is, too.
        _remove_former(folder, kept)
    except OSError as error:
        raise GradingError(
            f"{error.filename or folder} cannot be written ({error.strerror})",
            expected="a folder to write the report into",
            mend="choose another folder, or make room on this one",
        ) from error
    return index


def _write(folder: Path, page: Page) -> Path:
    path = folder / page.path
    if path.is_symlink() or (path.exists() and not _ours(path, page.path)):
        raise GradingError(
            f"{path} was not written by coursekit",
            expected="a folder that is empty or holds a former report",
            mend="choose another folder, or move that file away",
        )
    # Every character that UTF-8 cannot write was made visible before; "replace" is for those nobody thought of.
    data = page.text.encode("utf-8", "replace")
    write_whole(path, data, flush=False)  # written again at any time; a class has hundreds
    return path


def _remove_former(folder: Path, kept: set[str]) -> None:
    for path in sorted((folder / STUDENTS).glob("*.html")):
        former = path.name not in kept and path.is_file() and not path.is_symlink()
        if former and _ours(path, f"{STUDENTS}/{path.name}"):
            path.unlink()


def _ours(path: Path, named: str) -> bool:
    with path.open("rb") as file:
        return _MARK.format(path=named).encode() in file.read(_HEAD)
