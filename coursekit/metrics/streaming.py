"""What every streaming metric is: sums that add up over batches and over processes."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import DataError

Floats = NDArray[np.float64]


class Metric(ABC):
    """A figure over a whole epoch, built from sums.

    The state is one float64 vector; the state of two sets together is the sum of their states. So a mean
    over an epoch is exact whatever the batch sizes, and processes join their figures by adding vectors.

    Attributes:
        only_counts: whether the sums are counts, which come out the same however samples are put together into updates;
            sums of other numbers differ in their last bits, and functions of a batch altogether.
    """

    only_counts: ClassVar[bool] = False

    def __init__(self, name: str) -> None:
        """Start with nothing seen."""
        self._name = name
        self._state: Floats = np.zeros(0)
        self.reset()

    @property
    def name(self) -> str:
        """The key of the figure in logs and histories."""
        return self._name

    @abstractmethod
    def update(self, outputs: ArrayLike, targets: ArrayLike) -> None:
        """Take in one batch of model outputs and targets."""

    @abstractmethod
    def result(self) -> float:
        """Return the figure over everything taken in; NaN for nothing."""

    def prepare(self, output_shape: tuple[int, ...]) -> None:  # noqa: B027 - most states have a fixed size
        """Size the state for outputs of this shape, so that states of idle processes add up too."""

    def reset(self) -> None:
        """Forget everything taken in."""
        self._state = np.zeros_like(self._state)

    def state(self) -> Floats:
        """Return a copy of the sums, a float64 vector."""
        return self._state.copy()

    def load_state(self, state: ArrayLike) -> None:
        """Replace the sums by ``state``, which a metric of the same kind returned, or a sum of such."""
        self._state = self._checked(state).copy()

    def merge(self, state: ArrayLike) -> None:
        """Add the sums of another metric of the same kind."""
        self._state = self._state + self._checked(state)

    def fresh(self) -> Self:
        """Return a metric with the same settings that has seen nothing."""
        twin = copy.deepcopy(self)
        twin.reset()
        return twin

    def _checked(self, state: ArrayLike) -> Floats:
        values = np.asarray(state, dtype=np.float64)
        if values.shape != self._state.shape:
            raise DataError(
                f"a state of shape {values.shape} for the metric {self.name!r}",
                expected=f"shape {self._state.shape}",
                mend="load the state of a metric of the same kind",
            )
        return values

    def __repr__(self) -> str:
        """Return the name and the figure so far."""
        return f"<{type(self).__name__} {self.name}={self.result():.4g}>"
