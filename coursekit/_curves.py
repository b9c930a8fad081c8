"""Training curves on matplotlib axes, drawn alike by ``History.plot``, the live plot and the chapters' figures."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from coursekit._frameworks import require

# Okabe and Ito (2008): told apart with every common colour vision deficiency, and on light and dark ground.
TRAIN, VALIDATION, THIRD = "#0072B2", "#D55E00", "#009E73"


def panels(figures: Mapping[str, Sequence[float]], names: Sequence[str] = ()) -> list[str]:
    """Return the figures that get a panel each: loss first, then the metrics, then the learning rate if it moved."""
    wanted = list(names) or [name for name in figures if not name.startswith("val_")]
    rate = figures.get("learning_rate", ())
    if not names and "learning_rate" in wanted and len(set(rate)) < 2:
        wanted.remove("learning_rate")
    return wanted


def new_figure(width: float, height: float) -> Any:
    """Return a matplotlib Figure that belongs to no window: a notebook shows it once, as the value of its cell.

    Args:
        width: in inches.
        height: in inches.
    """
    if "ipykernel" in sys.modules:
        # Only with pyplot does a kernel know how to show a Figure; without it, the cell's value is a line of text.
        require("matplotlib.pyplot")
    return require("matplotlib.figure").Figure(figsize=(width, height), layout="constrained")


def draw_history(epochs: Sequence[int], figures: Mapping[str, Sequence[float]], names: Sequence[str] = ()) -> Any:
    """Draw one panel per figure, training and validation together.

    Args:
        epochs: numbers of the epochs.
        figures: name -> one value per epoch; ``val_<name>`` joins the panel of ``<name>``.
        names: which panels to draw.

    Returns:
        A matplotlib Figure, as ``new_figure`` makes it.
    """
    wanted = panels(figures, names)
    figure = new_figure(4.2 * max(1, len(wanted)), 3.1)
    for axes, name in zip(figure.subplots(1, max(1, len(wanted)), squeeze=False)[0], wanted, strict=False):
        draw_panel(axes, epochs, figures, name)
    return figure


def draw_panel(axes: Any, epochs: Sequence[int], figures: Mapping[str, Sequence[float]], name: str) -> None:
    """Draw one figure's curves on ``axes``, training solid with dots, validation dashed with squares."""
    ticker = require("matplotlib.ticker")
    marker = len(epochs) <= 30
    for key, label, colour, line, shape in (
        (name, "training", TRAIN, "-", "o"),
        (f"val_{name}", "validation", VALIDATION, "--", "s"),
    ):
        if key in figures:
            axes.plot(
                epochs,
                figures[key],
                line,
                color=colour,
                label=label,
                marker=shape if marker else None,
                ms=3.5,
            )
    axes.set_xlabel("epoch")
    axes.set_title(name.replace("_", " "), loc="left", fontsize=11)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if f"val_{name}" in figures:
        axes.legend(frameon=False)
