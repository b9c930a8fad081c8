"""One look for every figure of the course: a palette by role, in a light and a dark theme, and matplotlib's settings.

A figure is drawn in the light theme. Where it becomes SVG, each colour of the palette turns into a CSS variable, so
that the page's theme decides; where it becomes PNG, it stays light on an opaque ground. The series stay apart with
every common colour vision deficiency (a test measures it), and each has its own dashes and marker, so that no meaning
hangs on colour.
"""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

P = ParamSpec("P")
R = TypeVar("R")

LIGHT: Final[dict[str, str]] = {
    "ground": "#fffffe",  # one off white, so that it is found again in the SVG; nobody sees it
    "ink": "#1c2430",
    "soft": "#4d5867",
    "line": "#c9d0d9",
    "series1": "#0a5fa5",
    "series2": "#c85200",
    "series3": "#00916e",
    "series4": "#8a1c6b",
    "series5": "#4a3400",
    "good": "#17663a",
    "bad": "#a3241f",
}
DARK: Final[dict[str, str]] = {
    "ground": "#1b2027",
    "ink": "#e8ecf1",
    "soft": "#b3bdc9",
    "line": "#475260",
    "series1": "#5aa9f0",
    "series2": "#ff8f4a",
    "series3": "#1fc49a",
    "series4": "#e59bd2",
    "series5": "#f2e361",
    "good": "#7ddc9f",
    "bad": "#ff9d94",
}

WIDTH: Final = 4.0
"""Inches of one panel: two stand side by side in a notebook, and one fills a phone, at a readable size of letters."""
HEIGHT: Final = 3.0

_SETTINGS: Final[Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LIGHT["soft"],
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": LIGHT["ink"],
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": LIGHT["ink"],
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlepad": 8,
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.6,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "legend.labelcolor": LIGHT["ink"],
    "lines.linewidth": 1.8,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",  # letters stay letters: small, searchable, in the page's own font
    "text.color": LIGHT["ink"],
    "text.parse_math": False,
    "xtick.color": LIGHT["soft"],
    "xtick.labelcolor": LIGHT["soft"],
    "xtick.labelsize": 9.5,
    "ytick.color": LIGHT["soft"],
    "ytick.labelcolor": LIGHT["soft"],
    "ytick.labelsize": 9.5,
}

MINUS: Final = "\N{MINUS SIGN}"
TIMES: Final = "\N{MULTIPLICATION SIGN}"
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Series:
    """How one of several curves looks.

    Attributes:
        colour: as ``#rrggbb``, of the light theme.
        dashes: a matplotlib line style.
        marker: a matplotlib marker.
    """

    colour: str
    dashes: Any
    marker: str


SERIES: Final[tuple[Series, ...]] = (
    Series(LIGHT["series1"], "-", "o"),
    Series(LIGHT["series2"], (0, (5, 1.5)), "s"),
    Series(LIGHT["series3"], (0, (1.5, 1.2)), "^"),
    Series(LIGHT["series4"], (0, (6, 1.5, 1.5, 1.5)), "D"),
    Series(LIGHT["series5"], (0, (3, 1, 1, 1, 1, 1)), "v"),
)


# matplotlib's settings are one for the whole process, and explorers may draw in threads of their own.
_ONE_AT_A_TIME: Final = threading.RLock()


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function under the course's settings, and leave the reader's own as they were."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with _ONE_AT_A_TIME, matplotlib.rc_context(_SETTINGS):
            return function(*args, **kwargs)

    return wrapped


@styled
def new_panel(
    *, width: float = WIDTH, height: float = HEIGHT, left: float = 0.58, right: float = 0.12, bottom: float = 0.5
) -> tuple[Figure, Any]:
    """Return (figure, axes) of one panel with fixed margins: nothing jumps while a slider moves.

    Args:
        width: of the panel, in inches.
        height: of the panel, in inches.
        left: margin for the tick labels, in inches.
        right: margin, in inches.
        bottom: margin for tick labels and axis label, in inches.
    """
    figure = Figure(figsize=(width, height))
    box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + 0.36) / height)
    return figure, figure.add_axes(box)


def head(axes: Any, title: str) -> None:
    """Put a title over a panel: from the panel's edge where names take much of its width, smaller where it is long."""
    box, across = axes.get_position(), float(axes.figure.get_size_inches()[0])
    left = box.x0 * across
    start = left if left <= 1.0 else 0.14
    size = min(11.0, 11.0 * (across - start - 0.05) / (0.087 * max(len(title), 1)))
    axes.set_title(title, x=(start - left) / (box.width * across), fontsize=max(size, 8.5))


def power_of_ten(value: float, _position: int | None = None) -> str:
    """A whole power of ten as ``10⁻³``, without mathematical typesetting; other numbers as themselves."""
    text = f"{value:.0e}" if value > 0 else f"{value:g}"
    digit, _, exponent = text.partition("e")
    if not exponent or float(text) != float(f"{value:.12g}"):
        return f"{value:g}"
    if -2 < int(exponent) < 2:
        return f"{value:g}"
    raised = str(int(exponent)).translate(_RAISED)
    return f"10{raised}" if digit == "1" else f"{digit}·10{raised}"


class _Decades(LogLocator):
    """The powers of ten; 1, 2 and 5 of each where there are fewer than two of them in sight."""

    def tick_values(self, vmin: float, vmax: float) -> Any:
        few = vmin > 0 and vmax > 0 and abs(math.log10(vmax / vmin)) < 1.7
        self.set_params(subs=(1.0, 2.0, 5.0) if few else (1.0,))
        return super().tick_values(vmin, vmax)


def plain_log_ticks(axis: Any) -> None:
    """Label the whole powers of ten of a logarithmic matplotlib axis, in letters that every font has."""
    if isinstance(axis.get_major_locator(), LogLocator):  # and no ticks of the caller's own
        axis.set_major_locator(_Decades())
    axis.set_major_formatter(FuncFormatter(power_of_ten))
    axis.set_minor_locator(NullLocator())


def spoken(value: float, digits: int = 3) -> str:
    """A number for a line of text: ``0.031``, ``1.2e-05``, with a real minus; what is nearly 0 is said to be so."""
    if value and abs(value) < 1e-12:
        return f"less than 1e{MINUS}12"
    return f"{value:.{digits}g}".replace("-", MINUS)


def elided(name: str, most: int = 20) -> str:
    """A name that is at most ``most`` letters long: of a longer one, the beginning and the end."""
    kept = (most - 1) // 2
    return name if len(name) <= most else f"{name[: most - 1 - kept]}…{name[-kept:]}"


def room_for(names: Iterable[str], *, least: float = 0.4) -> float:
    """Inches of margin that the longest of these tick labels needs."""
    return max(least, 0.14 + 0.078 * max((len(name) for name in names), default=0))
