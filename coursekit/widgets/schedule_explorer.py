"""Learning-rate schedules: the rate of every epoch or update, with the code that makes it, and one common mistake."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from coursekit import schedules
from coursekit.visualization import LIGHT, SERIES, Picture, new_panel, styled
from coursekit.visualization.style import plain_log_ticks, spoken

from .explorer import Explorer, choice, count_slider, log_slider, slider

Floats = NDArray[np.float64]
Stepped = Literal["epoch", "update", "mistake"]

# What each schedule asks for; lengths are shares of the run, so that a setting keeps its shape when the run grows.
SETTINGS: Final[dict[str, tuple[str, ...]]] = {
    "constant": (),
    "step": ("period", "gamma"),
    "multi_step": ("first", "second", "gamma"),
    "exponential": ("gamma_each",),
    "linear": ("minimum",),
    "cosine": ("minimum",),
    "cosine_restarts": ("period", "growth", "minimum"),
    "one_cycle": ("pct_start", "start_div"),
    "plateau": ("gamma", "patience"),
}


_TIMES: Final = {0: "never", 1: "once", 2: "twice"}


@dataclass(frozen=True)
class Rates:
    """The learning rates of a run.

    Attributes:
        rates: of each update, in order.
        updates_per_epoch: how many make an epoch.
        code: how the schedule is built.
        watched: the validation losses that a plateau listens to, one per epoch; empty for all others.
    """

    rates: Floats
    updates_per_epoch: int
    code: str
    watched: tuple[float, ...] = ()


def build_schedule(
    name: str, settings: Mapping[str, Any], *, epochs: int, steps_per_epoch: int = 1, warmup: int = 0
) -> schedules.Schedule:
    """Build a schedule from settings whose lengths are epochs.

    Args:
        name: of ``SETTINGS``, but not "plateau".
        settings: what the schedule asks for there.
        epochs: of the run, warm-up included.
        steps_per_epoch: 1 to step it per epoch, the number of updates to step it per update.
        warmup: epochs of linear warm-up before it, fewer than ``epochs``.

    Raises:
        ConfigurationError: settings that the schedule refuses.
    """
    length = max(1, (epochs - warmup) * steps_per_epoch)
    each: dict[str, Any] = {key: settings[key] for key in SETTINGS[name] if key in ("gamma", "minimum", "growth")}
    if "period" in SETTINGS[name]:
        each["step_size" if name == "step" else "period"] = int(settings["period"]) * steps_per_epoch
    if name == "multi_step":
        marks = {int(settings["first"]) * steps_per_epoch, int(settings["second"]) * steps_per_epoch}
        each["milestones"] = tuple(sorted(marks))
    elif name == "exponential":
        each["gamma"] = round(float(settings["gamma_each"]) ** (1 / steps_per_epoch), 6)
    elif name in ("linear", "cosine"):
        each["total"] = length
    elif name == "one_cycle":
        each |= {"total": length, "pct_start": settings["pct_start"], "start_div": settings["start_div"]}
    built = schedules.get(name, **each)
    # One value above zero at the first step: from exactly 0 nothing would be learnt there.
    steps = warmup * steps_per_epoch
    return schedules.Warmup(steps, then=built, start=round(1 / (steps + 1), 4)) if warmup else built


def schedule_rates(
    name: str,
    settings: Mapping[str, Any],
    *,
    base_rate: float,
    epochs: int,
    updates_per_epoch: int,
    stepped: Stepped = "epoch",
    warmup: int = 0,
) -> Rates:
    """Compute the rate of every update of a run.

    Args:
        name: of ``SETTINGS``.
        settings: what the schedule asks for there, lengths in epochs.
        base_rate: what the schedule multiplies.
        epochs: of the run.
        updates_per_epoch: batches per epoch.
        stepped: "epoch"; "update"; or "mistake": counted in epochs, yet stepped at each update.
        warmup: epochs of linear warm-up; not before a plateau, which has no warm-up of its own.

    Raises:
        ConfigurationError: settings that the schedule refuses.
    """
    if name == "plateau":
        return _plateau_rates(settings, base_rate, epochs, updates_per_epoch)
    per = updates_per_epoch if stepped == "update" else 1
    schedule = build_schedule(name, settings, epochs=epochs, steps_per_epoch=per, warmup=warmup)
    updates = np.arange(epochs * updates_per_epoch)
    steps = updates // updates_per_epoch if stepped == "epoch" else updates
    return Rates(base_rate * schedule.values(steps), updates_per_epoch, _code(schedule))


def example_losses(epochs: int) -> tuple[float, ...]:
    """Validation losses that fall, stand still from a third of the run on, and wobble by a little throughout."""
    wobble = np.random.default_rng(0).normal(0, 0.012, epochs)
    return tuple((0.35 + 0.9 * np.exp(-np.arange(epochs) / max(1.0, epochs / 9)) + wobble).tolist())


def _plateau_rates(settings: Mapping[str, Any], base_rate: float, epochs: int, updates_per_epoch: int) -> Rates:
    plateau = schedules.Plateau(factor=settings["gamma"], patience=int(settings["patience"]))
    losses, rates = example_losses(epochs), []
    for loss in losses:
        rates.append(base_rate * plateau.multiplier)
        plateau.update(loss)
    code = f"Plateau(factor={settings['gamma']:g}, patience={int(settings['patience'])})"
    return Rates(np.repeat(np.array(rates), updates_per_epoch), updates_per_epoch, code, losses)


def _code(schedule: schedules.Schedule) -> str:
    """The constructor's call, without what is left at its default."""
    said = []
    for name, field in type(schedule).__dataclass_fields__.items():
        value = getattr(schedule, name)
        if isinstance(value, schedules.Schedule):
            said.append(f"{name}={_code(value)}")
        elif value != field.default:
            said.append(f"{name}={value!r}")
    return f"{type(schedule).__name__}({', '.join(said)})"


