"""From blocks to tensors: where PyTorch's batches come from, and what each counts for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from coursekit.backends.base import Block
from coursekit.data.loader import Loader


class TorchBatches:
    """Turn blocks into batches (images (n, C, H, W) float32, targets) on a device.

    Args:
        device: where tensors go.
        memory_format: contiguous or channels last.
        weight: what the mean loss of a batch with given targets counts for; ``len`` where that is all it is.
        world: number of processes.
    """

    def __init__(self, device: Any, memory_format: Any, weight: Callable[[Any], float], world: int) -> None:
        self.device, self.memory_format, self.weight, self.world = device, memory_format, weight, world
        self._staged: tuple[NDArray[Any], NDArray[Any], tuple[Any, Any, bool]] | None = None

    def of(self, block: Block) -> Iterator[tuple[Any, Any, float, float]]:
        """Go through a block: images, targets, the weight of their mean in this process, and in all processes."""
        if block.loader is None:
            for images, targets in block.native:
                if not isinstance(images, torch.Tensor):  # NumPy, or what becomes NumPy: channels last
                    images, targets = self.place(np.asarray(images)), self._target(targets)
                else:
                    images = images.to(self.device, torch.float32, non_blocking=True)
                    images = images.contiguous(memory_format=self.memory_format)
                    targets = torch.as_tensor(targets).to(self.device, non_blocking=True)
                weight = self.weight(targets)
                yield images, targets, weight, weight
            return
        loader = block.loader
        if loader.augment is None and self.world == 1 and self.weight == len:
            yield from self._slices(loader, block)
            return
        for batch, index in enumerate(block.indices(), block.first):
            made = None if loader.augment is None or len(index) == 0 else loader.batch(block.epoch, batch)
            mine = everyone = self.weight(loader.targets[index] if made is None else made[1])
            if self.world > 1:
                others = loader.targets[loader.indices(block.epoch, batch, everyone=True)]
                # Labels that were mixed count by their number, as all of this batch's do then.
                mixed = made is not None and made[1].ndim > others.ndim
                everyone = float(len(others)) if mixed else self.weight(others)
            if len(index) == 0:
                # Every process must take part in the exchange of gradients; this one's sample counts nothing.
                index, mine = loader.order(block.epoch)[:1], 0.0
            if made is None:
                yield *self._gather(loader, index), mine, everyone
            else:
                yield self.place(made[0]), self._target(made[1]), mine, everyone

    def place(self, images: NDArray[Any]) -> Any:
        """Bring images (n, H, W, C) to the device as (n, C, H, W)."""
        tensor = _as_tensor(np.ascontiguousarray(images, np.float32)).permute(0, 3, 1, 2)
        # A fresh copy: memory that PyTorch allocated is aligned alike in every run, NumPy's is not, and the last bit of
        # a matrix product may depend on it.
        return tensor.to(self.device, non_blocking=True).clone(memory_format=self.memory_format)

    def release(self) -> None:
        """Let go of the data set."""
        self._staged = None

    def _target(self, targets: Any) -> Any:
        return _as_tensor(np.asarray(targets)).to(self.device, non_blocking=True)

    def _slices(self, loader: Loader, block: Block) -> Iterator[tuple[Any, Any, float, float]]:
        """The common case in as little Python as can be: the order as one tensor, cut into batches."""
        images, targets, channels_last = self._stage(loader)
        size = loader.batch_size
        order = loader.order(block.epoch)[block.first * size : (block.first + block.count) * size]
        for at in torch.split(torch.from_numpy(order).to(self.device, non_blocking=True), size):
            batch = images.index_select(0, at)
            if channels_last:
                batch = batch.permute(0, 3, 1, 2).contiguous(memory_format=self.memory_format)
            weight = float(len(at))
            yield batch, targets.index_select(0, at), weight, weight

    def _gather(self, loader: Loader, index: NDArray[np.int64]) -> tuple[Any, Any]:
        """Take a batch out of the data set where it lies: one copy, and no Python for each sample."""
        images, targets, channels_last = self._stage(loader)
        at = torch.from_numpy(index).to(self.device, non_blocking=True)
        batch = images.index_select(0, at)
        if channels_last:
            batch = batch.permute(0, 3, 1, 2).contiguous(memory_format=self.memory_format)
        return batch, targets.index_select(0, at)

    def _stage(self, loader: Loader) -> tuple[Any, Any, bool]:
        """The whole data set on the device, once: images, targets, and whether the images are still channels-last."""
        all_images, all_targets = loader.dataset.images, loader.targets
        if self._staged is not None and self._staged[0] is all_images and self._staged[1] is all_targets:
            return self._staged[2]
        images = _as_tensor(all_images)
        channels_last = True
        if images.shape[-1] == 1 and self.memory_format == torch.contiguous_format:
            # With one channel both layouts are the same memory: each batch saves a copy.
            images = images.reshape(len(images), 1, *images.shape[1:3])
            channels_last = False
        placed = images.to(self.device), _as_tensor(all_targets).to(self.device), channels_last
        self._staged = (all_images, all_targets, placed)
        return placed


def _as_tensor(array: NDArray[Any]) -> Any:
    with warnings.catch_warnings():
        # Nothing is written to it; PyTorch cannot know that.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
