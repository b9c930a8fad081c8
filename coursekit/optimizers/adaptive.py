"""Optimizers that divide each step by a running size of the gradient: RMSprop, Adam, AdamW."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from coursekit.errors import ConfigurationError
from coursekit.optimizers.base import Optimizer, require_fraction, require_positive


@dataclass(frozen=True, kw_only=True)
class RMSprop(Optimizer):
    """Gradient over its running root mean square, as torch.optim.RMSprop (Hinton's lecture 6e, 2012)::

        g = grad + weight_decay * p
        s = alpha * s + (1 - alpha) * g^2
        d = g / (sqrt(s) + eps)
        v = momentum * v + d
        p = p - rate * v

    Keras adds its epsilon inside the root, and has other defaults: decay 0.9, rate 1e-3.

    Args:
        weight_decay: added to the gradient as ``weight_decay * p``.
        alpha: share of the past in the mean square, in [0, 1).
        eps: added outside the root.
        momentum: in [0, 1).

    Raises:
        ConfigurationError: an argument outside its range.
    """

    name: ClassVar[str] = "rmsprop"
    default_learning_rate: ClassVar[float] = 1e-2

    weight_decay: float = 0.0
    alpha: float = 0.99
    eps: float = 1e-8
    momentum: float = 0.0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        require_fraction("alpha", self.alpha)
        require_positive("eps", self.eps)
        require_fraction("momentum", self.momentum)

    @property
    def slots(self) -> tuple[str, ...]:
        """The mean square, and the velocity where there is a momentum."""
        return ("mean_square", "velocity") if self.momentum else ("mean_square",)

    def _step(
        self, param: NDArray[Any], grad: NDArray[Any], slots: dict[str, NDArray[Any]], step: int, rate: float
    ) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        del step
        slope = grad + self.weight_decay * param if self.weight_decay else grad
        mean_square = self.alpha * slots["mean_square"] + (1 - self.alpha) * slope**2
        direction = slope / (np.sqrt(mean_square) + self.eps)
        if not self.momentum:
            return param - rate * direction, {"mean_square": mean_square}
        velocity = self.momentum * slots["velocity"] + direction
        return param - rate * velocity, {"mean_square": mean_square, "velocity": velocity}


@dataclass(frozen=True, kw_only=True)
class Adam(Optimizer):
    """Bias-corrected first moment over the root of the second, as torch.optim.Adam (Kingma and Ba 2015)::

        g = grad + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g^2
        p = p - rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    Keras has eps=1e-7 and adds it before the bias correction of v. The weight decay here passes through the
    moments, so that large gradients are decayed less; :class:`AdamW` is what is usually wanted.

    Args:
        weight_decay: added to the gradient as ``weight_decay * p`` (coupled).
        betas: shares of the past in the two moments, each in [0, 1).
        eps: added outside the root, after the bias correction.

    Raises:
        ConfigurationError: an argument outside its range.
    """

    name: ClassVar[str] = "adam"
    default_learning_rate: ClassVar[float] = 1e-3

    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        super().__post_init__()
        if len(self.betas) != 2:
            raise ConfigurationError(f"betas={self.betas!r}", expected="two numbers", mend="use betas=(0.9, 0.999)")
        object.__setattr__(self, "betas", (float(self.betas[0]), float(self.betas[1])))
        require_fraction("betas[0]", self.betas[0])
        require_fraction("betas[1]", self.betas[1])
        require_positive("eps", self.eps)

    @property
    def slots(self) -> tuple[str, ...]:
        """Both moments of the gradient."""
        return ("first_moment", "second_moment")

    def _step(
        self, param: NDArray[Any], grad: NDArray[Any], slots: dict[str, NDArray[Any]], step: int, rate: float
    ) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        slope = grad + self.weight_decay * param if self.weight_decay else grad
        return self._moments_step(param, slope, slots, step, rate)

    def _moments_step(
        self, param: NDArray[Any], slope: NDArray[Any], slots: dict[str, NDArray[Any]], step: int, rate: float
    ) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        beta1, beta2 = self.betas
        first = beta1 * slots["first_moment"] + (1 - beta1) * slope
        second = beta2 * slots["second_moment"] + (1 - beta2) * slope**2
        denominator = np.sqrt(second) / (1 - beta2**step) ** 0.5 + self.eps
        moved = param - rate / (1 - beta1**step) * first / denominator
        return moved, {"first_moment": first, "second_moment": second}


@dataclass(frozen=True, kw_only=True)
class AdamW(Adam):
    """Adam with decoupled weight decay, as torch.optim.AdamW (Loshchilov and Hutter 2019)::

        p = p - rate * weight_decay * p
        then Adam's step with g = grad

    Args:
        weight_decay: share of the parameter taken off per step, times the rate.
        betas: see :class:`Adam`.
        eps: see :class:`Adam`.
    """

    name: ClassVar[str] = "adamw"

    weight_decay: float = 1e-2

    def _step(
        self, param: NDArray[Any], grad: NDArray[Any], slots: dict[str, NDArray[Any]], step: int, rate: float
    ) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        decayed = param * (1 - rate * self.weight_decay)
        return self._moments_step(decayed, grad, slots, step, rate)
