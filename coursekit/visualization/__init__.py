"""Figures of the course: one style, readable at a notebook's width, in both themes, each with its words.

Needs the extra ``lab`` (matplotlib). A figure is a :class:`Picture`: shown by a notebook as themed SVG, saved as SVG or
PNG, and described by its ``alt`` and ``state``.
"""

from __future__ import annotations

from coursekit._frameworks import require

require("matplotlib")

from .curves import history_curves, lines, rate_curve  # noqa: E402  (the missing extra is named before it is needed)
from .picture import Picture, page_style  # noqa: E402  (as above)
from .style import DARK, LIGHT, SERIES, Series, new_panel, styled  # noqa: E402  (as above)
from .surfaces import Path2D, draw_paths, draw_surface, trajectories  # noqa: E402  (as above)

__all__ = [
    "DARK",
    "LIGHT",
    "SERIES",
    "Path2D",
    "Picture",
    "Series",
    "draw_paths",
    "draw_surface",
    "history_curves",
    "lines",
    "new_panel",
    "page_style",
    "rate_curve",
    "styled",
    "trajectories",
]