class ScheduleExplorer(Explorer):
    """Every schedule of ``coursekit.schedules``, with its settings, stepped per epoch or per update.

    Args:
        schedule: where it begins, a name of ``SETTINGS``.
        epochs: of the run at the start, from 5 to 100.
        updates_per_epoch: at the start, from 2 to 100.
    """

    title = "Learning-rate schedules"

    def __init__(self, schedule: str = "cosine", epochs: int = 30, updates_per_epoch: int = 20) -> None:
        if schedule not in SETTINGS:
            from coursekit.errors import unknown_name

            raise unknown_name("schedule", schedule, SETTINGS)
        named = [(name.replace("_", " "), name) for name in SETTINGS]
        stepped: list[tuple[str, Any]] = [
            ("per epoch", "epoch"),
            ("per update", "update"),
            ("per update, by mistake", "mistake"),
        ]
        controls: dict[str, Any] = {
            "schedule": choice("schedule", named, schedule),
            "stepped": choice("stepped", stepped, "epoch"),
            "base_rate": log_slider("base rate", 0.1, -5, 0, tip="what the schedule multiplies"),
            "epochs": count_slider("epochs", epochs, 5, 100),
            "updates_per_epoch": count_slider("updates / epoch", updates_per_epoch, 2, 100),
            "warmup": count_slider("warm-up (epochs)", 0, 0, 20, tip="a straight line up before the schedule begins"),
            "period": count_slider("period (epochs)", 10, 1, 50),
            "first": count_slider("first fall at epoch", 15, 1, 99),
            "second": count_slider("second fall at epoch", 22, 1, 99),
            "gamma": slider("factor of a fall", 0.1, 0.05, 0.95, 0.05),
            "gamma_each": slider("factor per epoch", 0.9, 0.5, 1.0, 0.01),
            "minimum": slider("minimum (share)", 0.0, 0.0, 0.5, 0.01),
            "growth": count_slider("growth of periods", 1, 1, 3),
            "pct_start": slider("rising share", 0.3, 0.1, 0.9, 0.05),
            "start_div": slider("peak over start", 25.0, 2.0, 100.0, 1.0, form=".0f"),
            "patience": count_slider("patience (epochs)", 3, 0, 20),
        }
        first = ["schedule", "stepped"]
        shared = ["base_rate", "epochs", "updates_per_epoch", "warmup"]
        self._of_schedules = [name for name in controls if name not in (*first, *shared)]
        super().__init__(controls, [first, self._of_schedules, shared])

    def rates(self) -> Rates:
        """The rates that are drawn now."""
        values: dict[str, Any] = {
            name: round(control.value, 6) if isinstance(control.value, float) else control.value
            for name, control in self.controls.items()
        }
        return schedule_rates(
            values["schedule"],
            values,
            base_rate=values["base_rate"],
            epochs=values["epochs"],
            updates_per_epoch=values["updates_per_epoch"],
            stepped=values["stepped"],
            warmup=min(values["warmup"], values["epochs"] - 2),
        )

    def draw(self) -> Picture:
        """Show only the controls that mean something, and draw."""
        name = self.controls["schedule"].value
        shown = {*SETTINGS[name], *([] if name == "plateau" else ["warmup", "stepped"])}
        for control in (*self._of_schedules, "warmup", "stepped"):
            self.controls[control].layout.display = "" if control in shown else "none"
        return draw_rates(self.rates(), mistaken=name != "plateau" and self.controls["stepped"].value == "mistake")


