"""One image's logits under the reader's hand: softmax, cross-entropy, and the gradient that training would follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import ConfigurationError
from coursekit.losses import CrossEntropy
from coursekit.losses.functions import softmax
from coursekit.visualization import LIGHT, Picture, new_panel, styled
from coursekit.visualization.style import MINUS, spoken

from .explorer import Explorer, choice, slider

Floats = NDArray[np.float64]
LIMIT = 6.0


@dataclass(frozen=True)
class CrossEntropyFigures:
    """What cross-entropy makes of one image's logits.

    Attributes:
        probabilities: softmax of the logits, (C,).
        target: the label as a distribution, smoothed, (C,).
        loss: in nats.
        gradient: d loss / d logits, (C,): probabilities less target, so that its sum is 0.
        least: the smallest loss that any logits could have: the target's entropy, 0 without smoothing.
    """

    probabilities: Floats
    target: Floats
    loss: float
    gradient: Floats
    least: float


def cross_entropy_figures(logits: ArrayLike, label: int, label_smoothing: float = 0.0) -> CrossEntropyFigures:
    """Compute softmax, loss and gradient of one image.

    Args:
        logits: (C,) floats.
        label: index of the true class.
        label_smoothing: in [0, 1).

    Raises:
        ConfigurationError: a smoothing outside [0, 1).
        DataError: a label that is no class.
    """
    values = np.asarray(logits, dtype=np.float64)[None]
    loss, labels = CrossEntropy(label_smoothing=label_smoothing), np.array([label])
    gradient = loss.gradient(values, labels)[0]
    target = np.full(values.shape[1], label_smoothing / values.shape[1])
    target[label] += 1 - label_smoothing
    entropy = -float(np.sum(target * np.log(np.where(target > 0, target, 1.0))))
    return CrossEntropyFigures(softmax(values)[0], target, loss(values, labels), gradient, entropy)


class LossExplorer(Explorer):
    """Sliders for the logits; bars for softmax beside the target, and for the gradient.

    Args:
        classes: names of two to six classes.
        logits: where the sliders begin, one per class, between -6 and 6.
        label: the true class at the start, by name; by default the first one.

    Raises:
        ConfigurationError: too few or too many classes, a logit beyond the sliders, an unknown label.
    """

    title = "Cross-entropy of one image"

    def __init__(
        self,
        classes: Sequence[str] = ("cat", "dog", "fox", "owl"),
        logits: Sequence[float] = (1.0, 2.0, -0.5, -1.5),
        label: str = "",
    ) -> None:
        self.classes = tuple(classes)
        label = label or (self.classes[0] if self.classes else "")
        if (
            not 2 <= len(self.classes) <= 6
            or len(set(self.classes)) != len(self.classes)
            or len(logits) != len(self.classes)
            or label not in self.classes
            or any(not abs(logit) <= LIMIT for logit in logits)
        ):
            raise ConfigurationError(
                f"classes={self.classes!r}, logits={tuple(logits)!r}, label={label!r}",
                expected="2 to 6 different names, one logit from -6 to 6 for each, and a label among them",
                mend="LossExplorer(('cat', 'dog'), (0.0, 1.0), label='cat')",
            )
        controls: dict[str, Any] = {
            "label": choice("true class", [(name, at) for at, name in enumerate(self.classes)], classes.index(label)),
            "smoothing": slider("label smoothing", 0.0, 0.0, 0.9, 0.05, tip="share of the target given to all classes"),
        }
        for at, (name, value) in enumerate(zip(self.classes, logits, strict=True)):
            controls[f"logit{at}"] = slider(f"logit {name}", float(value), -LIMIT, LIMIT, 0.1, form=".1f")
        logit_names = [name for name in controls if name.startswith("logit")]
        super().__init__(controls, [logit_names, ["label", "smoothing"]])

    def figures(self) -> CrossEntropyFigures:
        """The numbers that are drawn now."""
        return cross_entropy_figures(
            [self.controls[f"logit{at}"].value for at in range(len(self.classes))],
            self.controls["label"].value,
            round(self.controls["smoothing"].value, 4),
        )

    def draw(self) -> Picture:
        """Draw the bars and say them."""
        return draw_cross_entropy(self.figures(), self.classes, self.controls["label"].value)


@styled
def draw_cross_entropy(figures: CrossEntropyFigures, classes: Sequence[str], label: int) -> Picture:
    """Draw probabilities beside targets, and the gradient.

    Args:
        figures: of one image.
        classes: their names.
        label: index of the true class.
    """
    alt = (
        f"Two bar charts over the classes {', '.join(classes)}: the softmax probabilities with the target, and the "
        "gradient of the loss by each logit."
    )
    return Picture(
        [_probabilities(figures, classes, label), _gradient(figures, classes, label)],
        alt=alt,
        state=describe_cross_entropy(figures, classes, label),
    )


def describe_cross_entropy(figures: CrossEntropyFigures, classes: Sequence[str], label: int) -> str:
    """Say the loss, where it comes from, and what a step would do."""
    p, best = figures.probabilities[label], int(np.argmax(figures.probabilities))
    if figures.least > 0:
        about = f", of which {spoken(figures.least)} is the least that this smoothing allows"
    else:
        about = f" = {MINUS}log {spoken(p)}"
    predicted = "rightly" if best == label else "wrongly"
    largest = int(np.argmax(np.abs(figures.gradient)))
    if np.abs(figures.gradient).max() < 5e-4:
        step = "The gradient is all but zero: nothing is left to learn here"
    else:
        way = "raise" if figures.gradient[largest] < 0 else "lower"
        step = f"A descent step would {way} the logit of {classes[largest]} most ({figures.gradient[largest]:+.2f})"
    return (
        f"Loss {spoken(figures.loss)} nats{about}. The model {predicted} says {classes[best]} "
        f"({figures.probabilities[best]:.0%}). {step}."
    ).replace("-", MINUS)


def _probabilities(figures: CrossEntropyFigures, classes: Sequence[str], label: int) -> Figure:
    figure, axes = _bars_panel(classes, label)
    rows = range(len(classes))
    axes.barh(rows, figures.probabilities, 0.5, color=LIGHT["series1"], label="softmax")
    axes.plot(
        figures.target, rows, "D", ms=8, mfc=LIGHT["ground"], mec=LIGHT["ink"], mew=1.4, label="target", clip_on=False
    )
    axes.set(xlim=(0, 1), xlabel="probability", title="softmax, and the target ◇")
    _column(axes, [f"{value:.3f}" for value in figures.probabilities])
    return figure


def _gradient(figures: CrossEntropyFigures, classes: Sequence[str], label: int) -> Figure:
    figure, axes = _bars_panel(classes, label)
    colours = [LIGHT["series2"] if value > 0 else LIGHT["series3"] for value in figures.gradient]
    axes.barh(range(len(classes)), figures.gradient, 0.5, color=colours)
    axes.axvline(0, color=LIGHT["soft"], lw=0.8)
    steps = ["" if abs(value) < 5e-4 else "↓" if value > 0 else "↑" for value in figures.gradient]
    axes.set(xlim=(-1, 1), xlabel=f"d loss / d logit = softmax {MINUS} target", title="gradient, and the step ↑↓")
    _column(
        axes, [f"{step} {value:+.3f}".replace("-", MINUS) for value, step in zip(figures.gradient, steps, strict=True)]
    )
    return figure


def _column(axes: Any, texts: Sequence[str]) -> None:
    # Beside the axes and not at the bars: there they would meet the targets.
    for row, text in enumerate(texts):
        axes.annotate(
            text, (axes.get_xlim()[1], row), (10, 0), textcoords="offset points", va="center", annotation_clip=False
        )


def _bars_panel(classes: Sequence[str], label: int) -> tuple[Figure, Any]:
    figure, axes = new_panel(height=1.1 + 0.5 * len(classes), left=0.5 + 0.085 * max(4, *map(len, classes)), right=0.85)
    names = [f"▸ {name}" if at == label else name for at, name in enumerate(classes)]
    axes.set_yticks(range(len(classes)), names)
    axes.set_ylim(len(classes) - 0.35, -0.5)
    axes.get_yticklabels()[label].set(fontweight="bold", color=LIGHT["ink"])
    axes.tick_params(axis="y", length=0, pad=12)
    axes.grid(visible=False, axis="y")
    return figure, axes
