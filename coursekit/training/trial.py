"""Trials: steps that are taken to learn something about a set-up, and then taken back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.backends.base import Backend, Block, Fetched
from coursekit.data import ArrayDataset
from coursekit.errors import ConfigurationError
from coursekit.training import checks
from coursekit.training.sources import ArraySource, Source
from coursekit.training.trainer import Trainer


def as_trainer(trainer: Any, settings: dict[str, Any]) -> Trainer:
    """Return the trainer, or one for a model.

    Raises:
        ConfigurationError: settings beside a trainer, which has its own.
        ModelError: a model of neither framework.
    """
    if not isinstance(trainer, Trainer):
        return Trainer(trainer, **settings)
    if settings:
        raise ConfigurationError(
            f"the settings {sorted(settings)} beside a Trainer",
            expected="settings only with a model",
            mend="give them to the Trainer",
        )
    return trainer


@contextmanager
def trial(trainer: Trainer) -> Iterator[Backend]:
    """Lend the backend for training steps, which are taken back afterwards.

    Weights, statistics, optimizer, modes and random streams are then as found, and a run that follows is the same, bit
    for bit, as if there had been no trial. Data that shuffle by the framework's own stream are to be drawn inside.
    """
    backend = trainer.backend
    with backend.random_stream(trainer.seed):
        arrays, extra = backend.get_state()
        try:
            with backend.training():
                yield backend
        finally:
            backend.set_state(arrays, extra)


def source_of(trainer: Trainer, data: Any, batch_size: int, **options: Any) -> Source:
    """Return the batches that ``fit`` would train on, checked as it would check them."""
    checks.check_numbers(batch_size=batch_size)
    dataset = checks.as_dataset(data, "training")
    if isinstance(dataset, ArrayDataset):
        checks.check_batch_size(dataset, batch_size)
    return trainer.source(dataset, batch_size, **options)


def one_batch(trainer: Trainer, data: Any, size: int) -> Source:
    """Return one small batch, again and again; of an ArrayDataset one with as many classes as fit, else the first."""
    checks.check_numbers(batch_size=size)
    dataset = checks.as_dataset(data, "training")
    if isinstance(dataset, ArrayDataset):
        chosen = dataset[_of_all_classes(dataset, size)]
        return source_of(trainer, chosen, len(chosen), shuffle=False)
    checked = trainer.source(dataset, size)
    block = next(iter(checked.blocks(0, 0, lambda: 1)))
    images, targets = block.native[0]
    return trainer.source([(images[:size], targets[:size])], size)


def _of_all_classes(dataset: ArrayDataset, size: int) -> NDArray[np.int64]:
    if not dataset.is_classification:
        return np.arange(min(size, len(dataset)))
    labels = dataset.class_labels()
    # The first image of each class, then the second of each, and so on.
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], labels[order])
    turn = np.arange(len(labels)) - starts
    return np.sort(order[np.lexsort((labels[order], turn))][:size])


def steps(source: Source, accumulate: int) -> Iterator[Block]:
    """Go through the blocks of one optimizer step each, epoch after epoch, without end."""
    epoch = 0
    while True:
        yield from source.blocks(epoch, 0, lambda: accumulate)
        epoch += 1


def loss_of(backend: Backend, fetched: Fetched) -> float:
    """Return the mean loss of a step's batches, over all processes."""
    sums = np.array([(fetched.losses * fetched.weights).sum(), fetched.weights.sum()])
    total, weight = backend.all_reduce(sums)
    return float(total / weight) if weight else float("nan")


def losses(trainer: Trainer, backend: Backend, source: Source, count: int) -> Iterator[tuple[float, Fetched]]:
    """Take steps at the base rate; gives each one's loss before its update, and ends at one that is no number."""
    blocks = steps(source, trainer.settings.accumulate)
    for block in islice(blocks, count):
        fetched = backend.fetch(backend.train_steps(block, [backend.learning_rate]))
        loss = loss_of(backend, fetched)
        yield loss, fetched
        if not math.isfinite(loss):
            return


def images_of(source: Source) -> NDArray[np.float32]:
    """Return the images of a source's first batch as an array."""
    if isinstance(source, ArraySource):
        return source.loader.dataset.images
    images = next(iter(source.blocks(0, 0, lambda: 1))).native[0][0]
    return np.asarray(images.cpu() if hasattr(images, "cpu") else images, np.float32)
