"""Curves over epochs, updates or anything else: histories, schedules, and lines in general."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from coursekit import _curves
from coursekit.errors import DataError

from .legends import add_legend
from .picture import Picture
from .style import LIGHT, SERIES, head, new_panel, plain_log_ticks, spoken, styled

if TYPE_CHECKING:
    from coursekit.training import History


@styled
def lines(
    x: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    *,
    title: str,
    xlabel: str,
    log: bool = False,
    log_x: bool = False,
    hold: bool = False,
    alt: str = "",
    state: str = "",
) -> Picture:
    """Draw up to five curves over one axis, each with its own colour, dashes and name.

    Args:
        x: n numbers.
        curves: name -> n numbers; NaN leaves a gap.
        title: what the curves show, with its unit.
        xlabel: what ``x`` is.
        log: logarithmic vertical axis.
        log_x: logarithmic horizontal axis.
        hold: each value holds until the next position, as a learning rate does: stairs and no slopes.
        alt: alternative text; by default title and names.
        state: what the curves show; by default where they end, and, unless ``x`` counts steps, where they begin.

    Raises:
        DataError: no curve, more than five, or one of another length than ``x``.
    """
    if not 1 <= len(curves) <= len(SERIES):
        raise DataError(
            f"{len(curves)} curves in one panel",
            expected=f"1 to {len(SERIES)}: more cannot be told apart",
            mend="draw several panels",
        )
    figure, axes = new_panel()
    for (name, values), series in zip(curves.items(), SERIES, strict=False):
        if len(values) != len(x):
            raise DataError(
                f"{name!r} with {len(values)} values over {len(x)} positions",
                expected="one value per position",
                mend="give both from the same run",
            )
        marker = series.marker if len(x) <= 30 else None
        style = "steps-post" if hold else "default"
        axes.plot(x, values, color=series.colour, ls=series.dashes, marker=marker, ms=4, drawstyle=style, label=name)
    counted = all(float(value).is_integer() for value in x)
    _finish(axes, title, xlabel, log=log, whole=counted and not log_x)
    if log_x:
        axes.set_xscale("log")
        plain_log_ticks(axes.xaxis)
    if len(curves) > 1:
        add_legend(figure, axes)
    said = "; ".join(_course(name, x, values, counted=counted) for name, values in curves.items())
    return Picture([figure], alt=alt or f"{title} over {xlabel}: {'; '.join(curves)}.", state=state or f"{said}.")


@styled
def history_curves(history: History, *names: str) -> Picture:
    """Draw a run's figures over its epochs, training beside validation, the best validation epoch marked.

    Args:
        history: of ``Trainer.fit``.
        names: figures to draw, without ``val_``; by default all, and the learning rate if it moved.

    Raises:
        DataError: the history has no epoch yet.
        KeyError: an unknown name.
    """
    if not history.epochs:
        raise DataError("a history without epochs", expected="at least one", mend="call fit first")
    figures: list[Figure] = []
    said: list[str] = []
    wanted = _curves.panels(dict(history), names)
    for name in wanted:
        figure, axes = new_panel()
        marked = len(history.epochs) <= 30
        for key, label, series in ((name, "training", SERIES[0]), (f"val_{name}", "validation", SERIES[1])):
            if key in history or key == name:
                marker = series.marker if marked else None
                # The rate of an epoch holds throughout it: there is nothing between two epochs to slope through.
                style = "steps-mid" if name == "learning_rate" else "default"
                axes.plot(
                    history.epochs,
                    history[key],
                    color=series.colour,
                    ls=series.dashes,
                    marker=marker,
                    ms=4,
                    drawstyle=style,
                    label=label,
                )
        plain = name.replace("_", " ")
        if f"val_{name}" in history:
            epoch, value = history.best(f"val_{name}")
            axes.plot([epoch], [value], "o", ms=10, mfc="none", mec=LIGHT["ink"], mew=1.2, label="best epoch")
            said.append(f"best validation {plain} {spoken(value)} in epoch {epoch}")
        else:
            said.append(f"{plain} ends at {spoken(_last(history[name]))}")
        _finish(axes, plain, "epoch", log=False, whole=True)
        if f"val_{name}" in history:
            add_legend(figure, axes)
        figures.append(figure)
    alt = f"Training curves over {len(history.epochs)} epochs: {', '.join(name.replace('_', ' ') for name in wanted)}."
    state = "; ".join(said) + "."
    return Picture(figures, alt=alt, state=state[0].upper() + state[1:])


@styled
def rate_curve(rates: Sequence[float], *, unit: str = "epoch", title: str = "learning rate") -> Picture:
    """Draw a learning rate that holds for a whole step, as the stairs that it is.

    Args:
        rates: the rate of each step, from step 0 on.
        unit: what a step is: "epoch" or "update".
        title: what is drawn.
    """
    figure, axes = new_panel()
    # The last rate holds for a whole step, too.
    places, held = (range(len(rates) + 1), [*rates, rates[-1]]) if len(rates) <= 60 else (range(len(rates)), rates)
    axes.plot(places, held, color=SERIES[0].colour, drawstyle="steps-post" if len(rates) <= 60 else "default")
    _finish(axes, title, unit, log=False, whole=True)
    over = f" over at most {spoken(max(rates))}" if max(rates) > max(rates[0], rates[-1]) else ""
    state = f"From {spoken(rates[0])}{over} to {spoken(rates[-1])}."
    return Picture([figure], alt=f"The learning rate over {len(rates)} {unit}s.", state=state)


def _finish(axes: Any, title: str, xlabel: str, *, log: bool, whole: bool) -> None:
    head(axes, title)
    axes.set_xlabel(xlabel)
    if whole:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    if log:
        axes.set_yscale("log")
        plain_log_ticks(axes.yaxis)


def _course(name: str, x: Sequence[float], values: Sequence[float], *, counted: bool) -> str:
    """Where a curve ends; of one that is no course of time, also where it begins, and its turning point."""
    if counted:
        return f"{name} ends at {spoken(_last(values))}"
    known = [(float(value), float(at)) for at, value in zip(x, values, strict=True) if math.isfinite(value)]
    if not known:
        return f"{name} is nowhere finite"
    (first, start), (last, end) = known[0], known[-1]
    said = f"{name}: {spoken(first)} at {spoken(start)}, {spoken(last)} at {spoken(end)}"
    for word, (value, at) in (("least", min(known)), ("most", max(known))):
        if value not in (first, last):
            said += f", {word} {spoken(value)} at {spoken(at)}"
    return said


def _last(values: Sequence[float]) -> float:
    return next((float(value) for value in reversed(values) if not math.isnan(value)), math.nan)
