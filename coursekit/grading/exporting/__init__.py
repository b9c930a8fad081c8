"""Grades for other systems: CSV, Canvas, Gradescope, nbgrader (docs/gradebook.md).

    from coursekit.grading.exporting import export

    with Gradebook("grades.db", create=False) as book:
        export(book.results(), "canvas", Path("canvas.csv"), adjustments=book.adjustments(), roster=Path("roster.csv"))

Names of students and assignments are whatever folders were called. None makes a file outside the target, takes the
place of another, or is a formula to a spreadsheet.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from coursekit.errors import unknown_name
from coursekit.grading.gradebook.marks import Adjustment
from coursekit.grading.results import Key, Result

FORMATS: Final = ("canvas", "csv", "gradescope", "nbgrader")
"""What ``export`` can write; each is the module of that name, with a function ``write``."""

__all__ = ["FORMATS", "export"]


def export(
    results: Iterable[Result],
    to: str,
    target: Path,
    *,
    adjustments: Mapping[Key, Adjustment] | None = None,
    **options: Any,
) -> list[Path]:
    """Write grades for another system.

    Args:
        results: as ``Gradebook.results`` gives them; one a key.
        to: one of ``FORMATS``.
        target: a file or a folder; each format says which. What is there is replaced, file by file, whole.
        adjustments: an instructor's points, as ``Gradebook.adjustments`` gives them; they count.
        options: of the format: see the function ``write`` of its module.

    Returns:
        The files that were written.

    Raises:
        ConfigurationError: a format or an option that is none.
        GradingError: a file that cannot be read or written, a name that the other system cannot take.
        MissingExtraError: nbgrader is not installed, for ``"nbgrader"``.
    """
    if to not in FORMATS:
        raise unknown_name("export format", to, FORMATS)
    module = importlib.import_module(f".{to}", __name__)
    write = cast("Callable[..., list[Path]]", module.write)
    known = [name for name, one in inspect.signature(write).parameters.items() if one.kind is one.KEYWORD_ONLY]
    for name in options:
        if name not in known:
            raise unknown_name(f"option of the export to {to}", name, {*known} - {"adjustments"})
    return write(list(results), Path(target), adjustments=adjustments or {}, **options)
