"""Figures of the course: one style, readable at a notebook's width, in both themes, each with its words.

Needs the extra ``lab`` (matplotlib). A figure is a :class:`Picture`: shown by a notebook as themed SVG, saved as SVG or
PNG, and described by its ``alt`` and ``state``.
"""

from __future__ import annotations

from coursekit._frameworks import require

require("matplotlib")

from .agreement import parity  # noqa: E402  (the missing extra is named before it is needed)
from .computation import graph  # noqa: E402  (as above)
from .curves import history_curves, lines, rate_curve  # noqa: E402  (as above)
from .distributions import bars, histogram  # noqa: E402  (as above)
from .elevation import slope, surface  # noqa: E402  (as above)
from .fold_map import folds  # noqa: E402  (as above)
from .gradients import gradient_flow  # noqa: E402  (as above)
from .image_grid import images  # noqa: E402  (as above)
from .picture import Picture, page_style  # noqa: E402  (as above)
from .run_grid import run_grid  # noqa: E402  (as above)
from .style import DARK, LIGHT, SERIES, Series, new_panel, styled  # noqa: E402  (as above)
from .surfaces import Path2D, draw_paths, draw_surface, trajectories  # noqa: E402  (as above)

__all__ = [
    "DARK",
    "LIGHT",
    "SERIES",
    "Path2D",
    "Picture",
    "Series",
    "bars",
    "draw_paths",
    "draw_surface",
    "folds",
    "gradient_flow",
    "graph",
    "histogram",
    "history_curves",
    "images",
    "lines",
    "new_panel",
    "page_style",
    "parity",
    "rate_curve",
    "run_grid",
    "slope",
    "styled",
    "surface",
    "trajectories",
]
