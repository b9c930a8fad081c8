"""Gradients on their way through the layers: where they vanish, where they explode, and how much they move."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import DataError

from .cells import draw_cells, name_rows, runs
from .picture import Picture
from .style import LIGHT, SERIES, elided, head, new_panel, plain_log_ticks, power_of_ten, room_for, spoken, styled

Floats = NDArray[np.float64]

USUAL_RATIO: Final = 1e-3
"""Size of an update over that of the weights that it moves, in a training that goes well: a rule of thumb."""
_COLUMNS: Final = 80
_LAYERS: Final = 40


@styled
def gradient_flow(
    norms: Mapping[str, ArrayLike],
    *,
    title: str = "gradient norm",
    weight_ratio: Mapping[str, ArrayLike] | None = None,
    steps: Sequence[float] | None = None,
    xlabel: str = "update",
) -> Picture:
    """Draw the norms of the layers' gradients over a run, and each layer's median, on one logarithmic scale.

    Args:
        norms: layer -> (steps,) norms, 0 or above, from the input's layer to the output's. What is not finite is
            marked with a cross, what is exactly 0 with a ring.
        title: of the first panel.
        weight_ratio: layer -> (n,) sizes of the updates over those of the weights; draws a panel with their medians
            and the line of the rule of thumb, 10⁻³. The layers of ``norms``, or some of them.
        steps: the numbers of the updates; by default 1, 2, ...
        xlabel: what a step is.

    Raises:
        DataError: no layer, more than 40, a norm below 0, layers of several lengths, or a ratio of an unknown layer.
    """
    table = _table(norms, steps)
    places = np.arange(1, table.shape[1] + 1, dtype=np.float64) if steps is None else np.asarray(steps, np.float64)
    names = list(norms)
    panels = [
        _over_steps(names, table, places, title, xlabel),
        _per_layer(names, table, "median and range"),
    ]
    said = [_flow(names, table)]
    if weight_ratio is not None:
        unknown = [name for name in weight_ratio if name not in norms]
        if unknown or not weight_ratio:
            raise DataError(
                f"ratios of {', '.join(map(repr, unknown)) or 'no layer'}",
                expected=f"layers among {', '.join(map(repr, names))}",
                mend="give norms and ratios by the same names",
            )
        ratios = _table(weight_ratio, None)
        panels.append(_per_layer(list(weight_ratio), ratios, "update over weight", usual=USUAL_RATIO))
        said.append(_ratios(list(weight_ratio), ratios))
    return Picture(
        panels,
        alt=f"Left: {title} of {len(names)} layers over {table.shape[1]} {xlabel}s, the more ink, the larger. "
        f"Right: median and range of each layer, from {names[0]} to {names[-1]}.",
        state=" ".join(said),
    )


def _table(norms: Mapping[str, ArrayLike], steps: Sequence[float] | None) -> Floats:
    rows = {name: np.atleast_1d(np.asarray(values, dtype=np.float64)) for name, values in norms.items()}
    shapes = {name: row.shape for name, row in rows.items()}
    wanted = next(iter(shapes.values()), (0,)) if steps is None else (len(steps),)
    if not 1 <= len(rows) <= _LAYERS or len(wanted) != 1 or wanted == (0,) or set(shapes.values()) != {wanted}:
        raise DataError(
            f"norms of the shapes {shapes}",
            expected=f"1 to {_LAYERS} layers of one shape (steps,)",
            mend="record one norm per layer and step",
        )
    table = np.stack(list(rows.values()))
    if (table < 0).any():
        raise DataError(
            f"a norm of {float(np.nanmin(table)):g}", expected="0 or above", mend="pass norms, and not their logarithms"
        )
    return table


def scale(values: Floats) -> tuple[float, float, int]:
    """Choose a scale of shades for positive finite numbers.

    Returns:
        The exponents of ten at its low end and of one level, and the number of levels: 1 to 12.
    """
    logs = np.log10(values) if len(values) else np.zeros(1)
    for width in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0):
        low = math.floor(float(logs.min()) / width + 1e-9) * width
        count = max(1, math.ceil((float(logs.max()) - low) / width - 1e-9))
        if count <= 12:
            break
    return low, width, count


def _over_steps(names: list[str], table: Floats, places: Floats, title: str, xlabel: str) -> Figure:
    left = room_for([elided(name) for name in names])
    figure, axes = new_panel(left=left, right=0.75, height=_height(len(names)))
    low, width, count = scale(table[np.isfinite(table) & (table > 0)])
    shown, edges, lost, none = _binned(table, places)
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = np.floor((np.log10(shown) - low) / width + 1e-9)
    levels = np.where(np.isfinite(shown) & (shown > 0), np.clip(levels, 0, count - 1), -1).astype(np.int64)
    shades = [0.08 + 0.92 * (level + 0.5) / count for level in range(count)]
    draw_cells(axes, levels, edges, shades)
    middles = (np.asarray(edges[1:]) + np.asarray(edges[:-1])) / 2
    for found, marker, colour in ((lost, "x", LIGHT["bad"]), (none, "o", LIGHT["soft"])):
        rows, columns = _thinned(found)
        axes.plot(middles[columns], rows, marker, ms=4, mfc="none", mec=colour, mew=1.2, ls="none")
    name_rows(axes, [elided(name) for name in names])
    axes.set_xlim(edges[0], edges[-1])
    head(axes, title)
    axes.set_xlabel(xlabel)
    if all(float(place).is_integer() for place in places):
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    _key(figure, axes, low, width, count, shades)
    return figure


def _thinned(found: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    """Rows and columns of marks: of a long run of them, as many as are told apart."""
    step = max(1, found.shape[1] // 20)
    marks = [(row, column) for row, line in enumerate(found) for start, stop in runs(line)
             for column in range(start + min(step, stop - start) // 2, stop, step)]  # fmt: skip
    return [row for row, _ in marks], [column for _, column in marks]


def _binned(table: Floats, places: Floats) -> tuple[Floats, list[float], NDArray[np.bool_], NDArray[np.bool_]]:
    """At most 80 columns: geometric means, their edges, and where something was not finite, and all was 0."""
    groups = np.array_split(np.arange(len(places)), min(len(places), _COLUMNS))
    shown, lost, none = (np.zeros((len(table), len(groups))) for _ in range(3))
    for column, group in enumerate(groups):
        part = table[:, group]
        usable = np.isfinite(part) & (part > 0)
        logs = np.log(np.where(usable, part, 1.0)).sum(1) / np.maximum(usable.sum(1), 1)
        shown[:, column] = np.where(usable.any(1), np.exp(logs), np.nan)
        lost[:, column] = (~np.isfinite(part)).any(1)
        none[:, column] = (part == 0).all(1)
    starts = [float(places[group[0]]) for group in groups]
    half = (float(places[-1]) - float(places[0])) / max(len(places) - 1, 1) / 2 or 0.5
    edges = [start - half for start in starts] + [float(places[-1]) + half]
    return shown, edges, lost > 0, none > 0


def _key(figure: Figure, axes: Any, low: float, width: float, count: int, shades: Sequence[float]) -> None:
    """The scale of shades, beside the table."""
    box = axes.get_position()
    key = figure.add_axes((box.x1 + 0.03, box.y0, 0.03, box.height))
    for level, shade in enumerate(shades):
        bottom = low + level * width
        key.axhspan(bottom, bottom + width, facecolor=LIGHT["series1"], alpha=shade, lw=0)
    high = low + count * width
    step = max(1, math.ceil((high - low) / 5))
    powers = [power for power in range(math.ceil(low), math.floor(high) + 1) if power % step == 0]
    # A scale within one decade has no whole power of ten: its two ends are said instead.
    places = [float(power) for power in powers] if len(powers) > 1 else [low, high]
    labels = [power_of_ten(float(f"{10.0**place:.2g}")) for place in places]
    key.set(ylim=(low, high), xlim=(0, 1))
    key.set_yticks(places, labels)
    key.yaxis.tick_right()
    key.yaxis.set_minor_locator(NullLocator())
    key.set_xticks([])
    key.grid(visible=False)
    key.tick_params(axis="y", length=2, labelsize=9)
    for spine in key.spines.values():
        spine.set_visible(False)


def _per_layer(names: list[str], table: Floats, title: str, *, usual: float | None = None) -> Figure:
    figure, axes = new_panel(left=room_for([elided(name) for name in names]), right=0.2, height=_height(len(names)))
    look = SERIES[0] if usual is None else SERIES[2]
    axes.set_xscale("log")
    for row, (values, median) in enumerate(zip(table, _medians(table), strict=True)):
        usable = values[np.isfinite(values) & (values > 0)]
        if len(usable):
            axes.plot([usable.min(), usable.max()], [row, row], color=look.colour, lw=2.2, alpha=0.5)
        if median > 0:
            axes.plot([median], [row], look.marker, ms=7, mfc=look.colour, mec=LIGHT["ground"], mew=0.8)
        elif len(usable):
            # Half of them and more are 0, which has no place on a logarithmic axis: a ring on its edge.
            axes.plot([0], [row], "o", ms=6, mfc="none", mec=LIGHT["bad"], mew=1.4, clip_on=False,
                      transform=axes.get_yaxis_transform())  # fmt: skip
            axes.tick_params(axis="y", pad=8)
        else:
            word = "always 0" if (values == 0).all() else "never finite"
            axes.annotate(word, (0, row), xycoords=("axes fraction", "data"), xytext=(4, 0),
                          textcoords="offset points", va="center", color=LIGHT["bad"], fontsize=9.5)  # fmt: skip
    name_rows(axes, [elided(name) for name in names])
    axes.grid(visible=True, axis="x")
    if usual is not None:
        axes.set_ylim(len(names) + 0.1, -0.5)  # a free row below, for the words
        axes.axvline(usual, color=LIGHT["ink"], ls=(0, (2, 1.5)), lw=1.3)
        axes.annotate(f"{power_of_ten(usual)}: usual", (usual, 0), xycoords=("data", "axes fraction"), xytext=(4, 4),
                      textcoords="offset points", fontsize=9.5, color=LIGHT["ink"])  # fmt: skip
    low, high = axes.get_xlim()
    if high / low < 10:
        middle = math.sqrt(low * high)
        axes.set_xlim(middle / 4, middle * 4)
    head(axes, title)
    plain_log_ticks(axes.xaxis)
    return figure


def _height(layers: int) -> float:
    return max(2.2, 0.95 + 0.24 * layers)


def _medians(table: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in table])


def _flow(names: list[str], table: Floats) -> str:
    medians = _medians(table)
    first, last = float(medians[0]), float(medians[-1])
    said = f"Median norm: {names[0]} {spoken(first)}"
    if len(names) > 1:
        said += f", {names[-1]} {spoken(last)}"
        if first > 0 and last > 0 and math.isfinite(first) and math.isfinite(last):
            ratio = max(first / last, last / first)
            times = f"{float(f'{ratio:.2g}'):,.0f}" if 10 <= ratio < 1e7 else spoken(ratio, 2)
            way = "alike" if ratio < 2 else f"{times} times {'less' if first < last else 'more'} at the input"
            said += f": {way}"
    said += "."
    if lost := int((~np.isfinite(table)).sum()):
        said += f" {lost} norms are not finite (crosses)."
    if none := int((table == 0).sum()):
        said += f" {none} norms are exactly 0 (rings)."
    return said


def _ratios(names: list[str], table: Floats) -> str:
    medians = _medians(table)
    usable = [(float(median), name) for median, name in zip(medians, names, strict=True) if math.isfinite(median)]
    if not usable:
        return "No ratio is finite."
    (least, slowest), (most, fastest) = min(usable), max(usable)
    return f"An update moves {slowest} by {spoken(least, 2)} of its size and {fastest} by {spoken(most, 2)} (medians)."
