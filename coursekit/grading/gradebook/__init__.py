"""The gradebook: every grade of a class in one SQL database (docs/gradebook.md). Loads SQLAlchemy when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit._frameworks import require

from .marks import Adjustment, Total

if TYPE_CHECKING:
    from .book import Gradebook

__all__ = ["Adjustment", "Gradebook", "Total"]


def __getattr__(name: str) -> Any:
    if name == "Gradebook":
        require("sqlalchemy")
        from .book import Gradebook

        return Gradebook
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
