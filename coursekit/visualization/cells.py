"""Tables of shades: a row per layer or fold, a column per step or sample, the more ink, the more of it.

A shade is a palette colour at some opacity, so that a table follows the page's theme as every line does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from .style import LIGHT

Ints = NDArray[np.int64]
Rectangle = tuple[float, float, float, float]

CELL: Final = 0.43
"""Half the height of a row, of the distance between two rows."""


def draw_cells(axes: Any, levels: Ints, edges: Sequence[float], shades: Sequence[float], *, colour: str = "") -> None:
    """Draw a table of shades; row r lies around y = r.

    Neighbours of one level become one rectangle, and all rectangles of a level one path: the drawing stays small, and
    no hairlines show between the cells.

    Args:
        axes: matplotlib axes.
        levels: (rows, columns) int64: a position in ``shades``, or -1 for an empty cell.
        edges: columns + 1 ascending horizontal positions.
        shades: opacities in [0, 1], one per level.
        colour: of the palette; by default the first series'.
    """
    for level, shade in enumerate(shades):
        found = [
            (edges[start], row - CELL, edges[stop], row + CELL)
            for row, line in enumerate(levels == level)
            for start, stop in runs(line)
        ]
        if found:
            axes.add_patch(PathPatch(outline(found), facecolor=to_rgba(colour or LIGHT["series1"], shade), lw=0))


def runs(line: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where a line of truths is true: (start, stop) pairs, stop exclusive."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
    return [(int(start), int(stop)) for start, stop in zip(steps[::2], steps[1::2], strict=True)]


def outline(rectangles: Sequence[Rectangle]) -> Path:
    """One path around all rectangles (left, low, right, high)."""
    corners = [corner for x1, y1, x2, y2 in rectangles for corner in ((x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1))]
    return Path(corners, [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(rectangles))


def name_rows(axes: Any, names: Sequence[str]) -> None:
    """Put the names of the rows beside them, the first one on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
