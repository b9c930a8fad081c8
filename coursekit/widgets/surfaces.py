"""Loss surfaces over two parameters with their gradients in closed form: where optimizers show what they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from coursekit.visualization.style import MINUS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LossSurface:
    """A loss of two parameters.

    Attributes:
        name: under which it is chosen.
        formula: as text.
        lesson: what it is, and what that shows.
        value: (x, y) -> loss, elementwise.
        gradient: (x, y) -> (d/dx, d/dy), elementwise.
        start: where a race begins.
        minima: where the loss is least.
        least: that loss.
        xlim: range that is drawn.
        ylim: range that is drawn.
    """

    name: str
    formula: str
    lesson: str
    value: Callable[[Floats, Floats], Floats]
    gradient: Callable[[Floats, Floats], tuple[Floats, Floats]]
    start: tuple[float, float]
    minima: tuple[tuple[float, float], ...]
    least: float
    xlim: tuple[float, float]
    ylim: tuple[float, float]


_STEEP: Final = 40.0

BOWL: Final = LossSurface(
    name="bowl",
    formula="(x² + y²) / 2",
    lesson="equally curved everywhere: plain gradient descent goes straight down",
    value=lambda x, y: (x**2 + y**2) / 2,
    gradient=lambda x, y: (x, y),
    start=(-1.7, 1.0),
    minima=((0.0, 0.0),),
    least=0.0,
    xlim=(-2.2, 2.2),
    ylim=(-1.65, 1.65),
)
RAVINE: Final = LossSurface(
    name="ravine",
    formula=f"(x² + {_STEEP:g} y²) / 2",
    lesson=f"{_STEEP:g} times as steep across as along: plain descent diverges with a rate above {2 / _STEEP:g}",
    value=lambda x, y: (x**2 + _STEEP * y**2) / 2,
    gradient=lambda x, y: (x, _STEEP * y),
    start=(-1.8, 0.6),
    minima=((0.0, 0.0),),
    least=0.0,
    xlim=(-2.2, 2.2),
    ylim=(-1.1, 1.1),
)
SADDLE: Final = LossSurface(
    name="saddle",
    formula=f"(x² {MINUS} y²) / 2 + y⁴ / 4",
    lesson="flat at the saddle (0, 0) between two minima: whoever gathers speed leaves it first",
    value=lambda x, y: (x**2 - y**2) / 2 + y**4 / 4,
    gradient=lambda x, y: (x, y**3 - y),
    start=(-1.7, 0.01),
    minima=((0.0, 1.0), (0.0, -1.0)),
    least=-0.25,
    xlim=(-2.2, 2.2),
    ylim=(-1.65, 1.65),
)
ROSENBROCK: Final = LossSurface(
    name="Rosenbrock",
    formula=f"(1 {MINUS} x)² + 100 (y {MINUS} x²)²",
    lesson="a bent valley with a flat floor: its walls allow plain descent a rate near 0.001, its floor needs more",
    value=lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    gradient=lambda x, y: (-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)),
    start=(-1.2, 1.0),
    minima=((1.0, 1.0),),
    least=0.0,
    xlim=(-1.8, 1.8),
    ylim=(-0.7, 2.0),
)

SURFACES: Final[dict[str, LossSurface]] = {surface.name: surface for surface in (BOWL, RAVINE, SADDLE, ROSENBROCK)}