@styled
def draw_rates(rates: Rates, *, mistaken: bool = False) -> Picture:
    """Draw the rate over the epochs, and beside it the same on a logarithmic axis; for a plateau the watched losses.

    Args:
        rates: of a run.
        mistaken: whether the schedule is stepped in another unit than it was counted in.
    """
    figure, axes = new_panel(left=0.75)
    at = np.arange(len(rates.rates) + 1) / rates.updates_per_epoch
    axes.plot(at, np.append(rates.rates, rates.rates[-1]), color=SERIES[0].colour, drawstyle="steps-post")
    top = float(rates.rates.max())
    axes.set(xlim=(0, at[-1]), ylim=(0, 1.08 * top or 1), xlabel="epochs done", title="learning rate")
    panels = [figure]
    alt = f"The learning rate over {len(rates.rates) // rates.updates_per_epoch} epochs."
    if rates.watched:
        beside, axes = new_panel()
        epochs = np.arange(1, len(rates.watched) + 1)
        axes.plot(epochs, rates.watched, color=SERIES[1].colour, ls=SERIES[1].dashes)
        per_epoch = rates.rates[:: rates.updates_per_epoch]
        for fall in np.flatnonzero(np.diff(per_epoch) < 0) + 1:
            axes.axvline(fall, color=LIGHT["ink"], lw=1, ls=(0, (2, 2)))
        axes.set(xlabel="epochs done", title="watched loss; falls ┊", xlim=(0, len(epochs)))
        panels.append(beside)
        alt = f"{alt[:-1]}, and the validation loss that it listens to, with a line where the rate fell."
    else:
        beside, axes = new_panel(left=0.75)
        axes.plot(at, np.append(rates.rates, rates.rates[-1]), color=SERIES[0].colour, drawstyle="steps-post")
        axes.set_yscale("log")
        axes.set_ylim(top / 2e4, top * 2)
        plain_log_ticks(axes.yaxis)
        axes.set(xlim=(0, at[-1]), xlabel="epochs done", title="the same, logarithmic")
        panels.append(beside)
        alt = f"{alt[:-1]}, on a plain axis and on a logarithmic one."
    return Picture(panels, alt=alt, state=describe_rates(rates, mistaken=mistaken))


def describe_rates(rates: Rates, *, mistaken: bool = False) -> str:
    """Say the rates at start, peak and end, the code, and the mistake if it is made."""
    values = rates.rates
    peak = int(values.argmax())
    text = f"{rates.code} starts at {spoken(values[0])}"
    if values[peak] > values[0] * 1.001:
        text += f", peaks at {spoken(values[peak])} after {_plural(peak / rates.updates_per_epoch)}"
    text += f" and ends at {spoken(values[-1])}."
    if rates.watched:
        falls = int((np.diff(values) < 0).sum())
        text += f" The example's loss stops improving; the rate falls {_TIMES.get(falls, f'{falls} times')}."
    if mistaken:
        text += (
            f" The mistake: it was counted in epochs and is stepped at each of {rates.updates_per_epoch} updates per "
            f"epoch, so the run goes through it {rates.updates_per_epoch} times too fast."
        )
    return text


def _plural(epochs: float) -> str:
    return f"{epochs:.3g} epoch{'' if math.isclose(epochs, 1) else 's'}"


def rates_per_epoch(rates: Rates) -> Sequence[float]:
    """The rate of the first update of each epoch."""
    return tuple(float(rate) for rate in rates.rates[:: rates.updates_per_epoch])
