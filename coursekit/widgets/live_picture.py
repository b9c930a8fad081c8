"""A picture that is drawn several times a second: curves written down as SVG, and by matplotlib where a file is wanted.

matplotlib takes a tenth of a second for four panels, which a run beside it would pay for; and its settings are one for
the whole process: a thread that draws with the course's would change the look of what a cell draws meanwhile. Curves
are simple enough to be written by hand. Both drawings have the same size, palette, dashes and markers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from coursekit.visualization import LIGHT, Picture, Series, new_panel, page_style, styled
from coursekit.visualization.style import MINUS, plain_log_ticks, power_of_ten

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 288.0, 172.0
"""Points of one panel: two stand side by side in a notebook, and four above each other on half a screen."""
LEFT, RIGHT, TOP, BOTTOM = 44.0, 10.0, 27.0, 36.0
MARK: Final = 2.2


@dataclass(frozen=True)
class Curve:
    """One curve of a panel.

    Attributes:
        name: in the legend; "" for none.
        x: (n,) floats.
        y: (n,) floats; what is not finite leaves a gap.
        look: its colour, dashes and marker.
        width: in points.
        marked: whether each point has the marker.
        stairs: whether a value holds until the next one.
    """

    name: str
    x: Floats
    y: Floats
    look: Series
    width: float = 1.8
    marked: bool = False
    stairs: bool = False


@dataclass(frozen=True)
class Panel:
    """Curves over one axis that begins at 0.

    Attributes:
        title: what the curves show.
        xlabel: of the horizontal axis.
        curves: from the back to the front.
        right: end of the horizontal axis, more than 0.
        top: what the vertical axis reaches at least; None: the curves decide.
        log: logarithmic vertical axis.
        names_below: whether the legend is in the lower right corner, and not in the upper one.
    """

    title: str
    xlabel: str
    curves: Sequence[Curve]
    right: float
    top: float | None = None
    log: bool = False
    names_below: bool = False

    def limits(self) -> tuple[float, float]:
        """Both ends of the vertical axis."""
        values = np.concatenate([np.zeros(0), *(curve.y for curve in self.curves)])
        values = values[np.isfinite(values) & (values > 0 if self.log else True)]
        if not len(values):
            return (0.1, 10.0) if self.log else (0.0, 1.04 * (self.top or 1.0))
        least, most = float(values.min()), float(values.max())
        if self.log:
            return least / 1.5, most * 1.5
        low = 0.0 if least >= 0 else 1.05 * least
        if self.top is not None and most <= self.top:
            most = self.top
        return low, max(most, 0.0) * 1.04 or 1.0


class LivePicture(Picture):
    """Panels of curves with their words.

    Args:
        shown: the panels.
        alt: what is drawn, in a sentence.
        state: what it shows now.
    """

    def __init__(self, shown: Sequence[Panel], *, alt: str, state: str) -> None:
        self.shown, self.alt, self.state = tuple(shown), alt, state
        self.panels = ()  # matplotlib's are drawn when a file is asked for

    def html(self, *, style: bool = True) -> str:
        """One ``<figure>``: the panels wrap under each other where there is little room."""
        drawings = "".join(panel_svg(panel) for panel in self.shown)
        return (
            f'{page_style() if style else ""}<figure class="ckf"><div class="ckf-panels" role="img" '
            f'aria-label="{escape(self.alt)}">{drawings}</div>'
            # Room for three lines: what is below the picture must not jump with the length of a number.
            f'<figcaption style="min-height:4.35em">{escape(self.state)}</figcaption></figure>'
        )

    def svg(self) -> bytes:
        """One standalone SVG file, light or dark as its reader prefers."""
        return self._drawn().svg()

    def png(self) -> bytes:
        """One PNG, light on an opaque ground."""
        return self._drawn().png()

    def _drawn(self) -> Picture:
        return Picture([_figure(panel) for panel in self.shown], alt=self.alt, state=self.state)


def panel_svg(panel: Panel) -> str:
    """One panel as ``<svg>``, its colours as the variables of ``page_style()``."""
    low, high = panel.limits()
    floor, ceiling = HEIGHT - BOTTOM, TOP
    parts = [_text(LEFT, 16, panel.title, "start", 11, "ink", "bold")]
    for value in ticks(low, high, log=panel.log):
        y = _height(panel, value, low, high)
        parts.append(f'<path d="M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}" {_stroke("line", 0.6)}/>')
        parts.append(_text(LEFT - 5, y + 3.4, _said(value, log=panel.log), "end", 9.5, "soft"))
    for value in ticks(0.0, panel.right, whole=True):
        x = _across(panel, value)
        parts.append(f'<path d="M{x:.1f} {ceiling:g}V{floor:g}" {_stroke("line", 0.6)}/>')
        parts.append(_text(x, floor + 13, _said(value), "middle", 9.5, "soft"))
    parts.append(f'<path d="M{LEFT:g} {ceiling:g}V{floor:g}H{WIDTH - RIGHT:g}" {_stroke("soft", 0.8)}/>')
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, panel.xlabel, "middle", 10, "ink"))
    for curve in panel.curves:
        parts.append(_curve(panel, curve, low, high))
    parts += _legend(panel)
    return f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" style="max-width:{WIDTH * 4 / 3:.0f}px">{"".join(parts)}</svg>'


def ticks(low: float, high: float, *, log: bool = False, whole: bool = False) -> list[float]:
    """Round numbers on an axis: three to six of them, where there are so many.

    Args:
        low: one end.
        high: the other end, greater.
        log: powers of ten, and where these are few also twice and five times them.
        whole: whole numbers only.
    """
    if log:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for each in ((1,), (1, 3), (1, 2, 5)):
            found = [part * 10.0**power for power in decades for part in each if low <= part * 10.0**power <= high]
            if len(found) >= 3:
                break
        return found[:: -(-len(found) // 6) or 1]
    raw = (high - low) / 4
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(part * unit for part in (1, 2, 2.5, 5, 10) if part * unit >= raw * 0.95)
    if whole:
        step = max(1.0, float(math.ceil(step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def _said(value: float, *, log: bool = False) -> str:
    return power_of_ten(value) if log else f"{value:.4g}".replace("-", MINUS)


def _across(panel: Panel, x: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * x / panel.right


def _height(panel: Panel, value: float, low: float, high: float) -> float:
    if panel.log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - low) / (high - low)


def _stroke(role: str, width: float) -> str:
    return f'fill="none" stroke="var(--ckf-{role},{LIGHT[role]})" stroke-width="{width:g}"'


def _role(look: Series) -> str:
    return next(role for role, colour in LIGHT.items() if colour == look.colour)


def _text(x: float, y: float, text: str, anchor: str, size: float, role: str, weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size:g}" font-weight="{weight}" '
        f'fill="var(--ckf-{role},{LIGHT[role]})">{escape(text)}</text>'
    )


def _dashes(curve: Curve) -> str:
    if curve.look.dashes == "-":
        return ""
    return f' stroke-dasharray="{" ".join(f"{part * curve.width:.1f}" for part in curve.look.dashes[1])}"'


def _curve(panel: Panel, curve: Curve, low: float, high: float) -> str:
    path, before = [], None
    marks = []
    for x, y in _places(panel, curve, low, high):
        if y is None:
            before = None
            continue
        if before is None:
            path.append(f"M{x:.1f} {y:.1f}")
        else:
            path.append(f"H{x:.1f}V{y:.1f}" if curve.stairs else f"L{x:.1f} {y:.1f}")
        before = y
        if curve.marked:
            marks.append(_mark(curve, x, y))
    if not path:
        return ""
    drawn = f'<path d="{"".join(path)}" {_stroke(_role(curve.look), curve.width)}{_dashes(curve)}/>'
    return drawn + "".join(marks)


def _places(panel: Panel, curve: Curve, low: float, high: float) -> Iterator[tuple[float, float | None]]:
    for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True):
        there = math.isfinite(y) and (y > 0 or not panel.log)
        yield _across(panel, x), _height(panel, y, low, high) if there else None


def _mark(curve: Curve, x: float, y: float) -> str:
    size, role = MARK, _role(curve.look)
    fill = f'fill="var(--ckf-{role},{LIGHT[role]})"'
    if curve.look.marker == "s":
        return f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size:g}" height="{2 * size:g}" {fill}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}" {fill}/>'


def _legend(panel: Panel) -> Iterator[str]:
    named = [curve for curve in panel.curves if curve.name]
    if len(named) < 2:
        return
    right = WIDTH - RIGHT - 4
    first = HEIGHT - BOTTOM - 8 - 13 * (len(named) - 1) if panel.names_below else TOP + 9
    for number, curve in enumerate(named):
        y = first + 13 * number
        yield _text(right - 28, y + 3.2, curve.name, "end", 9.5, "ink")
        yield f'<path d="M{right - 23:g} {y:g}H{right:g}" {_stroke(_role(curve.look), curve.width)}{_dashes(curve)}/>'
        if curve.marked:
            yield _mark(curve, right - 11.5, y)


@styled
def _figure(panel: Panel) -> Figure:
    """The same panel by matplotlib."""
    figure, axes = new_panel(width=WIDTH / 72, height=HEIGHT / 72, left=LEFT / 72, right=RIGHT / 72)
    for curve in panel.curves:
        axes.plot(
            curve.x,
            np.where(curve.y > 0, curve.y, np.nan) if panel.log else curve.y,
            color=curve.look.colour,
            ls=curve.look.dashes,
            lw=curve.width,
            marker=curve.look.marker if curve.marked else None,
            ms=2 * MARK,
            drawstyle="steps-post" if curve.stairs else "default",
            label=curve.name or None,
        )
    if panel.log:
        axes.set_yscale("log")
        plain_log_ticks(axes.yaxis)
    axes.set(xlim=(0, panel.right), ylim=panel.limits(), xlabel=panel.xlabel, title=panel.title)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    if len([curve for curve in panel.curves if curve.name]) > 1:
        axes.legend(loc="lower right" if panel.names_below else "upper right")
    return figure
