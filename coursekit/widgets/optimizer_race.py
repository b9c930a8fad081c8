"""Five optimizers from one start on one loss surface: their paths, and their losses step by step."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from coursekit.errors import ConfigurationError
from coursekit.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from coursekit.visualization import LIGHT, SERIES, Path2D, Picture, draw_paths, draw_surface, new_panel, styled
from coursekit.visualization.style import plain_log_ticks, spoken
from coursekit.visualization.surfaces import finite_start

from .explorer import Explorer, choice, count_slider, log_slider, slider, tick
from .surfaces import SURFACES, LossSurface

Floats = NDArray[np.float64]

MOST_STEPS: Final = 200
LOST: Final = 1e6
"""A parameter beyond this has left for good."""
_FLOOR, _CEILING = -7, 4
RACERS: Final = ("SGD", "momentum", "RMSprop", "Adam", "AdamW")
_LOOKS: Final = dict(zip(RACERS, SERIES, strict=True))


@dataclass(frozen=True)
class Lap:
    """One optimizer's way.

    Attributes:
        name: of the optimizer.
        points: (steps + 1, 2): the parameters before each step and after the last; NaN once it has diverged.
        losses: (steps + 1,): the loss at each point, above the surface's least loss.
    """

    name: str
    points: Floats
    losses: Floats

    @property
    def diverged_at(self) -> int | None:
        """The first step after which the parameters were lost, or None."""
        lost = ~np.isfinite(self.points).all(axis=1)
        return int(lost.argmax()) if lost.any() else None


@functools.lru_cache(maxsize=64)
def run_lap(name: str, optimizer: Optimizer, surface_name: str, learning_rate: float, steps: int = MOST_STEPS) -> Lap:
    """Let one optimizer run, with exact gradients.

    Args:
        name: of the lap.
        optimizer: of ``coursekit.optimizers``.
        surface_name: of ``coursekit.widgets.surfaces.SURFACES``.
        learning_rate: 0 or above.
        steps: how many updates.

    Returns:
        The way; a way beyond ``LOST`` ends in NaN.
    """
    surface = SURFACES[surface_name]
    params: dict[str, NDArray[Any]] = {"at": np.array(surface.start, dtype=np.float64)}
    state = optimizer.init(params)
    points = np.full((steps + 1, 2), np.nan)
    points[0] = params["at"]
    for step in range(1, steps + 1):
        slope = np.array(surface.gradient(*params["at"]))
        params, state = optimizer.update(params, {"at": slope}, state, learning_rate)
        if not np.abs(params["at"]).max() < LOST:
            break
        points[step] = params["at"]
    return Lap(name, points, surface.value(points[:, 0], points[:, 1]) - surface.least)


def optimizers_of(*, momentum: float, betas: tuple[float, float], weight_decay: float) -> dict[str, Optimizer]:
    """The five racers; RMSprop's alpha is Adam's second beta, which does the same work.

    Args:
        momentum: of SGD with momentum.
        betas: of Adam and AdamW.
        weight_decay: of AdamW alone.

    Raises:
        ConfigurationError: a value outside its range.
    """
    return {
        "SGD": SGD(),
        "momentum": SGD(momentum=momentum),
        "RMSprop": RMSprop(alpha=betas[1]),
        "Adam": Adam(betas=betas),
        "AdamW": AdamW(betas=betas, weight_decay=weight_decay),
    }


class OptimizerRace(Explorer):
    """Race optimizers of ``coursekit.optimizers`` over a loss surface.

    A rate means one thing to SGD (how much of the gradient) and another to the adaptive ones (the length of a step):
    hence two sliders.

    Args:
        surface: where it begins: "bowl", "ravine", "saddle" or "Rosenbrock".
        racers: which of "SGD", "momentum", "RMSprop", "Adam" and "AdamW" run at the start.

    Raises:
        ConfigurationError: an unknown surface or racer.
    """

    title = "Optimizer race"

    def __init__(self, surface: str = "ravine", racers: Sequence[str] = ("SGD", "momentum", "RMSprop", "Adam")) -> None:
        if surface not in SURFACES or not set(racers) <= set(RACERS):
            raise ConfigurationError(
                f"surface={surface!r}, racers={tuple(racers)!r}",
                expected=f"a surface among {', '.join(SURFACES)}; racers among {', '.join(RACERS)}",
                mend="OptimizerRace('ravine', ('SGD', 'Adam'))",
            )
        options = [(name, name) for name in SURFACES]
        controls: dict[str, Any] = {
            "surface": choice("loss surface", options, surface),
            "step": count_slider("steps shown", 60, 0, MOST_STEPS, tip="how far the race has gone"),
            "rate": log_slider("rate of SGD", 0.03, -4, 0, tip="of SGD with and without momentum"),
            "momentum": slider("momentum", 0.9, 0.0, 0.99, 0.01, tip="share of the velocity that is kept"),
            "adaptive_rate": log_slider(
                "adaptive rate", 0.1, -4, 0, tip="of RMSprop, Adam and AdamW: length of a step"
            ),
            "beta1": slider("beta 1", 0.9, 0.0, 0.99, 0.01, tip="Adam's memory of the gradient"),
            "beta2": slider(
                "beta 2 (alpha)", 0.99, 0.5, 0.999, 0.001, form=".3f", tip="memory of the squared gradient"
            ),
            "weight_decay": slider("weight decay", 0.1, 0.0, 1.0, 0.05, tip="of AdamW: pulls towards (0, 0)"),
        }
        runs = {f"run_{name}": tick(name, value=name in racers) for name in RACERS}
        groups = [
            ["surface", "step"],
            ["rate", "momentum", "adaptive_rate", "beta1", "beta2", "weight_decay"],
            list(runs),
        ]
        super().__init__({**controls, **runs}, groups)

    def laps(self) -> list[Lap]:
        """The ways of the racers that are ticked, in full length."""
        settings = {name: control.value for name, control in self.controls.items()}
        built = optimizers_of(
            momentum=round(settings["momentum"], 4),
            betas=(round(settings["beta1"], 4), round(settings["beta2"], 4)),
            weight_decay=round(settings["weight_decay"], 4),
        )
        return [
            run_lap(
                name,
                built[name],
                settings["surface"],
                float(settings["rate" if isinstance(built[name], SGD) else "adaptive_rate"]),
            )
            for name in RACERS
            if settings[f"run_{name}"]
        ]

    def draw(self) -> Picture:
        """Draw the ways up to the step that is shown, and say who is where."""
        return draw_race(SURFACES[self.controls["surface"].value], self.laps(), self.controls["step"].value)


@styled
def draw_race(surface: LossSurface, laps: Sequence[Lap], step: int) -> Picture:
    """Draw the paths up to ``step`` beside the losses of all steps up to it.

    Args:
        surface: where they run.
        laps: of different names among ``RACERS``.
        step: 0 or above.
    """
    figure, axes = new_panel(left=0.78)
    draw_surface(axes, surface.value, xlim=surface.xlim, ylim=surface.ylim, minima=surface.minima)
    draw_paths(axes, [Path2D(lap.name, lap.points[: step + 1], _LOOKS[lap.name]) for lap in laps])
    axes.set_title(f"{surface.name}, after {step} steps")
    names = ", ".join(lap.name for lap in laps) or "nobody"
    return Picture(
        [figure, _losses(laps, step)],
        alt=f"Left: contours of the loss {surface.formula}, with paths of {names}. Right: their losses over the steps.",
        state=describe_race(surface, laps, step),
    )


def describe_race(surface: LossSurface, laps: Sequence[Lap], step: int) -> str:
    """Say who leads, where the others are, and who is lost."""
    if not laps:
        return "Nobody runs: tick an optimizer."
    lost = {lap.name: lap.diverged_at for lap in laps if lap.diverged_at is not None and lap.diverged_at <= step}
    order = sorted((float(lap.losses[step]), lap.name) for lap in laps if lap.name not in lost)
    parts = []
    if order:
        (best, leader), *others = order
        parts.append(f"After {step} steps {leader} leads: {spoken(best)} above the minimum")
        parts[0] += "".join(f"; {name} {spoken(loss)}" for loss, name in others) + "."
    parts += [f"{name} diverged: lost after step {at}." for name, at in lost.items()]
    away = [name for _, name in order if not _on_the_map(surface, laps, name, step)]
    if away:
        parts.append(f"Outside the map: {', '.join(away)}.")
    return " ".join([*parts, f"The loss {surface.formula} is {surface.lesson}."])


def _on_the_map(surface: LossSurface, laps: Sequence[Lap], name: str, step: int) -> bool:
    x, y = next(lap.points[step] for lap in laps if lap.name == name)
    return bool(surface.xlim[0] <= x <= surface.xlim[1] and surface.ylim[0] <= y <= surface.ylim[1])


def _losses(laps: Sequence[Lap], step: int) -> Figure:
    figure, axes = new_panel()
    for lap in laps:
        look, until = _LOOKS[lap.name], min(step, len(finite_start(lap.points)) - 1)
        heights = np.clip(lap.losses[: until + 1], 10.0**_FLOOR, None)
        axes.plot(range(until + 1), heights, color=look.colour, lw=1.5)
        axes.plot(until, heights[-1], look.marker, ms=8, mfc=look.colour, mec=LIGHT["ground"], mew=1, label=lap.name)
    axes.set_yscale("log")
    axes.set(xlim=(0, MOST_STEPS), ylim=(10.0**_FLOOR, 10.0**_CEILING), xlabel="step", title="loss above the minimum")
    axes.set_yticks([10.0**power for power in range(_FLOOR + 1, _CEILING + 1, 2)])
    plain_log_ticks(axes.yaxis)
    if laps:
        axes.legend(loc="upper right", ncols=3, columnspacing=0.9, handletextpad=0.1, borderaxespad=0)
    return figure
