"""Images in a grid, with their titles, boxes and masks."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import DataError

from .cells import outline, runs
from .picture import Picture
from .style import LIGHT, SERIES, TIMES, elided, styled

Floats = NDArray[np.float64]
Boxes = Sequence[ArrayLike] | Mapping[str, Sequence[ArrayLike]]

MOST: Final = 96
_PAGE: Final = 8.0  # inches: what a notebook is wide
_LARGEST, _GAP, _LINE = 1.5, 0.1, 0.165  # inches
_SIDE: Final = 256  # pixels: finer than a picture of this size shows


@dataclass(frozen=True)
class _Grid:
    """Where the images lie, in inches from the upper left corner."""

    columns: int
    rows: int
    width: float
    height: float
    lines: int
    top: float
    bottom: float

    @property
    def size(self) -> tuple[float, float]:
        across = self.columns * (self.width + _GAP) + _GAP
        return max(across, 3.0), self.top + self.rows * (self.height + self._title + _GAP) + self.bottom

    @property
    def _title(self) -> float:
        return self.lines * _LINE + (0.05 if self.lines else 0)

    def corner(self, index: int) -> tuple[float, float]:
        row, column = divmod(index, self.columns)
        step = self.height + self._title + _GAP
        return _GAP + column * (self.width + _GAP), self.top + row * step + self._title


@styled
def images(
    array: ArrayLike,
    *,
    titles: Sequence[object] | None = None,
    boxes: Boxes | None = None,
    masks: ArrayLike | None = None,
    columns: int = 8,
    title: str = "",
) -> Picture:
    """Draw images beside each other, pixel by pixel, row after row.

    Args:
        array: (n, height, width, channels) floats in [0, 1], with 1 channel (grey) or 3 (RGB).
        titles: n of them, over the images; two short lines at most.
        boxes: for each image (k, 4) or (4,) numbers: x1, y1, x2, y2 in pixels, x2 and y2 exclusive; or name -> such a
            sequence, up to five, each with its own colour and dashes.
        masks: (n, height, width), true or a share in [0, 1]: tinted, with an outline where it is above a half.
        columns: most images in a row.
        title: of the whole.

    Raises:
        DataError: another shape, numbers outside [0, 1], more than 96 images, or titles, boxes or masks that do not
            belong to the images.
    """
    pixels = _checked(array)
    count, height, width, channels = pixels.shape
    said = ["" if one is None else str(one) for one in titles] if titles is not None else [""] * count
    named = _named_boxes(boxes, count)
    shade = None if masks is None else _checked_masks(masks, (count, height, width))
    if len(said) != count or columns < 1:
        raise DataError(f"{len(said)} titles in {columns} columns for {count} images", expected="one title each")
    grid, lines = _grid(pixels, said, columns, title, len(named) > 1)
    figure = Figure(figsize=grid.size)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, grid.size[0]), ylim=(grid.size[1], 0))
    axes.set_axis_off()
    if title:
        axes.text(_GAP, 0.24, title, fontsize=11, fontweight="bold", color=LIGHT["ink"])
    for index, image in enumerate(pixels):
        left, top = grid.corner(index)
        extent = (left, left + grid.width, top + grid.height, top)
        _draw(axes, np.repeat(image, 3, 2) if channels == 1 else image, extent)
        if lines[index]:
            axes.text(left, top - 0.05, lines[index], fontsize=9.5, va="bottom", linespacing=1.15, color=LIGHT["ink"])
        if shade is not None:
            _draw_mask(axes, shade[index], extent)
    for per_image, look in zip(named.values(), SERIES, strict=False):
        _draw_boxes(axes, per_image, grid, (height, width), look)
    if len(named) > 1:
        handles = [
            Line2D([], [], color=look.colour, ls=look.dashes, lw=2) for _, look in zip(named, SERIES, strict=False)
        ]
        figure.legend(handles, list(named), loc="lower left", ncols=len(named), columnspacing=1.2)
    return Picture([figure], alt=_alt(count, said, named, shade is not None, title), state=_state(pixels, named, shade))


def _checked(array: ArrayLike) -> Floats:
    pixels = np.asarray(array, dtype=np.float64)
    if pixels.ndim != 4 or pixels.shape[3] not in (1, 3) or not 1 <= len(pixels) <= MOST or 0 in pixels.shape:
        raise DataError(
            f"images of the shape {pixels.shape}",
            expected=f"(n, height, width, channels) with 1 to {MOST} images and 1 or 3 channels",
            mend="images[:16] for some of them; images[..., None] for a missing channel; "
            "images.transpose(0, 2, 3, 1) for PyTorch's order",
        )
    low, high = float(pixels.min()), float(pixels.max())
    # Rounding may leave an image a hair outside; anything more is another scale, and would be shown clipped.
    if not (low >= -1e-4 and high <= 1 + 1e-4):
        raise DataError(
            f"pixels from {low:g} to {high:g}",
            expected="numbers in [0, 1]",
            mend="divide by 255, or undo normalisation",
        )
    return np.clip(pixels, 0, 1)


def _named_boxes(boxes: Boxes | None, count: int) -> dict[str, list[Floats]]:
    given = {} if boxes is None else (dict(boxes) if isinstance(boxes, Mapping) else {"": boxes})
    named = {}
    for name, per_image in given.items():
        found = [np.asarray(one, dtype=np.float64) for one in per_image]
        good = all(one.size == 0 or (one.ndim in (1, 2) and one.shape[-1] == 4) for one in found)
        if len(found) != count or not good or len(given) > len(SERIES):
            raise DataError(
                f"boxes {name!r} of the shapes {[one.shape for one in found[:5]]} for {count} images",
                expected=f"for each image (k, 4): x1, y1, x2, y2; at most {len(SERIES)} kinds",
                mend="give an empty array for an image without a box",
            )
        named[name] = [one.reshape(-1, 4) for one in found]
    return named


def _checked_masks(masks: ArrayLike, shape: tuple[int, int, int]) -> Floats:
    shade = np.asarray(masks, dtype=np.float64)
    if shade.shape != shape or not (shade.min() >= 0 and shade.max() <= 1):
        raise DataError(
            f"masks of the shape {shade.shape} from {shade.min() if shade.size else 0:g} to "
            f"{shade.max() if shade.size else 0:g}",
            expected=f"{shape}, truths or shares in [0, 1]",
            mend="masks of classes: compare first, masks > 0",
        )
    return shade


def _grid(pixels: Floats, titles: list[str], columns: int, title: str, legend: bool) -> tuple[_Grid, list[str]]:
    count, height, width, _ = pixels.shape
    columns = min(columns, count)
    across = min((_PAGE - _GAP) / columns - _GAP, _LARGEST)
    letters = max(4, int(across * 72 / 5.3))
    # The page's own font decides how wide a letter is: this many fit with all that are common.
    wrapped = [textwrap.wrap(one, letters, max_lines=2, placeholder="…") for one in titles]
    wrapped = [[elided(line, letters) for line in one] for one in wrapped]
    lines = max(map(len, wrapped))
    rows = math.ceil(count / columns)
    grid = _Grid(
        columns,
        rows,
        across,
        across * height / width,
        lines,
        top=0.42 if title else _GAP,
        bottom=0.3 if legend else 0.0,
    )
    return grid, ["\n".join(one) for one in wrapped]


def _draw(axes: Any, image: Floats, extent: tuple[float, float, float, float]) -> None:
    stride = max(1, math.ceil(max(image.shape[:2]) / _SIDE))
    shown = np.round(255 * image[::stride, ::stride]).astype(np.uint8)
    # "none" hands the pixels themselves to the page, which draws them as squares.
    axes.imshow(shown, extent=extent, interpolation="none", aspect="auto", zorder=1)
    left, right, bottom, top = extent
    frame = outline([(left, top, right, bottom)])
    axes.add_patch(PathPatch(frame, facecolor="none", edgecolor=LIGHT["line"], lw=0.8, zorder=2))


def _draw_mask(axes: Any, shade: Floats, extent: tuple[float, float, float, float]) -> None:
    tint = np.empty((*shade.shape, 4))
    tint[..., :3], tint[..., 3] = to_rgb(SERIES[2].colour), 0.45 * shade
    axes.imshow(tint, extent=extent, interpolation="none", aspect="auto", zorder=3)
    left, right, bottom, top = extent
    scale = np.array([(right - left) / shade.shape[1], (bottom - top) / shade.shape[0]])
    segments = mask_outline(shade > 0.5)
    if segments:
        points = np.array([point for segment in segments for point in segment]) * scale + (left, top)
        path = Path(points, [Path.MOVETO, Path.LINETO] * len(segments))
        _halo(axes, path, SERIES[2].colour, "-", 1.2, zorder=4)


def mask_outline(mask: NDArray[np.bool_]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight pieces of the border between true and false pixels, in pixels: ((x, y), (x, y)) each."""
    padded = np.pad(mask, 1).astype(np.int8)
    across, down = np.diff(padded, axis=0), np.diff(padded, axis=1)
    pieces = []
    for y, line in enumerate(across[:, 1:-1] != 0):
        pieces += [((float(start), float(y)), (float(stop), float(y))) for start, stop in runs(line)]
    for x, line in enumerate((down[1:-1] != 0).T):
        pieces += [((float(x), float(start)), (float(x), float(stop))) for start, stop in runs(line)]
    return pieces


