"""Loss curves drawn so that each way to misread them gives another answer."""

from __future__ import annotations

import math

import numpy as np

Curves = dict[str, list[float]]

BATCHES = 12


def loss_curves(rng: np.random.Generator) -> list[tuple[Curves, float]]:
    """Four pairs of curves of batch losses, each with its threshold.

    In the first, the quick one rises most, ends higher, comes back above the threshold, and falls less in all than
    the slow one, which trembles often and little. In the second, the quick one starts high: its mean, its spread and
    its jumps are the larger. In the third, one touches the threshold, never gets below it, and falls more. The
    fourth is plain, so that a wrong measure differs from the opposite of the right one.
    """
    step = np.arange(BATCHES)
    tremble = np.where(step % 2 == 0, 0.02, 0.0)
    quick_rough = np.array([2.4, 1.7, 1.25, 0.9, 1.2, 1.1, 1.25, 1.1, 0.8, 1.15, 0.9, 0.75])
    slow_smooth = np.array([7.0, 5.8, 5.8, 3.9, 3.9, 1.6, 1.6, 0.9, 0.9, 0.6, 0.6, 0.3]) + tremble
    quick_smooth = np.array([12.0, 5.0, 0.9, 0.88, 0.86, 0.84, 0.82, 0.8, 0.78, 0.76, 0.74, 0.72]) + tremble
    slow_rough = np.array([2.2, 1.5, 1.9, 1.2, 1.7, 1.1, 1.6, 1.05, 1.4, 0.6, 0.7, 0.4])
    gets_there = np.array([2.3, 2.2, 2.1, 2.0, 1.8, 1.7, 1.5, 0.9, 0.95, 1.9, 0.98, 0.97])
    never = np.array([4.6, 1.9, 1.7, 1.9, 1.6, 1.0, 1.3, 1.25, 1.22, 1.21, 1.2, 1.2])
    clearly_quick = np.array([2.4, 1.2, 1.9, 0.8, 1.4, 0.6, 1.2, 0.5, 0.9, 0.4, 0.6, 0.3])
    clearly_slow = np.array([2.3, 2.2, 2.1, 2.0, 1.9, 1.8, 1.7, 1.6, 1.4, 1.2, 0.95, 0.9])
    pairs = [(quick_rough, slow_smooth), (slow_rough, quick_smooth), (never, gets_there), (clearly_slow, clearly_quick)]
    made = []
    for pair in pairs:
        scale = float(rng.uniform(0.5, 0.9))
        names = [str(name) for name in rng.permutation(["Adam", "SGD", "SGD with weight decay"])[:2]]
        noise = rng.uniform(-0.004, 0.004, (2, BATCHES))
        curves = {
            name: [scale * float(loss) for loss in np.where(curve == 1.0, 1.0, curve + shake)]
            for name, curve, shake in zip(names, pair, noise, strict=True)
        }
        made.append((curves, scale))
    return made


def epoch_curves(rng: np.random.Generator) -> list[dict[float, list[float]]]:
    """Three sweeps of four rates: all converge; two end in NaN; one was infinite on its way and ends lowest."""
    ends_lowest = [2.5, 2.2, 1.7, 1.2, 0.5]
    starts_lowest = [1.9, 1.85, 1.8, 1.75, 1.7]
    dips = [4.0, 0.4, 0.45, 0.6, 0.9]
    slow = [2.6, 2.5, 2.4, 2.3, 2.2]
    overflows = [2.0, math.inf, 1.5, 0.3, 0.1]
    vanishes = [1.8, 0.3, math.nan, math.nan, math.nan]
    sweeps = [
        [slow, starts_lowest, ends_lowest, dips],
        [vanishes, ends_lowest, dips, vanishes],
        [dips, overflows, ends_lowest, slow],
    ]
    # The best is neither the lowest nor the highest rate.
    orders = [(0, 3, 1, 2), (0, 2, 1, 3), (0, 3, 2, 1)]
    made = []
    for curves, order in zip(sweeps, orders, strict=True):
        rates = 10.0 ** rng.uniform(-0.3, 0.3, 4) * np.array([0.001, 0.01, 0.1, 1.0])
        scale = float(rng.uniform(0.7, 1.4))
        made.append(
            {float(rates[place]): [scale * loss for loss in curve] for place, curve in zip(order, curves, strict=True)}
        )
    return made
