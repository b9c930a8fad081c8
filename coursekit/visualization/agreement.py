"""Two frameworks on the same work: their numbers over each other, and how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import ConfigurationError, DataError

from .legends import add_legend
from .picture import Picture
from .style import LIGHT, MINUS, SERIES, head, new_panel, plain_log_ticks, power_of_ten, spoken, styled

Floats = NDArray[np.float64]


@styled
def parity(
    *, tolerance: float, title: str, xlabel: str, x: Sequence[float] | None = None, **curves: ArrayLike
) -> Picture:
    """Draw what several frameworks computed over each other, and beside it how far each is from the first.

    It shows and says whether they agree; the assertion belongs into the reader's cell.

    Args:
        tolerance: greatest absolute difference that counts as agreement, above 0.
        title: what was computed, with its unit.
        xlabel: what one number belongs to: "update", "epoch", "parameter".
        x: the positions; by default 1, 2, ...
        curves: name=numbers, two to five, of one shape; more than one axis is read row by row.

    Raises:
        ConfigurationError: a tolerance that is not above 0.
        DataError: fewer than two or more than five, empty ones, or of several shapes.
    """
    if not tolerance > 0:
        raise ConfigurationError(f"tolerance={tolerance!r}", expected="a number above 0", mend="state the greatest gap")
    if not 2 <= len(curves) <= len(SERIES):
        raise DataError(
            f"{len(curves)} results to compare", expected=f"2 to {len(SERIES)}", mend="PyTorch=..., TensorFlow=..."
        )
    shapes = {name: np.shape(values) for name, values in curves.items()}
    values = {name: np.asarray(given, dtype=np.float64).ravel() for name, given in curves.items()}
    size = len(next(iter(values.values())))
    if len(set(shapes.values())) > 1 or not size or (x is not None and len(x) != size):
        raise DataError(
            f"results of the shapes {shapes}" + (f" over {len(x)} positions" if x is not None else ""),
            expected="one shape, not empty, and a position for each number",
            mend="compare numbers of the same run; a scalar of each step makes an array of (steps,)",
        )
    places: Floats = np.asarray(range(1, size + 1) if x is None else x, dtype=np.float64)
    first, *others = values
    gaps = {name: np.abs(values[name] - values[first]) for name in others}
    names = " and ".join(values) if len(values) == 2 else ", ".join(values)
    return Picture(
        [_over_each_other(places, values, title, xlabel), _apart(places, first, gaps, tolerance, xlabel)],
        alt=f"Left: {title} of {names} over each other. Right: absolute differences on a logarithmic axis, with the "
        f"tolerance {spoken(tolerance)}.",
        state=" ".join(_verdict(first, name, gap, tolerance, places, xlabel) for name, gap in gaps.items()),
    )


def _over_each_other(places: Floats, values: dict[str, Floats], title: str, xlabel: str) -> Figure:
    figure, axes = new_panel(left=0.7)
    for index, (name, numbers) in enumerate(values.items()):
        look = SERIES[index]
        # The first lies wide and pale below: where two curves are one, both are still seen.
        if index:
            # Few markers, and shifted, so that those of three curves do not hide each other.
            step = max(1, len(places) // 12)
            marks: dict[str, Any] = {"marker": look.marker, "ms": 4.5, "markevery": (index * step // 2 % step, step)}
            axes.plot(places, numbers, color=look.colour, ls=look.dashes, lw=1.5, label=name, **marks)
        else:
            alone = {"marker": look.marker, "ms": 9} if len(places) == 1 else {}
            axes.plot(
                places, numbers, color=look.colour, lw=5.5, alpha=0.4, solid_capstyle="round", label=name, **alone
            )
    head(axes, title)
    axes.set_xlabel(xlabel)
    _whole(axes, places)
    add_legend(figure, axes)
    return figure


def _apart(places: Floats, first: str, gaps: dict[str, Floats], tolerance: float, xlabel: str) -> Figure:
    figure, axes = new_panel(left=0.7)
    least = min((float(gap[gap > 0].min()) for gap in gaps.values() if (gap > 0).any()), default=tolerance)
    floor = min(least, tolerance) / 10
    for index, (name, gap) in enumerate(gaps.items()):
        look = SERIES[index + 1]
        apart = np.where(gap > 0, gap, np.nan)
        marked: dict[str, Any] = {"marker": look.marker, "ms": 4}
        axes.plot(
            places, apart, color=look.colour, ls=look.dashes if len(gaps) > 1 else "-", lw=1.2, label=name, **marked
        )
        equal = places[gap == 0]
        if len(equal):
            # A logarithmic axis has no place for 0: what is equal to the last bit sits on its edge, hollow.
            axes.plot(
                equal, np.full(len(equal), floor), look.marker, ms=4, mfc="none", mec=look.colour, ls="none",
                clip_on=False, label="exactly equal" if len(gaps) == 1 else f"{name}, exactly equal",
            )  # fmt: skip
    axes.axhline(tolerance, color=LIGHT["bad"], ls=(0, (2, 1.5)), lw=1.5)
    axes.annotate(
        f"tolerance {power_of_ten(tolerance)}", (0, tolerance), xycoords=("axes fraction", "data"), xytext=(3, 5),
        textcoords="offset points", color=LIGHT["bad"], fontsize=9.5,
        bbox={"facecolor": LIGHT["ground"], "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
    )  # fmt: skip
    greatest = max(float(np.nanmax(np.where(np.isfinite(gap), gap, 0))) for gap in gaps.values())
    axes.set_yscale("log")
    axes.set_ylim(floor, 6 * max(greatest, tolerance))
    plain_log_ticks(axes.yaxis)
    only = next(iter(gaps))
    head(axes, f"|{only} {MINUS} {first}|" if len(gaps) == 1 else f"distance from {first}")
    axes.set_xlabel(xlabel)
    _whole(axes, places)
    if len(gaps) > 1:
        add_legend(figure, axes)
    return figure


def _whole(axes: Any, places: Floats) -> None:
    if all(float(place).is_integer() for place in places):
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _verdict(first: str, name: str, gap: Floats, tolerance: float, places: Floats, xlabel: str) -> str:
    pair = f"{name} and {first}"
    if not np.isfinite(gap).all():
        at = places[int((~np.isfinite(gap)).argmax())]
        return f"{pair} cannot be compared: not finite from {xlabel} {at:g} on."
    if not gap.any():
        return f"{pair} are equal to the last bit, in all {len(gap)} numbers."
    worst = int(gap.argmax())
    said = "within" if gap[worst] <= tolerance else "OUTSIDE"
    equal = int((gap == 0).sum())
    more = f" {equal} of {len(gap)} are exactly equal (hollow, at the foot)." if equal else ""
    return (
        f"{pair} differ by at most {spoken(float(gap[worst]), 2)} ({xlabel} {places[worst]:g}): {said} the tolerance "
        f"{spoken(tolerance)}.{more}"
    )
