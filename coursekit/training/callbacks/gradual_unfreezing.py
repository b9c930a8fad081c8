"""GradualUnfreezing: let a pretrained model learn block by block, from the head down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coursekit.errors import ConfigurationError
from coursekit.training.callback import Callback
from coursekit.training.state import TrainState


class GradualUnfreezing(Callback):
    """Freeze blocks when the run begins, and unfreeze one after another (Howard and Ruder 2018, "ULMFiT", section 3.3).

    What is not listed, the head above all, stays as it is. Which blocks learn follows from the number of the
    epoch alone, so that a resumed run needs no memory of it.

    Args:
        blocks: names ("layer3"), dotted prefixes, or the modules or layers themselves, in the order in which they
            shall be unfrozen: nearest to the head first.
        every: epochs from one block to the next.
        first_epoch: the epoch, from 1, before which the first block is unfrozen; with 2 the head has one epoch alone.
        rate_factor: what the learning rate is multiplied by at each unfreezing: pretrained weights want small steps.

    Raises:
        ConfigurationError: no block or the same one twice, a count that is not positive, a factor outside (0, 1]; when
            the run begins, a block that the model does not have.
    """

    # Before whatever looks at the model in the same hook.
    order = -10

    def __init__(
        self, blocks: Sequence[Any], *, every: int = 1, first_epoch: int = 2, rate_factor: float = 1.0
    ) -> None:
        if isinstance(blocks, str) or not len(blocks):
            raise ConfigurationError(
                f"blocks={blocks!r}", expected="a list of blocks", mend='write blocks=["layer3", "layer2", "layer1"]'
            )
        for position, block in enumerate(blocks):
            if any(block is other or (isinstance(block, str) and block == other) for other in blocks[:position]):
                raise ConfigurationError(f"the block {block!r} twice", expected="each once", mend="remove one")
        for name, count in (("every", every), ("first_epoch", first_epoch)):
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise ConfigurationError(f"{name}={count!r}", expected="a positive integer", mend="epochs count from 1")
        if not 0 < rate_factor <= 1:
            raise ConfigurationError(
                f"rate_factor={rate_factor!r}", expected="a number above 0, 1 at most", mend="1.0 leaves the rate alone"
            )
        self.blocks, self.every, self.first_epoch, self.rate_factor = list(blocks), every, first_epoch, rate_factor
        self._unfrozen: int | None = None

    def unfrozen(self, epoch: int) -> int:
        """Return how many blocks learn in an epoch."""
        return min(len(self.blocks), max(0, (epoch - self.first_epoch) // self.every + 1))

    def on_train_begin(self, state: TrainState) -> None:
        """Freeze what has not had its epoch yet, and join the run's rate."""
        self._unfrozen = None
        self._apply(state, state.epoch)
        state.rate_factors[f"unfreezing.{len(state.rate_factors)}"] = self._factor

    def on_epoch_begin(self, state: TrainState) -> None:
        """Unfreeze the blocks whose epoch has come."""
        self._apply(state, state.epoch)

    def _factor(self, state: TrainState, step: int) -> float:
        del step
        return float(self.rate_factor ** self.unfrozen(max(state.epoch, 1)))

    def _apply(self, state: TrainState, epoch: int) -> None:
        count = self.unfrozen(epoch)
        if count == self._unfrozen:
            return
        # From the last to the first: where one block holds another, the one that is named earlier has the last word.
        for number, block in reversed(list(enumerate(self.blocks))):
            state.backend.set_trainable(block, number < count)
        state.backend.trainable_changed()
        self._unfrozen = count
