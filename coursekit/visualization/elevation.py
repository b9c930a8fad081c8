"""The loss as elevation: the slope at a point, and a step along the negative gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from coursekit.errors import DataError

from .legends import add_legend
from .picture import Picture
from .style import LIGHT, MINUS, SERIES, head, new_panel, spoken, styled
from .surfaces import Surface, draw_surface

Floats = NDArray[np.float64]
Point = tuple[float, float]


@styled
def slope(
    f: Callable[[Floats], Floats],
    x: float,
    *,
    gradient: float | None = None,
    rate: float = 0.1,
    xlim: tuple[float, float] | None = None,
    title: str = "loss",
    xlabel: str = "parameter",
) -> Picture:
    """Draw a loss over one parameter, its tangent at a point, and one step of gradient descent from there.

    Args:
        f: (n,) parameters -> (n,) losses, elementwise.
        x: the parameter.
        gradient: df/dx at ``x``; by default a central difference.
        rate: learning rate: the step is -rate · gradient.
        xlim: range of the parameter; by default around the step.
        title: what the loss is.
        xlabel: what the parameter is.

    Raises:
        DataError: a loss that is not finite at ``x`` or where the step leads.
    """
    rise = _difference(f, x) if gradient is None else float(gradient)
    step = -rate * rise
    before, after = (float(np.asarray(f(np.array([at])), dtype=np.float64)[0]) for at in (x, x + step))
    if not all(map(math.isfinite, (rise, before, after))):
        raise DataError(
            f"a loss of {before:g} with slope {rise:g} at {x:g}, and {after:g} after the step",
            expected="finite numbers",
            mend="take another point, or a smaller rate",
        )
    reach = 1.8 * abs(step) or 1.0
    low, high = xlim or (min(x, x + step) - reach, max(x, x + step) + reach)
    grid = np.linspace(low, high, 201)
    losses = np.asarray(f(grid), dtype=np.float64)
    figure, axes = new_panel(left=0.7)
    axes.plot(grid, losses, color=SERIES[0].colour, label="loss")
    half = 0.22 * (high - low)
    ends = np.array([x - half, x + half])
    axes.plot(ends, before + rise * (ends - x), color=SERIES[1].colour, ls=SERIES[1].dashes, label="tangent")
    axes.plot([x + step, x + step], [before, after], color=LIGHT["soft"], lw=1, ls=(0, (2, 2)))
    _step(axes, (x, before), (x + step, before))
    _dots(axes, (x, before), [(x + step, after)])
    span = float(np.nanmax(losses) - np.nanmin(losses)) or 1.0
    axes.set(xlim=(low, high), ylim=(float(np.nanmin(losses)) - 0.08 * span, float(np.nanmax(losses)) + 0.08 * span))
    head(axes, title)
    axes.set_xlabel(xlabel)
    add_legend(figure, axes, loc="upper center")
    return Picture(
        [figure],
        alt=f"{title} over {xlabel}, with the tangent at {spoken(x)} and a step along the negative slope.",
        state=f"At {spoken(x)} the slope is {spoken(rise)}: the step {MINUS}{spoken(rate)} · {_bracketed(rise)} leads "
        f"to {spoken(x + step)}, and the loss {_change(before, after)}.",
    )


@styled
def surface(
    f: Surface,
    start: Point,
    *,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    gradient: Callable[[float, float], Point] | None = None,
    rate: float = 0.1,
    steps: int = 1,
    minima: Sequence[Point] = (),
    title: str = "loss as elevation",
    names: tuple[str, str] = ("parameter 1", "parameter 2"),
) -> Picture:
    """Draw a loss over two parameters as a map, with steps of gradient descent; and the height along the first step.

    Args:
        f: (x, y) arrays -> losses, elementwise.
        start: the two parameters.
        xlim: range of the first one.
        ylim: range of the second one.
        gradient: (x, y) -> (df/dx, df/dy); by default central differences.
        rate: learning rate: a step is -rate · gradient.
        steps: how many steps, 1 to 50.
        minima: where the least values are.
        title: of the map.
        names: of the two parameters.

    Raises:
        DataError: a start where the gradient is 0 or not finite, or a number of steps out of range.
    """
    if not 1 <= steps <= 50:
        raise DataError(f"{steps} steps", expected="1 to 50", mend="use trajectories() for long ways")
    uphill = gradient or (lambda x, y: (_difference(lambda at: f(at, np.full_like(at, y)), x),
                                        _difference(lambda at: f(np.full_like(at, x), at), y)))  # fmt: skip
    points = [np.asarray(start, dtype=np.float64)]
    for _ in range(steps):
        points.append(points[-1] - rate * np.asarray(uphill(*points[-1].tolist()), dtype=np.float64))
    first = np.asarray(uphill(*map(float, start)), dtype=np.float64)
    size = float(np.hypot(*first))
    if not (size > 0 and math.isfinite(size)):
        raise DataError(f"a gradient of size {size:g} at {start}", expected="a slope", mend="start beside the minimum")
    losses = [float(f(*np.asarray(point))) for point in points]
    figure, axes = new_panel(left=0.78)
    draw_surface(axes, f, xlim=xlim, ylim=ylim, minima=minima)
    _step(axes, tuple(points[0]), tuple(points[1]))
    # Later steps are short: heads of arrows would hide them.
    axes.plot(*np.stack(points[1:]).T, color=LIGHT["ink"], lw=1.3, zorder=5)
    _dots(axes, tuple(points[0]), [tuple(point) for point in points[1:]])
    head(axes, title)
    axes.set(xlabel=names[0], ylabel=names[1])
    more = f" After {steps} steps it is {spoken(losses[-1])}." if steps > 1 else ""
    where = ", ".join(spoken(float(one)) for one in start)
    return Picture(
        [figure, _along(f, points[0], first / size, rate * size, losses)],
        alt=f"Left: contours of a loss over {names[0]} and {names[1]}, the more ink, the higher, with {steps} "
        f"step{'s' if steps > 1 else ''} along the negative gradient. Right: the height along the first step.",
        state=f"At ({where}) the gradient is ({spoken(float(first[0]))}, {spoken(float(first[1]))}), of size "
        f"{spoken(size)}. The first step is {spoken(rate * size)} long, and the loss {_change(*losses[:2])}.{more}",
    )


def _along(f: Surface, start: Floats, uphill: Floats, length: float, losses: Sequence[float]) -> Figure:
    figure, axes = new_panel(left=0.7)
    ways = np.linspace(-0.35 * length, 2.2 * length, 161)
    heights = np.asarray(f(start[0] - ways * uphill[0], start[1] - ways * uphill[1]), dtype=np.float64)
    axes.plot(ways, heights, color=SERIES[0].colour, label="loss")
    rise = -_difference(lambda at: f(start[0] - at * uphill[0], start[1] - at * uphill[1]), 0.0)
    ends = np.array([-0.35 * length, 0.8 * length])
    axes.plot(ends, losses[0] - rise * ends, color=SERIES[1].colour, ls=SERIES[1].dashes, label="tangent")
    axes.plot([length, length], [losses[0], losses[1]], color=LIGHT["soft"], lw=1, ls=(0, (2, 2)))
    _step(axes, (0.0, losses[0]), (length, losses[0]))
    _dots(axes, (0.0, losses[0]), [(length, losses[1])])
    span = float(np.nanmax(heights) - np.nanmin(heights)) or 1.0
    axes.set(ylim=(float(np.nanmin(heights)) - 0.1 * span, float(np.nanmax(heights)) + 0.1 * span))
    axes.set(title="height along the first step", xlabel="way along the negative gradient")
    add_legend(figure, axes, loc="upper center")
    return figure


def _difference(f: Callable[[Floats], Floats], x: float) -> float:
    width = 1e-5 * (1 + abs(x))
    low, high = (float(np.asarray(f(np.array([at])), dtype=np.float64)[0]) for at in (x - width, x + width))
    return (high - low) / (2 * width)


def _step(axes: Any, start: tuple[float, ...], stop: tuple[float, ...]) -> None:
    look = {"arrowstyle": "-|>", "color": LIGHT["ink"], "lw": 1.6, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 12}
    axes.annotate("", stop, start, arrowprops=look, zorder=5)


def _dots(axes: Any, start: tuple[float, ...], later: Sequence[tuple[float, ...]]) -> None:
    """A ring where the way begins, a dot where each step leads."""
    axes.plot(*start, "o", ms=8, mfc=LIGHT["ground"], mec=LIGHT["ink"], mew=1.6, zorder=6)
    for at in later:
        axes.plot(*at, "o", ms=6 if at is later[0] else 4.5, mfc=LIGHT["ink"], mec=LIGHT["ground"], mew=0.8, zorder=6)


def _bracketed(value: float) -> str:
    return f"({spoken(value)})" if value < 0 else spoken(value)


def _change(before: float, after: float) -> str:
    if math.isclose(before, after, rel_tol=1e-9):
        return f"stays at {spoken(before)}"
    return f"{'falls' if after < before else 'RISES'} from {spoken(before)} to {spoken(after)}"
