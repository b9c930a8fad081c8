"""lr_find: the learning-rate range test."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit import _curves
from coursekit.errors import ConfigurationError
from coursekit.training import trial

# Share of the sweep that comes before the first usable slope: a mean of few losses is mostly noise.
WARM_UP = 0.1
# Standard errors by which the curve must fall: a model that has learnt already, or cannot, has a curve of noise.
CLEARLY = 4.0


@dataclass(frozen=True, eq=False)
class LRFinderResult:
    """What ``lr_find`` saw.

    Attributes:
        rates: (steps,) float64, the rate of each step taken.
        losses: (steps,) float64, the loss of each step before its update.
        smoothed: (steps,) float64, their exponential moving average, corrected for its start at 0.
        diverged: whether the sweep ended early, because the loss blew up.
        steepest: the rate at which the smoothed loss falls fastest per factor of the rate; None where it never fell.
        minimum_tenth: a tenth of the rate at which the smoothed loss is lowest; None where it never fell.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    diverged: bool
    steepest: float | None
    minimum_tenth: float | None

    @property
    def suggestion(self) -> float | None:
        """The smaller of the two proposals: too small a rate costs time, too large a one the run."""
        if self.steepest is None or self.minimum_tenth is None:
            return None
        return min(self.steepest, self.minimum_tenth)

    def __repr__(self) -> str:
        """The proposals on one line."""
        if self.suggestion is None:
            return f"LRFinderResult({len(self.rates)} steps; the loss never fell)"
        return (
            f"LRFinderResult({len(self.rates)} steps; suggestion {self.suggestion:.2g}: "
            f"steepest {self.steepest:.2g}, minimum / 10 {self.minimum_tenth:.2g})"
        )

    def plot(self) -> Any:
        """Draw loss against rate with both proposals, and return the matplotlib figure. Needs the extra ``lab``."""
        figure = _curves.new_figure(5.5, 3.4)
        axes = figure.subplots()
        shown = np.isfinite(self.losses)
        axes.plot(self.rates[shown], self.losses[shown], ".", color="0.75", label="loss of the step")
        axes.plot(self.rates, self.smoothed, color="#0072B2", label="smoothed")
        for name, rate, color in (
            ("steepest", self.steepest, "#D55E00"),
            ("minimum / 10", self.minimum_tenth, "#009E73"),
        ):
            if rate is not None:
                axes.axvline(rate, color=color, ls="--", label=f"{name}: {rate:.2g}")
        finite = self.smoothed[np.isfinite(self.smoothed)]
        if len(finite):
            axes.set_ylim(0, 1.5 * max(finite[0], finite.min()))
        axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
        axes.legend(frameon=False)
        return figure


def lr_find(
    trainer: Any,
    data: Any,
    *,
    start: float = 1e-7,
    end: float = 1.0,
    steps: int = 100,
    batch_size: int = 64,
    smoothing: float = 0.9,
    diverges_at: float = 4.0,
    augment: Callable[..., Any] | None = None,
    **settings: Any,
) -> LRFinderResult:
    """Raise the learning rate from step to step, by a constant factor, and watch the loss.

    The range test of Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3, with a geometric
    in place of a linear rise. The steps are real ones, and are taken back: afterwards model, optimizer, modes, random
    streams and trainer are as found, and a run that follows is the same as without. The average lags behind the loss
    by about ``1 / (1 - smoothing)`` steps, so that proposals err upwards; ``suggestion`` is the smaller of two.

    Args:
        trainer: a Trainer, or a model.
        data: what ``fit`` takes as training data.
        start: rate of the first step.
        end: rate of the last.
        steps: how many optimizer steps; data are gone through as often as it takes.
        batch_size: images per step; for an ArrayDataset.
        smoothing: weight of the past in the moving average, in [0, 1).
        diverges_at: the sweep ends when the average is this many times its lowest value so far.
        augment: as in ``fit``.
        settings: of the Trainer, where a model is given: ``lr_find(model, data, optimizer="momentum")``.

    Raises:
        ConfigurationError: rates that are not positive and rising, fewer than 10 steps, a smoothing outside [0, 1), an
            optimizer that keeps its rate to itself.
        DataError, ModelError: as in ``fit``.
    """
    _check(start, end, steps, smoothing, diverges_at)
    trainer = trial.as_trainer(trainer, settings)
    rates = np.geomspace(start, end, steps)
    losses: list[float] = []
    smoothed: list[float] = []
    average, best, diverged = 0.0, math.inf, False
    with trial.trial(trainer) as backend:
        source = trial.source_of(trainer, data, batch_size, augment=augment)
        blocks = trial.steps(source, trainer.settings.accumulate)
        for number, (rate, block) in enumerate(zip(rates, blocks, strict=False), 1):
            loss = trial.loss_of(backend, backend.fetch(backend.train_steps(block, [float(rate)])))
            average = smoothing * average + (1 - smoothing) * loss
            losses.append(loss)
            smoothed.append(average / (1 - smoothing**number))
            if not math.isfinite(loss) or smoothed[-1] > diverges_at * best:
                diverged = True
                break
            best = min(best, smoothed[-1])
    taken = rates[: len(losses)]
    steepest, minimum = None, None
    if falls(np.array(losses), smoothing):
        steepest, minimum = proposals(taken, np.array(smoothed))
    return LRFinderResult(
        taken, np.array(losses), np.array(smoothed), diverged, steepest, None if minimum is None else minimum / 10
    )


def proposals(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Return the rate at which a loss curve falls fastest, and the one at which it is lowest.

    Args:
        rates: (steps,) rising geometrically.
        losses: (steps,) smoothed.

    Returns:
        None twice where the curve is lowest at its beginning.
    """
    first = max(1, round(WARM_UP * len(rates)))
    usable = losses[first:]
    usable = usable[np.isfinite(usable)]
    lowest = int(usable.argmin()) if len(usable) else 0
    if lowest == 0:
        return None, None
    slope = np.gradient(usable[: lowest + 1], np.log(rates[first : first + lowest + 1]))
    return float(rates[first + int(slope.argmin())]), float(rates[first + lowest])


def falls(losses: NDArray[np.float64], smoothing: float) -> bool:
    """Tell whether losses fall by more than their own noise would let a moving average fall.

    Args:
        losses: (steps,) raw.
        smoothing: of the moving average, whose variance is (1 - smoothing) / (1 + smoothing) of theirs.
    """
    early = losses[: max(5, len(losses) // 5)]  # rates that small move nothing
    average = np.convolve(losses, np.ones(5) / 5, mode="valid")
    average = average[np.isfinite(average)]
    if len(average) == 0 or not np.isfinite(early).all():
        return False
    error = float(early.std()) * math.sqrt(max((1 - smoothing) / (1 + smoothing), 1 / 5))
    return bool(average.min() < early.mean() - CLEARLY * error)


def _check(start: float, end: float, steps: int, smoothing: float, diverges_at: float) -> None:
    if not (0 < start < end and math.isfinite(end)):
        raise ConfigurationError(
            f"start={start!r}, end={end!r}", expected="positive rates, end above start", mend="start=1e-7, end=1.0"
        )
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 10:
        raise ConfigurationError(f"steps={steps!r}", expected="an integer, 10 or more", mend="100 is usual")
    if not 0 <= smoothing < 1:
        raise ConfigurationError(f"smoothing={smoothing!r}", expected="a number in [0, 1)", mend="0.9 is usual")
    if not diverges_at > 1:
        raise ConfigurationError(f"diverges_at={diverges_at!r}", expected="a number above 1", mend="4 is usual")
