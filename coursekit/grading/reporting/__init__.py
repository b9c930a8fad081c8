"""Static HTML of a graded class: a page for the instructor, and one for each student (docs/reports.md)."""

from __future__ import annotations

from .writing import write_report

__all__ = ["write_report"]
