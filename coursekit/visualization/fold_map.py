"""Which sample is validated in which fold, and how many of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import DataError

from .cells import draw_cells, name_rows
from .picture import Picture
from .style import LIGHT, WIDTH, elided, head, new_panel, styled

Ints = NDArray[np.int64]

_COLUMNS: Final = 120
_SHADES: Final = (0.1, 0.28, 0.46, 0.64, 0.82, 1.0)
_MOST_FOLDS, _MOST_CLASSES = 12, 20


@styled
def folds(
    validation: Sequence[ArrayLike],
    labels: ArrayLike,
    *,
    class_names: Sequence[str] | None = None,
    title: str = "validated in which fold",
) -> Picture:
    """Draw where each fold takes its validation samples from, and count their classes.

    Left, the samples in the order of the data set: a full bar is a stretch that is validated in this fold, an even grey
    a fold drawn from everywhere. Right, the number of samples of each class in each fold; what is missing is marked.

    Args:
        validation: indices into the data set, for each fold, as ``Folds.indices`` has them.
        labels: (n,) classes 0, 1, ...
        class_names: of the classes; by default their numbers.
        title: of the first panel.

    Raises:
        DataError: no fold, more than 12, an index outside the data, more than 20 classes, or too few names.
    """
    classes = np.asarray(labels)
    parts = [np.asarray(one) for one in validation]
    if classes.ndim != 1 or not len(classes) or not np.issubdtype(classes.dtype, np.integer) or classes.min() < 0:
        raise DataError(
            f"labels of the shape {classes.shape}", expected="(n,) classes 0, 1, ...", mend="give dataset.labels"
        )
    width = int(classes.max()) + 1
    names = [str(one) for one in (range(width) if class_names is None else class_names)]
    _check(parts, len(classes), names, width)
    counts = np.stack([np.bincount(classes[part], minlength=len(names)) for part in parts])
    rows = [f"fold {number}" for number in range(1, len(parts) + 1)]
    return Picture(
        [_where(parts, len(classes), rows, title), _how_many(counts, rows, names)],
        alt=f"Left: which of {len(classes)} samples is validated in which of {len(parts)} folds. "
        f"Right: a table of folds and classes ({', '.join(names)}) with the number of validation samples.",
        state=_said(parts, len(classes), counts, names),
    )


def _check(parts: list[NDArray[Any]], count: int, names: list[str], width: int) -> None:
    good = [
        one.ndim == 1 and np.issubdtype(one.dtype, np.integer) and bool(((one >= 0) & (one < count)).all())
        for one in parts
    ]
    if not 1 <= len(parts) <= _MOST_FOLDS or not all(good):
        raise DataError(
            f"{len(parts)} folds of the shapes {[one.shape for one in parts[:5]]} for {count} samples",
            expected=f"1 to {_MOST_FOLDS} sets of indices from 0 to {count - 1}",
            mend="give the indices of the validation samples: ck.data.k_fold(dataset, k=5).indices",
        )
    if not width <= len(names) <= _MOST_CLASSES:
        raise DataError(
            f"{len(names)} names for {width} classes", expected=f"a name each, and at most {_MOST_CLASSES} classes"
        )


def shares(parts: Sequence[NDArray[Any]], count: int) -> NDArray[np.float64]:
    """The share of each stretch of the data set that is validated in each fold: (folds, stretches), in [0, 1].

    A stretch is one sample, or, of more than 240 samples, so many that there are at most 120 stretches; all are
    equally long, so that no pattern comes from their edges, but for the last.
    """
    stretch = np.arange(count) // _length(count)
    sizes = np.bincount(stretch)
    return np.stack([np.bincount(stretch[np.unique(part)], minlength=len(sizes)) / sizes for part in parts])


def _length(count: int) -> int:
    return 1 if count <= 2 * _COLUMNS else -(-count // _COLUMNS)


def _where(parts: list[NDArray[Any]], count: int, rows: list[str], title: str) -> Figure:
    figure, axes = new_panel(left=0.72, right=0.2, height=_height(len(rows)))
    share = shares(parts, count)
    levels = np.where(share > 0, np.ceil(share * len(_SHADES) - 1e-9) - 1, -1).astype(np.int64)
    edges = [min(column * _length(count), count) for column in range(share.shape[1] + 1)]
    draw_cells(axes, levels, edges, _SHADES)
    name_rows(axes, rows)
    axes.set_xlim(0, count)
    head(axes, title)
    axes.set_xlabel("sample, in the order of the data set")
    axes.locator_params(axis="x", nbins=5)
    return figure


def _how_many(counts: Ints, rows: list[str], names: list[str]) -> Figure:
    shown = [elided(name, 14) for name in names]
    # Where names are too wide for their columns, they hang.
    upright = max(map(len, shown)) * 0.085 < (WIDTH - 0.92) / len(names) - 0.06
    bottom = 0.5 if upright else 0.5 + 0.06 * max(map(len, shown))
    figure, axes = new_panel(left=0.72, right=0.2, height=_height(len(rows)) + bottom - 0.5, bottom=bottom)
    most = max(int(counts.max()), 1)
    levels = np.where(counts > 0, np.ceil(counts / most * len(_SHADES)) - 1, -1).astype(np.int64)
    shades = [0.5 * shade for shade in _SHADES]  # pale enough for ink on it, in both themes
    draw_cells(axes, levels, [column - 0.5 for column in range(len(names) + 1)], shades)
    for (row, column), number in np.ndenumerate(counts):
        missing = number == 0
        axes.text(
            column, row, str(number), ha="center", va="center", fontsize=9.5 if len(names) <= 12 else 8,
            color=LIGHT["bad"] if missing else LIGHT["ink"], fontweight="bold" if missing else "normal",
        )  # fmt: skip
    name_rows(axes, rows)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_xticks(range(len(names)), shown, rotation=0 if upright else 40, ha="center" if upright else "right")
    axes.tick_params(axis="x", length=0)
    axes.spines["bottom"].set_visible(False)
    head(axes, "validation samples of each class")
    return figure


def _height(rows: int) -> float:
    return max(1.7, 0.95 + 0.3 * rows)


def _said(parts: list[NDArray[Any]], count: int, counts: Ints, names: list[str]) -> str:
    times = np.bincount(np.concatenate(parts).astype(np.int64), minlength=count)
    if (times == 1).all():
        said = f"Each of the {count} samples is validated exactly once."
    else:
        never, often = int((times == 0).sum()), int((times > 1).sum())
        said = f"{never} of {count} samples are never validated, {often} more than once."
    if len(parts) == 1:
        return said
    present = counts.sum(0) > 0
    spread = counts.max(0) - counts.min(0)
    absent = [
        f"fold {row + 1} has no {names[column]}" for row, column in np.argwhere((counts == 0) & present)[:4].tolist()
    ]
    more = int(((counts == 0) & present).sum()) - len(absent)
    if spread.any():
        said += f" Between the folds, the number of a class differs by at most {int(spread.max())}."
    else:
        said += " Each fold has as many of a class as every other."
    if absent:
        gaps = "; ".join(absent) + (f"; and {more} more gaps" if more > 0 else "")
        said += f" {gaps[0].upper()}{gaps[1:]}."
    return said
