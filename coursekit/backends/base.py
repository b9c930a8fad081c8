"""What a backend is: the owner of model, loss and optimizer. The training loop above it never sees a tensor.

The unit of exchange is the **block**: a run of consecutive batches that nobody asked to look between. PyTorch takes
them one by one; TensorFlow takes the whole block in a single call of a compiled function, which is where its speed is.
What comes back is a **BlockResult** that still lives on the device; ``fetch`` brings it to NumPy, once in a while, so
that no batch waits for the host.

``coursekit.backends.conformance`` is the suite that every backend must pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coursekit.data.loader import Loader

Arrays = dict[str, NDArray[Any]]
ShareOf = Callable[[Any], float]


@dataclass(frozen=True)
class Block:
    """Consecutive batches of one epoch.

    Either ``loader`` is set, and batches are indices that each backend gathers as it likes best, or ``native`` is: a
    sequence of (images, targets) in the framework's own tensors and layout, as a DataLoader or a tf.data.Dataset gave.
    """

    first: int
    count: int
    epoch: int = 0
    loader: Loader | None = None
    native: Sequence[tuple[Any, Any]] = field(default=())

    def indices(self) -> Iterator[NDArray[np.int64]]:
        """Indices of each batch into the data set; for blocks of a loader."""
        assert self.loader is not None  # a programming error in a backend, not a user's
        return (self.loader.indices(self.epoch, batch) for batch in range(self.first, self.first + self.count))

    def arrays(self) -> Iterator[tuple[Any, Any]]:
        """Images and targets of each batch, augmented where the loader augments."""
        if self.loader is None:
            return iter(self.native)
        loader = self.loader
        return (loader.batch(self.epoch, batch) for batch in range(self.first, self.first + self.count))


@dataclass
class BlockResult:
    """What a block left behind, on the device: one loss per batch, the outputs, and the targets they were held against.

    ``weights`` says what each batch's mean loss counts for in an epoch's mean: its number of samples, as a rule.
    ``sizes`` are the batches' lengths in outputs and targets; ``numbers`` is how many numbers the outputs hold, so that
    not too many of them wait on the device.
    """

    losses: Any
    outputs: Any
    targets: Any
    weights: list[float]
    sizes: list[int]
    numbers: int


@dataclass(frozen=True)
class Fetched:
    """A BlockResult in NumPy: losses (batches,) float64; outputs (n, ..., classes) float32; targets (n, ...)."""

    losses: NDArray[np.float64]
    outputs: NDArray[np.float32]
    targets: NDArray[Any]
    weights: NDArray[np.float64]
    sizes: list[int]


@dataclass(frozen=True)
class Settings:
    """How to train, said once for both frameworks; the Trainer's docstring explains each."""

    loss: Any = "cross_entropy"
    optimizer: Any = "adam"
    learning_rate: float | None = None
    clip_norm: float | None = None
    accumulate: int = 1
    precision: str = "fp32"
    compile: bool = False
    channels_last: bool = False
    device: str | None = None
    strategy: Any = None


class Backend(Protocol):
    """Model, loss and optimizer of one framework, behind verbs that speak NumPy."""

    name: str
    model: Any
    optimizer: Any
    settings: Settings
    learning_rate: float
    rank: int
    world: int

    def train_steps(self, block: Block, learning_rates: Sequence[float]) -> BlockResult:
        """Take the optimizer steps of a block: one rate per step, a step for every ``accumulate`` batches."""
        ...

    def evaluate_block(self, block: Block) -> BlockResult:
        """Outputs and losses of a block, without learning; to be called inside ``evaluating``."""
        ...

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs (n, ..., classes) float32 for images (n, H, W, C); to be called inside ``evaluating``."""
        ...

    def fetch(self, result: BlockResult) -> Fetched:
        """Bring a result to NumPy: the only place where the host waits for the device."""
        ...

    def training(self) -> AbstractContextManager[None]:
        """Put the model into train mode; afterwards every module has the mode it was found in."""
        ...

    def evaluating(self) -> AbstractContextManager[None]:
        """Put the model into inference mode; afterwards weights, modes, statistics, gradients, streams are as found."""
        ...

    def random_stream(self, seed: int | None) -> AbstractContextManager[None]:
        """Make the run's own random stream the framework's; afterwards the user's is back."""
        ...

    def batch_weight(self, targets: Any) -> float:
        """What the mean loss of a batch with these targets counts for."""
        ...

    def all_reduce(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over the processes of a distributed run; the values themselves where there is one process."""
        ...

    def get_weights(self) -> Arrays:
        """Copies of all that the model is: parameters, running statistics, seeds."""
        ...

    def set_weights(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Put such copies back, in place."""
        ...

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """All that the next step depends on: weights, optimizer, random stream; arrays, and the rest as JSON."""
        ...

    def set_state(self, arrays: Mapping[str, NDArray[Any]], extra: Mapping[str, Any]) -> None:
        """Continue from such a state, bit for bit."""
        ...

    def observe_gradients(self, wanted: bool) -> None:
        """Ask that the last step of each following block leaves its ``gradient_report``."""
        ...

    def gradient_report(self) -> dict[str, dict[str, float]]:
        """For each parameter of the last observed step: its gradient norm, weight norm and update-to-weight ratio."""
        ...

    def set_trainable(self, block: Any, trainable: bool) -> None:
        """Freeze or unfreeze a part of the model; ``trainable_changed`` is to be called after the last of them.

        Args:
            block: a name ("head"), a dotted prefix ("layer3", which is "layer3.0.conv1" too), or the module or layer.
            trainable: whether its parameters learn.

        Raises:
            ConfigurationError: the model has no such part.
        """
        ...

    def trainable_changed(self) -> None:
        """Take note that parameters were frozen or unfrozen."""
        ...