def _draw_boxes(axes: Any, per_image: list[Floats], grid: _Grid, size: tuple[int, int], look: Any) -> None:
    height, width = size
    scale = np.array([grid.width / width, grid.height / height] * 2)
    corners = [tuple(box * scale + grid.corner(index) * 2) for index, boxes in enumerate(per_image) for box in boxes]
    if corners:
        _halo(axes, outline(corners), look.colour, look.dashes, 1.8, zorder=5)


def _halo(axes: Any, path: Path, colour: str, dashes: Any, width: float, zorder: float) -> None:
    """A line on an image: on a ground of its own, so that it is seen on light and dark pixels."""
    ground = to_rgba(LIGHT["ground"], 0.75)
    axes.add_patch(PathPatch(path, facecolor="none", edgecolor=ground, lw=width + 1.6, zorder=zorder))
    axes.add_patch(PathPatch(path, facecolor="none", edgecolor=colour, lw=width, ls=dashes, zorder=zorder + 0.5))


def _alt(count: int, titles: list[str], named: Mapping[str, Any], masked: bool, title: str) -> str:
    said = f"{title}: " if title else ""
    said += f"{count} image{'s' if count > 1 else ''}"
    shown = [one for one in titles if one]
    if shown:
        said += f", {', '.join(shown[:24])}" + (", ..." if len(shown) > 24 else "")
    marks = [f"boxes ({', '.join(filter(None, named))})" if any(named) else "boxes"] if named else []
    marks += ["masks"] if masked else []
    return f"{said}, with {' and '.join(marks)}." if marks else f"{said}."


def _state(pixels: Floats, named: Mapping[str, list[Floats]], shade: Floats | None) -> str:
    count, height, width, channels = pixels.shape
    said = f"{count} image{'s' if count > 1 else ''} of {height} {TIMES} {width} pixels, "
    said += "grey" if channels == 1 else "RGB"
    for name, per_image in named.items():
        boxes = sum(map(len, per_image))
        said += f"; {boxes} box{'es' if boxes != 1 else ''}{f' {name}' if name else ''}"
    if shade is not None:
        said += f"; masks cover {100 * float((shade > 0.5).mean()):.0f} % of the pixels"
    return said + "."
