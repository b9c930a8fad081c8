"""Loss surfaces over two parameters, as contours, and the paths that optimizers take on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import to_rgba
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import DataError

from .legends import add_legend
from .picture import Picture
from .style import LIGHT, SERIES, Series, head, new_panel, spoken, styled

Floats = NDArray[np.float64]
Surface = Callable[[Floats, Floats], Floats]

_GRID = 56


@dataclass(frozen=True)
class Path2D:
    """Where an optimizer was.

    Attributes:
        name: of the optimizer.
        points: (n, 2) floats, the start first; after a point that is not finite nothing is drawn.
        series: its look.
    """

    name: str
    points: Floats
    series: Series


@styled
def draw_surface(
    axes: Any,
    surface: Surface,
    *,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    minima: Sequence[tuple[float, float]] = (),
) -> None:
    """Draw contours of a loss on matplotlib axes: the more ink, the higher; minima as stars.

    The levels lie evenly in the square root of the loss above its least value: near a minimum that is evenly in
    distance, so that a valley's floor is as visible as its walls.

    Args:
        axes: matplotlib axes.
        surface: (x, y) arrays -> losses, elementwise.
        xlim: range of the first parameter.
        ylim: range of the second one.
        minima: where the least values are.
    """
    x, y = np.meshgrid(np.linspace(*xlim, _GRID), np.linspace(*ylim, _GRID))
    height = surface(x, y)
    height = np.sqrt(height - min(height.min(), *(float(surface(*map(np.asarray, at))) for at in (minima or [(0, 0)]))))
    levels = np.linspace(0, float(height.max()), 11)
    shades = [to_rgba(LIGHT["ink"], 0.02 + 0.22 * share) for share in np.linspace(0, 1, len(levels) - 1)]
    axes.contourf(x, y, height, levels, colors=shades)
    axes.contour(x, y, height, levels[1:], colors=[to_rgba(LIGHT["ink"], 0.28)], linewidths=0.6)
    for at in minima:
        axes.plot(*at, marker="*", ms=13, mfc=LIGHT["ground"], mec=LIGHT["ink"], mew=1, ls="none", zorder=4)
    axes.set(xlim=xlim, ylim=ylim, xlabel="parameter 1", ylabel="parameter 2")
    axes.grid(visible=False)


@styled
def draw_paths(axes: Any, paths: Sequence[Path2D]) -> None:
    """Draw paths with a dot at the common start and each one's marker at its end.

    Args:
        axes: matplotlib axes with a surface.
        paths: at most one per look.
    """
    for path in paths:
        points = finite_start(path.points)
        look = path.series
        axes.plot(points[:, 0], points[:, 1], color=look.colour, ls=look.dashes, lw=1.8, zorder=5)
        axes.plot(
            *points[-1], look.marker, ms=8, mfc=look.colour, mec=LIGHT["ground"], mew=1, zorder=6, label=path.name
        )
    if paths:
        axes.plot(*paths[0].points[0], "o", ms=6, mfc=LIGHT["ground"], mec=LIGHT["ink"], mew=1.4, zorder=7)


@styled
def trajectories(
    surface: Surface,
    paths: Mapping[str, ArrayLike],
    *,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    minima: Sequence[tuple[float, float]] = (),
    title: str = "paths on the loss surface",
) -> Picture:
    """Draw up to five optimizers' paths on a loss surface.

    Args:
        surface: (x, y) arrays -> losses, elementwise.
        paths: name -> (n, 2) points, the start first.
        xlim: range of the first parameter.
        ylim: range of the second one.
        minima: where the least values are.
        title: of the panel.

    Raises:
        DataError: more than five paths, or one that is not (n, 2) with n at least 1.
    """
    if len(paths) > len(SERIES):
        raise DataError(f"{len(paths)} paths", expected=f"at most {len(SERIES)}", mend="draw several panels")
    drawn = []
    for (name, given), series in zip(paths.items(), SERIES, strict=False):
        points = np.asarray(given, dtype=np.float64)
        if points.ndim != 2 or points.shape[1:] != (2,) or not len(points) or not np.isfinite(points[0]).all():
            raise DataError(
                f"the path {name!r} of shape {points.shape}",
                expected="(n, 2): two parameters per step, a finite start first",
                mend="stack the positions: np.stack(positions)",
            )
        drawn.append(Path2D(name, points, series))
    figure, axes = new_panel(left=0.78)
    draw_surface(axes, surface, xlim=xlim, ylim=ylim, minima=minima)
    draw_paths(axes, drawn)
    head(axes, title)
    if drawn:
        add_legend(figure, axes)
    ends = [(path.name, float(surface(*finite_start(path.points)[-1]))) for path in drawn]
    state = "; ".join(f"{name} ends at loss {spoken(loss)}" for name, loss in ends)
    return Picture(
        [figure], alt=f"Contours of a loss over two parameters, with paths of {', '.join(paths)}.", state=state
    )


def finite_start(points: Floats) -> Floats:
    """The points up to the first one that is not finite."""
    lost = ~np.isfinite(points).all(axis=1)
    return points[: int(lost.argmax())] if lost.any() else points
