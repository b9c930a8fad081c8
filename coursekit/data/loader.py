"""Loader: the batches of every epoch, in an order that depends on nothing but (seed, epoch).

Because no state is carried from batch to batch, batch 17 of epoch 5 can be asked for directly. That is all that
exact resumption needs: no generator to save, no batches to skip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from coursekit.data.dataset import ArrayDataset
from coursekit.errors import ConfigurationError, DataError

Augment = Callable[[NDArray[np.float32], NDArray[Any], np.random.Generator], tuple[Any, Any]]
Sampler = Callable[[int, int], NDArray[np.integer]]


class Loader:
    """Batches of an ArrayDataset: seeded, resumable, sharded.

    Args:
        dataset: what to draw from.
        batch_size: images per batch and shard; the last batch of an epoch may be smaller.
        shuffle: whether each epoch has its own order.
        seed: with the epoch it fixes order and augmentation.
        sampler: ``sampler(epoch, seed) -> (n,) indices``, in place of shuffling; ``BalancedSampler`` is one.
        drop_last: leave out a last batch that is not full.
        augment: ``augment(images, labels, rng) -> (images, labels)`` on one batch; for training only.
        targets: "labels", or "masks" for losses per pixel.
        shard: (rank, world). One global batch of ``batch_size * world`` images is cut into ``world`` parts, so that
            the processes of a distributed run see together what a single one with that batch size would see.

    Raises:
        ConfigurationError: a batch size that is not a positive integer.
        DataError: a data set without masks where masks are the targets.
    """

    def __init__(
        self,
        dataset: ArrayDataset,
        batch_size: int = 64,
        *,
        shuffle: bool = True,
        seed: int = 0,
        sampler: Sampler | None = None,
        drop_last: bool = False,
        augment: Augment | None = None,
        targets: Literal["labels", "masks"] = "labels",
        shard: tuple[int, int] = (0, 1),
    ) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ConfigurationError(
                f"batch_size={batch_size!r}", expected="a positive integer", mend="64 is a good start"
            )
        if targets == "masks" and dataset.masks is None:
            raise DataError(
                "a data set without masks for a loss per pixel",
                expected="masks of shape (N, H, W) with the class of every pixel",
                mend="build the ArrayDataset with masks=..., or choose a loss on class labels",
            )
        self.dataset, self.batch_size, self.seed = dataset, int(batch_size), int(seed)
        self.shuffle, self.sampler, self.drop_last, self.augment = shuffle, sampler, drop_last, augment
        self.targets: NDArray[Any] = np.asarray(dataset.masks if targets == "masks" else dataset.labels)
        self.shard = shard
        self.epoch = 0
        self._order: tuple[int, NDArray[np.int64]] | None = None
        drawn = len(dataset) if sampler is None else len(sampler(0, self.seed))
        step = self.batch_size * shard[1]
        self.batches_per_epoch = drawn // step if drop_last else -(-drawn // step)
        if self.batches_per_epoch == 0:
            raise DataError(
                f"drop_last with {drawn} images and batches of {step}",
                expected="at least one full batch",
                mend="use a smaller batch size or keep the last batch",
            )

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return self.batches_per_epoch

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the order of an epoch: (n,) int64 indices into the data set."""
        if self._order is None or self._order[0] != epoch:
            if self.sampler is not None:
                order = np.asarray(self.sampler(epoch, self.seed), dtype=np.int64)
            elif self.shuffle:
                order = _generator(self.seed, epoch, 0).permutation(len(self.dataset))
            else:
                order = np.arange(len(self.dataset))
            self._order = (epoch, order)
        return self._order[1]

    def indices(self, epoch: int, batch: int, *, everyone: bool = False) -> NDArray[np.int64]:
        """Return the indices of one batch.

        Args:
            epoch: number of the epoch, from 0.
            batch: number of the batch in it, from 0.
            everyone: the whole global batch in place of this shard's part. A part may be empty at the end of an epoch.
        """
        rank, world = self.shard
        step = self.batch_size * world
        chosen = self.order(epoch)[batch * step : (batch + 1) * step]
        return chosen if everyone or world == 1 else np.array_split(chosen, world)[rank]

    def batch(self, epoch: int, batch: int) -> tuple[NDArray[np.float32], NDArray[Any]]:
        """Return one batch: images (n, H, W, C) float32 and targets, augmented with this batch's own generator."""
        chosen = self.indices(epoch, batch)
        images, targets = self.dataset.images[chosen], self.targets[chosen]
        if self.augment is not None and len(chosen):
            # The generator belongs to the batch and the shard: the same augmentation however the run got here.
            generator = _generator(self.seed, epoch, 1 + batch * self.shard[1] + self.shard[0])
            images, targets = self.augment(images, targets, generator)
        return images, targets

    def __iter__(self) -> Iterator[tuple[NDArray[np.float32], NDArray[Any]]]:
        """Go through one epoch; the next call goes through the next one, in its own order."""
        epoch, self.epoch = self.epoch, self.epoch + 1
        return (self.batch(epoch, batch) for batch in range(len(self)))


def _generator(seed: int, epoch: int, stream: int) -> np.random.Generator:
    # SeedSequence mixes the three numbers, so that neighbouring seeds and epochs are unrelated.
    return np.random.default_rng([seed & 0xFFFFFFFFFFFFFFFF, epoch, stream])
