"""Several runs side by side on one vertical axis: curves are read by comparing them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from coursekit.errors import DataError

from .picture import Picture
from .style import LIGHT, SERIES, new_panel, spoken, styled

if TYPE_CHECKING:
    from coursekit.training import History

_WIDTH, _HEIGHT = 2.9, 2.2
_HEADROOM = 0.12


@styled
def run_grid(runs: Mapping[str, History], *, figure: str = "loss", top: float | None = None) -> Picture:
    """Draw one figure of several runs, a small panel each, training beside validation, all on the same scale.

    Args:
        runs: name -> history of ``Trainer.fit``.
        figure: which figure, without ``val_``.
        top: where the axis ends; what is above (a run that blows up) leaves the panel at its upper edge, marked. By
            default 2.5 times the largest first value, so that one wild run does not flatten the others.

    Raises:
        DataError: no run, or one without an epoch.
        KeyError: a run without that figure.
    """
    empty = [name for name, run in runs.items() if not run.epochs]
    if not runs or empty:
        raise DataError(
            f"runs without epochs: {', '.join(empty)}" if empty else "no run",
            expected="at least one run with at least one epoch",
            mend="give name=trainer.fit(...)",
        )
    if top is None:
        first = [run[figure][0] for run in runs.values() if math.isfinite(run[figure][0])]
        everything = [value for run in runs.values() for value in _values(run, figure) if math.isfinite(value)]
        top = min(2.5 * max(first, default=1.0), (1 + _HEADROOM) * max(everything, default=1.0))
    panels = [_panel(name, run, figure, top, legend=number == 0) for number, (name, run) in enumerate(runs.items())]
    said = "; ".join(f"{name}: {_ends(run, figure)}" for name, run in runs.items())
    plain = figure.replace("_", " ")
    alt = f"{len(runs)} runs, one panel each: training and validation {plain} over the epochs, on one scale."
    return Picture(panels, alt=alt, state=f"Last epoch, training and validation. {said}.")


def _panel(name: str, run: History, figure: str, top: float, *, legend: bool) -> Figure:
    panel, axes = new_panel(width=_WIDTH, height=_HEIGHT)
    for key, label, series in ((figure, "training", SERIES[0]), (f"val_{figure}", "validation", SERIES[1])):
        if key not in run and key != figure:
            continue
        inside = [value if value <= top else math.nan for value in run[key]]
        axes.plot(run.epochs, inside, color=series.colour, ls=series.dashes, label=label)
        above = [epoch for epoch, value in zip(run.epochs, run[key], strict=True) if not value <= top]
        axes.plot(above, [top] * len(above), "^", ms=5, color=series.colour, clip_on=False)
    axes.set_ylim(0, top)
    axes.set_title(name)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.tick_params(colors=LIGHT["soft"])
    if legend:
        axes.legend()
    return panel


def _values(run: History, figure: str) -> list[float]:
    return [*run[figure], *run.get(f"val_{figure}", [])]


def _ends(run: History, figure: str) -> str:
    ends = [run[figure][-1], *run.get(f"val_{figure}", [])[-1:]]
    return " and ".join(spoken(value) if math.isfinite(value) else "no number" for value in ends)
