"""Grading a class: every exercise of every submission, in sandboxes, interrupted at any moment and resumed.

    summary = grade(Path("submitted"), Path("graded"), workers=4)

What is handed in becomes jobs (`planning`); one function (`job.grade_job`) turns a job into a result, here in threads
(`executors`) or on a Dask cluster; results go to a ledger first (`ledger`), then to the gradebook (`grade`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .grade import Summary, grade

__all__ = ["Summary", "grade"]


def __getattr__(name: str) -> object:
    # Lazily: a Dask worker imports this package for one function of it.
    if name in __all__:
        from . import grade as module

        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
