"""Numbers beside each other: bars for a few, histograms for many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, cast

import numpy as np
from matplotlib.patches import Patch
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import DataError

from .legends import add_legend, arrange
from .picture import Picture
from .style import LIGHT, MINUS, SERIES, WIDTH, elided, head, new_panel, plain_log_ticks, room_for, spoken, styled

Floats = NDArray[np.float64]
Bars = Mapping[str, float] | Mapping[str, Mapping[str, float]]

_ROWS: Final = 40
_HATCHES: Final = ("", "////", "....", "xxxx", "----")


@styled
def bars(values: Bars, *, title: str, ylabel: str = "", log: bool = False) -> Picture:
    """Draw a few numbers as bars, lying, so that their names can be read; each bar says its number.

    Args:
        values: name -> number, or group -> name -> number: then a name has one look in all groups. A number that is
            not finite is said in words.
        title: what is compared.
        ylabel: what the numbers are, with their unit.
        log: logarithmic axis. A bar has no foot there, so that dots are drawn.

    Raises:
        DataError: nothing to draw, more than 40 bars, more than five names in groups, numbers and groups mixed, or
            a number that is not above 0 on a logarithmic axis.
    """
    groups = _groups(values, log)
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    grouped = any(groups)
    rows = _places(groups)
    labels = list(groups) if grouped else names
    left = room_for([elided(label, 24) for label in labels])
    entries = arrange(names, WIDTH)[0] if grouped else 0
    height = 0.96 + 0.27 * (max(rows.values()) + 1) + 0.28 * entries
    figure, axes = new_panel(
        left=left, right=0.2, height=max(1.6, height), bottom=(0.5 if ylabel else 0.32) + 0.28 * entries
    )
    lengths: Any = {key: float(groups[key[0]][key[1]]) for key in rows}
    for (group, name), row in rows.items():
        _bar(axes, row, lengths[group, name], names.index(name) if grouped else 0, log=log)
    ticks = [float(np.mean([row for (group, _), row in rows.items() if group == one])) for one in groups]
    axes.set_yticks(ticks if grouped else list(rows.values()), [elided(label, 24) for label in labels])
    axes.set_ylim(max(rows.values()) + 0.7, -0.7)
    _frame(axes, [length for length in lengths.values() if math.isfinite(length)], log=log)
    head(axes, title)
    axes.set_xlabel(ylabel)
    if grouped:
        handles = [_handle(index, log=log) for index in range(len(names))]
        figure.legend(handles, names, loc="lower left", ncols=math.ceil(len(names) / entries), columnspacing=1.2)
    what = "dots on a logarithmic axis" if log else "bars"
    said = [
        (f"{group}: " if grouped else "")
        + ", ".join(f"{name} {_number(float(value))}" for name, value in inner.items())
        for group, inner in groups.items()
    ]
    return Picture(
        [figure],
        alt=f"{title}{f', {ylabel}' if ylabel else ''}, as {what}: {', '.join(labels)}"
        + (f"; in each {', '.join(names)}." if grouped else "."),
        state="; ".join(said) + ".",
    )


def _groups(values: Bars, log: bool) -> dict[str, dict[str, float]]:
    nested = {isinstance(value, Mapping) for value in values.values()}
    given: dict[str, Mapping[str, float]] = (
        {"": cast("Mapping[str, float]", values)} if nested == {False} else dict(cast("Any", values))
    )
    if len(nested) != 1 or not all(given.values()):
        raise DataError(
            "no bars" if not nested else "numbers and groups of numbers in one picture, or an empty group",
            expected="name -> number, or group -> name -> number",
            mend="draw two pictures",
        )
    groups = {group: {name: float(value) for name, value in inner.items()} for group, inner in given.items()}
    count = sum(len(inner) for inner in groups.values())
    names = {name for inner in groups.values() for name in inner}
    if count > _ROWS or (nested == {True} and len(names) > len(SERIES)):
        raise DataError(
            f"{count} bars of {len(names)} names",
            expected=f"at most {_ROWS} bars, and in groups at most {len(SERIES)} names",
            mend="draw several pictures, or a histogram",
        )
    if log and (wrong := [value for inner in groups.values() for value in inner.values() if value <= 0]):
        raise DataError(f"{wrong[0]:g} on a logarithmic axis", expected="numbers above 0", mend="pass log=False")
    return groups


def _places(groups: Mapping[str, Mapping[str, float]]) -> dict[tuple[str, str], float]:
    """(group, name) -> the row of its bar; half a row lies between two groups."""
    places, row = {}, 0.0
    for group, inner in groups.items():
        for name in inner:
            places[group, name] = row
            row += 1
        row += 0.5
    return places


def _bar(axes: Any, row: float, length: float, index: int, *, log: bool) -> None:
    look = SERIES[index]
    finite = math.isfinite(length)
    if finite and log:
        axes.plot([length], [row], look.marker, ms=8, mfc=look.colour, mec=LIGHT["ground"], mew=0.8)
    elif finite:
        hatch = {"hatch": _HATCHES[index]} if index else {}
        axes.barh(row, length, 0.78, color=look.colour, edgecolor=LIGHT["ground"], lw=0, **hatch)
    place = (length, row) if finite else (0.02, row)
    axes.annotate(
        _number(length),
        place,
        xycoords="data" if finite else ("axes fraction", "data"),
        xytext=(-4 if finite and length < 0 else (8 if log else 4), 0),
        textcoords="offset points",
        ha="right" if finite and length < 0 else "left",
        va="center",
        fontsize=9.5,
        color=LIGHT["ink"] if finite else LIGHT["bad"],
    )


def _handle(index: int, *, log: bool) -> Any:
    from matplotlib.lines import Line2D

    look = SERIES[index]
    if log:
        return Line2D([], [], marker=look.marker, ms=8, mfc=look.colour, mec=LIGHT["ground"], ls="none")
    return Patch(facecolor=look.colour, edgecolor=LIGHT["ground"], lw=0, hatch=_HATCHES[index] or None)


def _frame(axes: Any, lengths: list[float], *, log: bool) -> None:
    """Limits with room for the numbers at the ends of the bars."""
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0, labelcolor=LIGHT["ink"])
    axes.spines["left"].set_visible(False)
    if log:
        axes.set_xscale("log")
        low, high = min(lengths, default=1.0), max(lengths, default=1.0)
        span = max(math.log10(high / low), 0.5)
        axes.set_xlim(low / 10 ** (0.08 * span), high * 10 ** (0.3 * span))
        plain_log_ticks(axes.xaxis)
        return
    low, high = min([0.0, *lengths]), max([0.0, *lengths])
    span = (high - low) or 1.0
    axes.set_xlim(low - (0.22 * span if low < 0 else 0), high + (0.22 * span if high > 0 or not low else 0))
    axes.axvline(0, color=LIGHT["soft"], lw=0.8)
    axes.locator_params(axis="x", nbins=6)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("infinite" if value > 0 else f"{MINUS}infinite")
    if value and value == round(value) and abs(value) < 1e6:
        return f"{value:,.0f}".replace("-", MINUS)
    return spoken(value)


@styled
def histogram(
    values: Mapping[str, ArrayLike], *, title: str, xlabel: str, bins: int = 40, log: bool = False
) -> Picture:
    """Draw how up to five sets of numbers are spread, as outlines over the same bins.

    The height is the share of a set's numbers in a bin, so that sets of different sizes can be compared.

    Args:
        values: name -> numbers, of any shape; what is not finite is left out, and said.
        title: what is spread.
        xlabel: what the numbers are, with their unit.
        bins: how many bins of equal width.
        log: logarithmic vertical axis, to see what is rare.

    Raises:
        DataError: no set, more than five, one without a finite number, or fewer than one bin.
    """
    sets = {name: np.asarray(given, dtype=np.float64).ravel() for name, given in values.items()}
    finite = {name: numbers[np.isfinite(numbers)] for name, numbers in sets.items()}
    if not 1 <= len(sets) <= len(SERIES) or not all(map(len, finite.values())) or bins < 1:
        raise DataError(
            f"{ {name: len(numbers) for name, numbers in finite.items()} } finite numbers in {bins} bins",
            expected=f"1 to {len(SERIES)} sets with a finite number each, and at least one bin",
            mend="draw several panels; leave empty sets out",
        )
    edges = np.histogram_bin_edges(np.concatenate(list(finite.values())), bins)
    figure, axes = new_panel(left=0.7)
    for (name, numbers), look in zip(finite.items(), SERIES, strict=False):
        _outline(axes, name, np.histogram(numbers, edges)[0] / len(numbers), edges, look)
    head(axes, title)
    axes.set(xlabel=xlabel, ylabel="share of the numbers", xlim=(edges[0], edges[-1]))
    if log:
        axes.set_yscale("log")
        plain_log_ticks(axes.yaxis)
    else:
        axes.set_ylim(bottom=0)
    if len(sets) > 1:
        add_legend(figure, axes)
    said = [_spread(name, sets[name], numbers) for name, numbers in finite.items()]
    return Picture(
        [figure], alt=f"Histogram of {title}, over {xlabel}: {', '.join(sets)}.", state="; ".join(said) + "."
    )


def _outline(axes: Any, name: str, shares: Floats, edges: Floats, look: Any) -> None:
    # Where a bin is empty, a logarithmic axis has no place for it: stairs, and not a line through the gaps.
    axes.stairs(shares, edges, color=look.colour, fill=True, alpha=0.16, lw=0)
    axes.stairs(shares, edges, color=look.colour, ls=look.dashes, lw=1.6, label=name)


def _spread(name: str, numbers: Floats, finite: Floats) -> str:
    lost = len(numbers) - len(finite)
    said = f"{name}: mean {spoken(float(finite.mean()))}, standard deviation {spoken(float(finite.std()))}"
    return said + (f", {lost} of {len(numbers)} not finite" if lost else "")
