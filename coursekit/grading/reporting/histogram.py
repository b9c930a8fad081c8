"""A histogram of whole numbers: its bins, and where its bars and labels stand in a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_BINS: Final = 13
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 560.0, 190.0, 8.0, 22.0, 30.0


@dataclass(frozen=True)
class Bar:
    """One bin, from ``low`` to ``high`` with both ends in it, and its rectangle in units of the drawing."""

    low: int
    high: int
    count: int
    x: float
    y: float
    width: float
    height: float

    @property
    def label(self) -> str:
        """``"3"`` or ``"0-4"``."""
        return str(self.low) if self.low == self.high else f"{self.low}\N{EN DASH}{self.high}"

    @property
    def middle(self) -> float:
        """Of the bar, across."""
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class Histogram:
    """Bars above a base line, in a drawing of ``width`` by ``height``."""

    bars: tuple[Bar, ...]
    width: float = _WIDTH
    height: float = _HEIGHT
    base: float = _HEIGHT - _BOTTOM

    @property
    def labelled(self) -> tuple[Bar, ...]:
        """The bars whose label there is room for."""
        step = 2 if len(self.bars) > 8 and max(len(bar.label) for bar in self.bars) > 4 else 1
        return self.bars[::step]


def histogram(values: Sequence[float], largest: int) -> Histogram:
    """Count points from 0 to ``largest`` in at most 13 bins; 4.5 is counted where 4 is.

    Bins are 1, 2, 5, 10, ... wide, so that their limits are numbers that one can read; the last one ends with
    ``largest``.

    Args:
        values: 0 <= value <= largest.
        largest: what the last bin holds; full marks.
    """
    wide = _bin_width(largest)
    lows = range(0, largest + 1, wide)
    counts = [0] * len(lows)
    for value in values:
        counts[int(min(max(value, 0), largest)) // wide] += 1
    most = max(1, *counts) if counts else 1
    slot = (_WIDTH - 2 * _LEFT) / len(lows)
    room = _HEIGHT - _TOP - _BOTTOM
    bars = []
    for number, (low, count) in enumerate(zip(lows, counts, strict=True)):
        height = round(room * count / most, 2)
        bars.append(
            Bar(
                low=low,
                high=min(low + wide - 1, largest),
                count=count,
                x=round(_LEFT + slot * number + slot * 0.06, 2),
                y=round(_HEIGHT - _BOTTOM - height, 2),
                width=round(slot * 0.88, 2),
                height=height,
            )
        )
    return Histogram(tuple(bars))


def _bin_width(largest: int) -> int:
    wide, steps = 1, 0
    while largest // wide + 1 > MOST_BINS:
        steps += 1
        wide = (1, 2, 5)[steps % 3] * 10 ** (steps // 3)
    return wide
