"""overfit_one_batch: can this set-up learn anything at all?

Karpathy 2019, "A Recipe for Training Neural Networks", tells this test and ``check_initial_loss`` in this form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit import metrics as metric_room
from coursekit.backends.base import Backend, Fetched
from coursekit.training import trial
from coursekit.training.initial_loss import BELOW_ZERO
from coursekit.training.sources import ArraySource, Source

# Steps between two looks at the loss.
LOOK = 10


@dataclass(frozen=True)
class OverfitReport:
    """What ``overfit_one_batch`` found.

    Attributes:
        passed: whether the batch was learnt by heart.
        first_loss: loss before the first step.
        last_loss: loss of the last step taken.
        accuracy: share of the batch that is classified rightly, in training or inference mode, whichever is higher;
            None where targets are no classes.
        steps: how many were taken.
        advice: what to look at, where it failed; else "".
    """

    passed: bool
    first_loss: float
    last_loss: float
    accuracy: float | None
    steps: int
    advice: str

    def __str__(self) -> str:
        """The finding in words."""
        accuracy = "" if self.accuracy is None else f", accuracy {self.accuracy:.0%}"
        figures = f"loss {self.first_loss:.4g} -> {self.last_loss:.4g}{accuracy} in {self.steps} steps"
        if self.passed:
            return f"passed: one batch is learnt by heart ({figures})"
        return f"FAILED: one batch cannot be learnt by heart ({figures}). {self.advice}"


def overfit_one_batch(
    trainer: Any, data: Any, *, steps: int = 200, batch_size: int = 8, **settings: Any
) -> OverfitReport:
    """Train on one small batch alone: whoever cannot learn eight images by heart will not learn a data set.

    It passes when every image is classified rightly and the loss has at least halved (or is below 0.1); where targets
    are no classes, when the loss has fallen to a tenth. The steps are taken back: afterwards model, optimizer and
    random streams are as found.

    Args:
        trainer: a Trainer, or a model.
        data: what ``fit`` takes as training data; of an ArrayDataset, images of as many classes as fit are chosen.
        steps: how many at most; it ends when the test is passed.
        batch_size: images of the batch.
        settings: of the Trainer, where a model is given.

    Raises:
        ConfigurationError, DataError, ModelError: as in ``Trainer`` and ``fit``.
    """
    trainer = trial.as_trainer(trainer, settings)
    values: list[float] = []
    with trial.trial(trainer) as backend:
        source = trial.one_batch(trainer, data, batch_size)
        before = backend.get_weights()
        for loss, fetched in trial.losses(trainer, backend, source, steps):
            values.append(loss)
            if (len(values) % LOOK and len(values) != steps) or not math.isfinite(loss):
                continue
            accuracy = _accuracy(backend, source, fetched)
            if _learnt(values[0], loss, accuracy):
                return OverfitReport(True, values[0], loss, accuracy, len(values), "")
        advice = _advice(values, fetched, _moved(before, backend.get_weights()), _contradiction(source))
        return OverfitReport(False, values[0], values[-1], _accuracy(backend, source, fetched), len(values), advice)


def _learnt(first: float, last: float, accuracy: float | None) -> bool:
    if accuracy is None:
        return last <= 0.1 * first
    # Below zero a loss on classes has no floor, and falls whatever the model learns.
    return accuracy == 1.0 and last >= 0 and (last <= 0.5 * first or last < 0.1)


def _accuracy(backend: Backend, source: Source, fetched: Fetched) -> float | None:
    """Accuracy on the batch, the better of training mode, in which dropout disturbs, and inference mode."""
    if fetched.targets.dtype.kind not in "iu" or fetched.outputs.ndim != fetched.targets.ndim + 1:
        return None
    accuracy = float(metric_room.accuracy(fetched.outputs, fetched.targets))
    with backend.evaluating():
        seen = backend.fetch(backend.evaluate_block(next(iter(source.blocks(0, 0, lambda: 1)))))
    return max(accuracy, float(metric_room.accuracy(seen.outputs, seen.targets)))


def _moved(before: dict[str, NDArray[Any]], after: dict[str, NDArray[Any]]) -> bool:
    # Running statistics move without any learning; they and the counters are not what is asked about.
    statistics = ("running_", "moving_", "num_batches", "seed")
    return any(
        not np.array_equal(after[name], array, equal_nan=array.dtype.kind == "f")
        for name, array in before.items()
        if not any(word in name for word in statistics)
    )


def _contradiction(source: Source) -> bool:
    if not isinstance(source, ArraySource):
        return False
    dataset = source.loader.dataset
    pairs = {
        (int(image), np.asarray(label).tobytes())
        for image, label in zip(dataset.fingerprints, source.loader.targets, strict=True)
    }
    return len(pairs) > len(set(dataset.fingerprints.tolist()))


def _advice(values: list[float], fetched: Fetched, moved: bool, contradiction: bool) -> str:
    first, last = values[0], values[-1]
    if not math.isfinite(first):
        return "The loss is no number from the start: look for NaN or huge values in images and initial weights."
    if last < 0 and fetched.targets.dtype.kind in "iu":
        return BELOW_ZERO
    if not last <= 100 * first:
        return "The loss blew up: use a learning rate ten or a hundred times smaller, or clip_norm=1.0."
    if not moved:
        return (
            "No weight has moved: is everything frozen, the learning rate next to nothing, the loss clipped or rounded "
            "so that it has no slope, or the optimizer built over the parameters of another model?"
        )
    if contradiction:
        return "The batch has the same image twice, with different labels: nobody can learn both. See find_leaks."
    outputs = fetched.outputs.reshape(len(fetched.outputs), -1)
    if len(outputs) > 1 and np.ptp(outputs, axis=0).max() <= 1e-6 * max(1.0, np.abs(outputs).max()):
        return (
            "The model gives the same output for every image: a ReLU layer may be dead (try a smaller learning rate or "
            "another seed), or the way from the image to the head is cut."
        )
    if last > first:
        return "The loss has risen: use a smaller learning rate, and see that the loss is not negated."
    if last > 0.9 * first:
        return (
            "The loss hardly falls: use a learning rate ten times as large; see that images and labels belong "
            "together, and that the model ends in logits, without a softmax."
        )
    return "The loss falls, but slowly: allow more steps or a larger learning rate, and less dropout or weight decay."
