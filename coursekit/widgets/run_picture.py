"""The record of a run as four panels and a sentence: loss, the first metric, learning rate, gradient norm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from coursekit.visualization import SERIES, Series
from coursekit.visualization.style import spoken

from .background_run import Status
from .live_picture import Curve, LivePicture, Panel
from .run_figures import Floats, RunFigures

MARKED: Final = 30
"""Up to so many epochs each has its marker."""

PER_STEP, RATE, NORM = (replace(SERIES[at], dashes="-") for at in (2, 3, 4))
"""Alone in their panels, or thin: no dashes are needed to tell them apart."""

_STATUS: Final[dict[Status, str]] = {
    "ready": "Not started",
    "running": "Running",
    "pausing": "Running, pausing after the step at hand",
    "paused": "Paused",
    "stopping": "Running, stopping after the step at hand",
    "finished": "Finished",
    "stopped": "Stopped by hand",
    "failed": "Failed",
}


def draw_run(
    figures: RunFigures,
    status: Status,
    metric: str = "",
    *,
    error: BaseException | None = None,
    validated: bool = True,
) -> LivePicture:
    """Draw a run as it stands.

    Args:
        figures: what is known of it.
        status: what it does.
        metric: name of the figure beside the loss; "" where there is none.
        error: what it failed of.
        validated: whether it has validation data.
    """
    right = _right(figures)
    panels = []
    for name in filter(None, ["loss", metric]):
        curves = [_epochs("training", name, figures, SERIES[0])]
        if validated:
            curves.append(_epochs("validation", f"val_{name}", figures, SERIES[1]))
        if name == "loss":
            curves.insert(0, Curve("per step", figures.loss_at, figures.loss, PER_STEP, width=1.0))
            panels.append(Panel("loss", "step", curves, right))
        else:
            title = metric.replace("_", " ")
            panels.append(Panel(title, "step", curves, right, top=1.0, names_below=True))
    rates = Curve("", *_held(figures), RATE, stairs=True)
    norms = Curve("", figures.norm_at, figures.norm, NORM)
    panels.append(Panel("learning rate", "step", [rates], right))
    panels.append(Panel("gradient norm, before clipping", "step", [norms], right, log=True))
    named = ", ".join(filter(None, ["loss", metric.replace("_", " "), "learning rate"]))
    alt = f"A training run over its steps: {named} and norm of the gradient, {figures.epochs} epochs planned."
    return LivePicture(panels, alt=alt, state=describe_run(figures, status, metric, error))


def describe_run(figures: RunFigures, status: Status, metric: str = "", error: BaseException | None = None) -> str:
    """Say where a run is and what it has reached."""
    if not figures.step:
        planned = f"{figures.epochs} epoch{'' if figures.epochs == 1 else 's'} planned"
        first = "; the first step is being prepared" if status == "running" else ""
        return f"{_STATUS[status]}: {planned}{first}.{_why(figures, status, error)}"
    of = "" if figures.steps is None else f" of {figures.steps}"
    text = f"{_STATUS[status]}: epoch {figures.epoch} of {figures.epochs}, step {figures.step}{of}."
    text += _why(figures, status, error)
    ended = len(figures.ends)
    names = [name for name in ("loss", metric) if name]
    if figures.running:
        text += f" So far in this epoch: {_listed({name: figures.running.get(name) for name in names})}."
    if ended:
        shown = {name: figures.figures[name][-1] for name in names if name in figures.figures}
        shown |= {
            f"validation {name}": figures.figures[f"val_{name}"][-1]
            for name in names
            if f"val_{name}" in figures.figures
        }
        text += f" After epoch {ended}: {_listed(shown)}."
    text += f" Learning rate {spoken(float(figures.rate[-1]))}"
    if len(figures.norm):
        text += f"; gradient norm {spoken(float(figures.norm[-1]))}"
    return text + "."


def _why(figures: RunFigures, status: Status, error: BaseException | None) -> str:
    if error is not None:
        return f" What failed: {type(error).__name__}."
    if status == "finished" and figures.stop_reason:
        return f" It ended early: {figures.stop_reason.rstrip('.')}."
    return ""


def _listed(values: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {spoken(value)}" for name, value in values.items() if value is not None)


def _right(figures: RunFigures) -> float:
    """The whole run, where its length is known: the curves then also say how far it is."""
    return float(max(figures.steps or 0, figures.step, 1))


def _epochs(name: str, key: str, figures: RunFigures, look: Series) -> Curve:
    values = list(figures.figures.get(key, ()))
    at = [float(end) for end in figures.ends[: len(values)]]
    if key in figures.running:  # so far; where the epoch ends the figure is exact
        at.append(float(figures.step))
        values.append(figures.running[key])
    return Curve(name, np.array(at), np.array(values), look, marked=len(values) <= MARKED)


def _held(figures: RunFigures) -> tuple[Floats, Floats]:
    """A rate holds throughout its step: the first one's from 0 on, the last one's up to its end."""
    if not len(figures.rate):
        return np.zeros(0), np.zeros(0)
    return np.append(figures.rate_at - 1, float(figures.step)), np.append(figures.rate, figures.rate[-1])
