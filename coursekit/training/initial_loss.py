"""check_initial_loss: does an untrained model start where one that knows nothing does?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit import losses
from coursekit.backends.base import Fetched
from coursekit.training import trial


@dataclass(frozen=True)
class InitialLossReport:
    """What ``check_initial_loss`` found.

    Attributes:
        passed: no suspicion.
        loss: the loss of the first training step.
        expected: the loss of a model that knows nothing, ln(classes) for cross-entropy; None where none is known.
        tolerance: how far above ``expected`` the loss of a healthy model may be.
        suspicions: what may be wrong, in words.
        note: what else is worth knowing.
    """

    passed: bool
    loss: float
    expected: float | None
    tolerance: float
    suspicions: tuple[str, ...]
    note: str = ""

    def __str__(self) -> str:
        """The finding in words."""
        known = "" if self.expected is None else f", expected about {self.expected:.4g}"
        figures = f"initial loss {self.loss:.4g}{known}"
        if self.passed:
            return f"passed: {figures}." + (f" {self.note}" if self.note else "")
        return f"SUSPICIOUS: {figures}. " + " ".join(self.suspicions)


def check_initial_loss(trainer: Any, data: Any, *, batch_size: int = 256, **settings: Any) -> InitialLossReport:
    """Hold the loss of an untrained model against that of knowing nothing: ln(classes) for cross-entropy.

    A healthy model is close to it, one that was trained is below. One that is far above is sure of itself without
    reason, most often because of images that were not scaled. A softmax in front of a loss that wants logits leaves the
    initial loss right, so the outputs are looked at, too. The step is taken back.

    Args:
        trainer: a Trainer, or a model.
        data: what ``fit`` takes as training data; of an ArrayDataset, images of all classes are chosen.
        batch_size: how many images to look at.
        settings: of the Trainer, where a model is given.

    Raises:
        ConfigurationError, DataError, ModelError: as in ``Trainer`` and ``fit``.
    """
    trainer = trial.as_trainer(trainer, settings)
    with trial.trial(trainer) as backend:
        source = trial.one_batch(trainer, data, batch_size)
        # As the first step of fit sees it: in training mode, where batch norm uses the batch's own statistics.
        loss, fetched = next(trial.losses(trainer, backend, source, 1))
        images = trial.images_of(source)
    expected = _expected(trainer.settings.loss, fetched)
    tolerance = 0.0 if expected is None else max(0.5, 0.35 * expected)
    suspicions = [*_about_images(images), *_about_outputs(trainer.settings.loss, fetched.outputs)]
    note = ""
    if not math.isfinite(loss):
        suspicions.append("The loss is no number: look for NaN or huge values in images and initial weights.")
    elif loss < 0 and fetched.targets.dtype.kind in "iu":
        suspicions.append(BELOW_ZERO)
    elif expected is not None and loss > expected + tolerance:
        suspicions.append(_too_high(loss, fetched))
    elif expected is not None and loss < expected - tolerance:
        note = "It is better than knowing nothing: the model has been trained already, or most images are of one class."
    return InitialLossReport(not suspicions, loss, expected, tolerance, tuple(suspicions), note)


BELOW_ZERO = (
    "The loss is below 0, which no cross-entropy can be: its sign is turned, or outputs and labels stand in the wrong "
    "order (PyTorch's losses take outputs first, Keras's take labels first)."
)

# Losses of the frameworks that are the cross-entropy of a uniform guess at the start, by name.
_OVER_CLASSES = ("CrossEntropyLoss", "cross_entropy", "SparseCategoricalCrossentropy", "CategoricalCrossentropy")
_YES_OR_NO = ("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", "BinaryCrossentropy")


def _expected(loss: Any, fetched: Fetched) -> float | None:
    if isinstance(loss, str | losses.Loss):
        spec = losses.get(loss)
        if spec.name not in ("cross_entropy", "pixelwise_cross_entropy", "bce_with_logits"):
            return None
        targets = fetched.targets
        if spec.target_kind == "same_shape":
            targets = targets.reshape(fetched.outputs.shape)
        return float(spec(np.zeros_like(fetched.outputs), targets))
    name = _name(loss)
    if name in _OVER_CLASSES:
        return math.log(fetched.outputs.shape[-1])
    return math.log(2.0) if name in _YES_OR_NO else None


def _name(loss: Any) -> str:
    return str(getattr(loss, "__name__", type(loss).__name__))


def _about_images(images: NDArray[np.float32]) -> Iterator[str]:
    low, high, spread = float(images.min()), float(images.max()), float(images.std())
    if max(-low, high) > 20:
        yield f"Images have values from {low:.4g} to {high:.4g}: they were not scaled; divide by 255."
    elif 0 < spread < 0.005:
        yield f"Images vary by {spread:.2g} only (standard deviation): they may have been divided by 255 twice."


def _about_outputs(loss: Any, outputs: NDArray[np.float32]) -> Iterator[str]:
    if outputs.shape[-1] < 2:
        return
    are_probabilities = bool((outputs >= 0).all() and np.allclose(outputs.sum(-1), 1, atol=1e-3))
    if isinstance(loss, str | losses.Loss):
        wants_logits = losses.get(loss).name in ("cross_entropy", "pixelwise_cross_entropy")
        wants_probabilities = False
    else:
        on_classes = _name(loss) in _OVER_CLASSES
        wants_probabilities = on_classes and getattr(loss, "from_logits", True) is False
        wants_logits = on_classes and not wants_probabilities
    if are_probabilities and wants_logits:
        yield (
            "The outputs are probabilities, but the loss applies softmax itself: remove the softmax from the model, or "
            "it will learn slowly and never be sure."
        )
    elif wants_logits and outputs.min() == 0 and outputs.max() > 0 and (outputs == 0).mean() > 0.1:
        yield (
            "No output is negative and many are exactly 0: a ReLU stands before the loss, which wants logits of either "
            "sign; remove it from the last layer."
        )
    elif wants_probabilities and not are_probabilities:
        yield "The outputs are logits, but the loss takes them for probabilities: build it with from_logits=True."


def _too_high(loss: float, fetched: Fetched) -> str:
    if _is_sum(loss, fetched):
        return f"The loss is a sum over the {len(fetched.targets)} images: let it be their mean."
    spread = float(fetched.outputs.std())
    return (
        "The model is sure of itself before it has learnt anything (the standard deviation of its outputs is "
        f"{spread:.2g}; below 1 is usual): see that images are scaled to about 0 to 1, and that the last layer starts "
        "with small weights."
    )


def _is_sum(loss: float, fetched: Fetched) -> bool:
    targets = fetched.targets
    if targets.dtype.kind not in "iu" or fetched.outputs.ndim != targets.ndim + 1:
        return False
    mean = losses.cross_entropy(fetched.outputs, targets)
    return len(targets) > 1 and math.isclose(loss, len(targets) * mean, rel_tol=1e-3)
