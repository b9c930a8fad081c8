"""Stochastic gradient descent, with momentum and Nesterov's variant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from coursekit.errors import ConfigurationError
from coursekit.optimizers.base import Optimizer, require_fraction


@dataclass(frozen=True, kw_only=True)
class SGD(Optimizer):
    """Gradient descent, as torch.optim.SGD without dampening::

        g = grad + weight_decay * p
        v = momentum * v + g
        p = p - rate * v                     (Nesterov: p - rate * (g + momentum * v))

    The velocity does not contain the rate, so that a change of rate acts at once; Keras keeps ``rate * v``,
    which is the same until the rate changes. Polyak 1964; Sutskever et al. 2013 for this form of Nesterov's
    method.

    Args:
        weight_decay: added to the gradient as ``weight_decay * p`` (L2: the loss gains weight_decay / 2 *
            sum p^2).
        momentum: in [0, 1).
        nesterov: look ahead along the velocity; needs a momentum.

    Raises:
        ConfigurationError: a momentum outside [0, 1), a negative weight decay, Nesterov without momentum.
    """

    name: ClassVar[str] = "sgd"
    default_learning_rate: ClassVar[float] = 1e-2

    weight_decay: float = 0.0
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        require_fraction("momentum", self.momentum)
        if self.nesterov and self.momentum == 0:
            raise ConfigurationError(
                "nesterov=True with momentum=0",
                expected="a momentum above 0: without it there is nothing to look ahead along",
                mend="set momentum=0.9, or leave nesterov out",
            )

    @property
    def slots(self) -> tuple[str, ...]:
        """The velocity, where there is a momentum."""
        return ("velocity",) if self.momentum else ()

    def _step(
        self, param: NDArray[Any], grad: NDArray[Any], slots: dict[str, NDArray[Any]], step: int, rate: float
    ) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        del step
        slope = grad + self.weight_decay * param if self.weight_decay else grad
        if not self.momentum:
            return param - rate * slope, slots
        velocity = self.momentum * slots["velocity"] + slope
        direction = slope + self.momentum * velocity if self.nesterov else velocity
        return param - rate * direction, {"velocity": velocity}
