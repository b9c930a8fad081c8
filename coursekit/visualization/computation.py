"""A small computational graph: numbers forward, gradients back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from coursekit.errors import DataError

from .picture import Picture
from .style import LIGHT, spoken, styled

Number = float | str | None
Edge = tuple[str, str] | tuple[str, str, str]

_MOST: Final = 24
_BOX, _ACROSS, _DOWN = 0.66, 0.42, 0.3  # inches: height of a box, gaps between columns and rows
_LETTER: Final = 0.082
_Waypoint = tuple[str, str, int]  # where an edge passes through a column


@dataclass(frozen=True)
class _Plan:
    """Columns of nodes and waypoints, from the inputs to the outputs, in the order from top to bottom."""

    columns: list[list[Any]]
    links: list[tuple[Any, Any]]  # between neighbouring columns


@styled
def graph(
    nodes: Mapping[str, tuple[Number, Number]], edges: Sequence[Edge], *, title: str = "", output: str = ""
) -> Picture:
    """Draw a computational graph: each node with its forward value and the gradient of the output with respect to it.

    Args:
        nodes: name -> (value, gradient): numbers, words such as a shape, or None for nothing. A name may be a formula:
            "z = w·x + b".
        edges: (from, to) or (from, to, local derivative in words).
        title: of the whole.
        output: what the gradients are of; by default the last node.

    Raises:
        DataError: no node, more than 24, an edge from or to nowhere, or a circle.
    """
    if not 1 <= len(nodes) <= _MOST:
        raise DataError(f"{len(nodes)} nodes", expected=f"1 to {_MOST}", mend="draw a smaller graph")
    for one in edges:
        if one[0] not in nodes or one[1] not in nodes:
            raise DataError(f"an edge {one[0]!r} to {one[1]!r}", expected=f"nodes among {', '.join(map(repr, nodes))}")
    top = output or list(nodes)[-1]
    texts = {name: _lines(name, value, gradient) for name, (value, gradient) in nodes.items()}
    labels = {(one[0], one[1]): (one[2] if len(one) == 3 else "") for one in edges}
    plan = _plan(list(nodes), list(labels))
    places, widths, size = _place(plan, texts, labels, 0.4 if title else 0.1)
    figure = Figure(figsize=size)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0))
    axes.set_axis_off()
    if title:
        axes.text(0.12, 0.24, title, fontsize=11, fontweight="bold", color=LIGHT["ink"])
    for (start, stop), label in labels.items():
        _arrow(axes, start, stop, label, plan, places, widths)
    for name, lines in texts.items():
        _node(axes, places[name], widths[name], lines)
    ways = "; ".join(f"{start} to {stop}{f' ({label})' if label else ''}" for (start, stop), label in labels.items())
    said = [f"{name}: {', '.join(text for text, _ in lines[1:])}" for name, lines in texts.items()]
    return Picture(
        [figure],
        alt=f"{title + ': a' if title else 'A'} graph of {len(nodes)} nodes; arrows from {ways}."
        if labels
        else f"A graph of {len(nodes)} nodes.",
        state=f"Values run forward; gradients of {top} run back. {'; '.join(said)}.",
    )


def _number(value: Number) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else spoken(float(value), 4)


def _lines(name: str, value: Number, gradient: Number) -> list[tuple[str, str]]:
    lines = [(name, LIGHT["ink"])]
    if value is not None:
        lines.append((f"value {_number(value)}", LIGHT["series1"]))
    if gradient is not None:
        lines.append((f"gradient {_number(gradient)}", LIGHT["series2"]))
    return lines


def _plan(names: list[str], pairs: list[tuple[str, str]]) -> _Plan:
    """Put each node as late as it can stand, so that an input stands beside its use, and few arrows are long."""
    after: dict[str, list[str]] = {name: [stop for start, stop in pairs if start == name] for name in names}
    depth: dict[str, int] = {}

    def measure(name: str, seen: tuple[str, ...]) -> int:
        if name in seen:
            raise DataError(
                f"a circle: {' -> '.join((*seen[seen.index(name) :], name))}",
                expected="arrows that never come back",
                mend="unroll it: a node for each step",
            )
        if name not in depth:
            depth[name] = max((measure(one, (*seen, name)) + 1 for one in after[name]), default=0)
        return depth[name]

    last = max(measure(name, ()) for name in names)
    columns: list[list[Any]] = [[name for name in names if last - depth[name] == column] for column in range(last + 1)]
    links: list[tuple[Any, Any]] = []
    for start, stop in pairs:
        chain: list[Any] = [start]
        for column in range(last - depth[start] + 1, last - depth[stop]):
            columns[column].append(way := (start, stop, column))
            chain.append(way)
        links += zip(chain, [*chain[1:], stop], strict=True)
    for sweep in range(6):
        _sort(columns, links, forward=sweep % 2 == 0)
    return _Plan(columns, links)


def _sort(columns: list[list[Any]], links: list[tuple[Any, Any]], *, forward: bool) -> None:
    """Order each column by the mean place of its neighbours in the one before it: fewer crossings."""
    order = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
    for column in order:
        known = columns[column - 1 if forward else column + 1]
        height = {one: place - (len(known) - 1) / 2 for place, one in enumerate(known)}

        def middle(one: Any, height: dict[Any, float] = height, column: int = column) -> float:
            near = [
                height[a if forward else b]
                for a, b in links
                if (b if forward else a) == one and (a if forward else b) in height
            ]
            own = columns[column].index(one) - (len(columns[column]) - 1) / 2
            return sum(near) / len(near) if near else own

        columns[column] = sorted(columns[column], key=middle)


def _place(
    plan: _Plan, texts: Mapping[str, list[tuple[str, str]]], labels: Mapping[tuple[str, str], str], top: float
) -> tuple[dict[Any, tuple[float, float]], dict[Any, float], tuple[float, float]]:
    """Centres of nodes and waypoints, widths of nodes, and the size of the whole, in inches."""
    widths = {name: 0.16 + _LETTER * max(len(text) for text, _ in lines) for name, lines in texts.items()}
    tall = max(map(len, plan.columns))
    height = top + tall * (_BOX + _DOWN)
    places: dict[Any, tuple[float, float]] = {}
    right = 0.1
    for index, column in enumerate(plan.columns):
        wide = max((widths[one] for one in column if isinstance(one, str)), default=0.3)
        for row, one in enumerate(column):
            down = top + (row + 0.5 + (tall - len(column)) / 2) * (_BOX + _DOWN)
            places[one] = (right + wide / 2, down)
        right += wide
        if index < len(plan.columns) - 1:
            here = [labels[_pair(a, b)] for a, b in plan.links if a in column]
            right += max(_ACROSS, 0.3 + _LETTER * max(map(len, here), default=0))
    return places, widths, (max(right + 0.1, 3.0), height)


def _pair(start: Any, stop: Any) -> tuple[str, str]:
    """The edge that a link between neighbouring columns belongs to."""
    return (
        start if isinstance(start, str) else start[0],
        stop if isinstance(stop, str) else stop[1],
    )


def _arrow(
    axes: Any,
    start: str,
    stop: str,
    label: str,
    plan: _Plan,
    places: Mapping[Any, tuple[float, float]],
    widths: Mapping[Any, float],
) -> None:
    ways = sorted(
        (one for column in plan.columns for one in column if one[:2] == (start, stop)), key=lambda one: one[2]
    )
    points = [(places[start][0] + widths[start] / 2 + 0.02, places[start][1])]
    points += [places[one] for one in ways]
    points += [(places[stop][0] - widths[stop] / 2 - 0.03, places[stop][1])]
    codes = [Path.MOVETO] + [Path.LINETO] * (len(points) - 1)
    axes.add_patch(
        FancyArrowPatch(
            path=Path(points, codes), arrowstyle="-|>", mutation_scale=10, lw=1.2, color=LIGHT["soft"], zorder=2
        )
    )
    if label:
        (x1, y1), (x2, y2) = points[:2]
        # On a ground of its own: the words interrupt their arrow, and belong to no other.
        ground = {"facecolor": LIGHT["ground"], "edgecolor": "none", "pad": 1.2}
        axes.text((x1 + x2) / 2 - 0.02, (y1 + y2) / 2, label, ha="center", va="center", fontsize=9.5,
                  color=LIGHT["ink"], zorder=2.5, bbox=ground)  # fmt: skip


def _node(axes: Any, at: tuple[float, float], width: float, lines: list[tuple[str, str]]) -> None:
    x, y = at
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - _BOX / 2), width, _BOX, boxstyle="round,pad=0,rounding_size=0.07",
            facecolor=LIGHT["ground"], edgecolor=LIGHT["soft"], lw=1.1, zorder=3,
        )
    )  # fmt: skip
    for row, (text, colour) in enumerate(lines):
        down = y + (row - (len(lines) - 1) / 2) * 0.19
        weight = "bold" if row == 0 else "normal"
        axes.text(x, down, text, ha="center", va="center", fontsize=10, fontweight=weight, color=colour, zorder=4)
