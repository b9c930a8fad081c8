"""Validation losses that are written down beforehand, and logits that have just these losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CLASSES, SIZE, BATCHES = 3, 4, 2
"""Classes; images in a batch; batches, and so steps, in an epoch: as many for training as for validation."""
IMAGES = SIZE * BATCHES
"""Images of the training set, which are numbered from 0; those of the validation set come after them."""
HITS = (1, 2, 3, 4, 3, 4, 5, 4, 3, 4, 5, 3, 5, 6, 5, 4)
"""How many validation images are right before and after each epoch: it rises where the loss does not fall."""
EASY = float(np.log(1.0 + 2.0 * np.exp(-1.0)))
"""Cross-entropy of an image whose own logit is 1, the others 0."""


@dataclass(frozen=True)
class Script:
    """A training that is written down beforehand.

    Args:
        losses: validation loss after each epoch, each above 1.7; two that are equal are so to the last bit.
        patience: of early stopping.
        lr_patience: of the plateau schedule.
        max_epochs: the most epochs.
        looked_at: before how many epochs the rates and the file are looked at: fewer than are trained, so that who
            stops an epoch too late has made one mistake and no more.
    """

    losses: tuple[float, ...]
    patience: int
    lr_patience: int
    max_epochs: int
    looked_at: int


def tables_of(rng: np.random.Generator, script: Script, labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Logits (epochs + 1, 2 * IMAGES, CLASSES) of every image, before and after each epoch.

    The training loss falls but for two epochs, and the loss of the last validation batch rises but for one, whatever
    the mean does.

    Args:
        rng: draws the images that are right, and everything that a loss does not feel.
        script: the losses.
        labels: (2 * IMAGES,) of the training and the validation images.
    """
    scale = rng.uniform(1.0, 1.1)
    means = (3.6, *script.losses)
    rows: list[np.ndarray[Any, Any]] = []
    for epoch, mean in enumerate(means):
        falling = 3.5 - 0.1 * epoch + 0.35 * (epoch in (3, 4))
        last = 1.7 + 0.03 * epoch - 0.4 * (epoch == 5)
        right = HITS[epoch]
        wanted = [(falling + 0.2, epoch % 4), (falling - 0.2, (epoch + 1) % 4)]
        wanted += [(2.0 * mean - last, min(3, right)), (last, right - min(3, right))]
        row = np.concatenate(
            [
                _logits(rng, labels[place * SIZE : (place + 1) * SIZE], scale * loss, hits)
                for place, (loss, hits) in enumerate(wanted)
            ]
        )
        # A tie is one to the last bit.
        if mean in means[:epoch]:
            row[IMAGES:] = rows[means.index(mean)][IMAGES:]
        rows.append(row)
    return np.stack(rows)


def _logits(rng: np.random.Generator, labels: Sequence[int] | np.ndarray[Any, Any], loss: float, hits: int) -> Any:
    """Logits (SIZE, CLASSES) with this mean cross-entropy, above log 3, and this many images right, fewer than all."""
    wrong = (SIZE * loss - hits * EASY) / (SIZE - hits)
    logits = np.zeros((SIZE, CLASSES))
    for number, place in enumerate(rng.permutation(SIZE)):
        if number < hits:
            logits[place, labels[place]] = 1.0
        else:
            logits[place, (labels[place] + rng.integers(1, CLASSES)) % CLASSES] = np.log(np.exp(wrong) - 2.0)
    return logits + rng.standard_normal((SIZE, 1))
