"""Names of curves: inside a panel where there is room, below it where there is none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_LINE = 0.23  # inches


def add_legend(figure: Figure, axes: Any, **options: Any) -> None:
    """Name the curves of a panel's only axes. Where the names would lie on a curve, the panel grows and has them below.

    Args:
        figure: with fixed margins, as ``new_panel`` makes it; all curves and limits set.
        axes: of the figure.
        options: of matplotlib's ``Axes.legend``.
    """
    legend = axes.legend(**options)
    canvas: Any = FigureCanvasAgg(figure)
    axes.autoscale_view()  # otherwise put off until it is drawn: the curves would not be where they will be
    box = legend.get_window_extent(canvas.get_renderer())
    if any(_crosses(line, box) for line in axes.lines):
        handles, names = legend.legend_handles, [text.get_text() for text in legend.get_texts()]
        legend.remove()
        legend_below(figure, axes, handles, names)


def legend_below(figure: Figure, axes: Any, handles: list[Any], names: list[str]) -> None:
    """Put names below a panel, which grows by the room that they need; its axes keep their size."""
    rows, columns = arrange(names, float(figure.get_size_inches()[0]))
    (width, height), box = figure.get_size_inches(), axes.get_position()
    grown = height + rows * _LINE
    figure.set_size_inches(width, grown)
    axes.set_position((box.x0, (box.y0 * height + rows * _LINE) / grown, box.width, box.height * height / grown))
    figure.legend(handles, names, loc="lower left", ncols=columns, columnspacing=1.2)


def arrange(names: list[str], width: float) -> tuple[int, int]:
    """(rows, columns) that a legend of these names takes in a panel of this width, in inches."""
    columns = max(1, min(len(names), int((width - 0.1) / (0.62 + 0.078 * max(map(len, names))))))
    rows = math.ceil(len(names) / columns)
    return rows, math.ceil(len(names) / rows)


def _crosses(line: Any, box: Any) -> bool:
    """Whether a curve, or one of its points, lies in a box on the screen."""
    path = line.get_path().transformed(line.get_transform())
    points = path.vertices[np.isfinite(path.vertices).all(axis=1)]
    if not len(points):
        return False
    return bool(box.count_contains(points)) or bool(len(points) > 1 and path.intersects_bbox(box, filled=False))
