"""What every optimizer is: a frozen description that is also its own NumPy reference."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from coursekit.errors import ConfigurationError

Arrays = Mapping[str, NDArray[Any]]
State = dict[str, dict[str, Any]]
"""Per parameter: its ``"step"`` count and the rule's arrays, in the parameter's shape and dtype."""


@dataclass(frozen=True, kw_only=True)
class Optimizer(ABC):
    """An update rule with its hyper-parameters, all but the learning rate.

    The rate is an argument of every update, so that a schedule can change it. Instances are frozen and
    compare by value; what an optimizer remembers is in the state, which is passed in and returned.

    Attributes:
        name: the name of the rule.
        default_learning_rate: a usual first choice.
        slots: names of the arrays kept per parameter, in the state under each parameter's name.
    """

    name: ClassVar[str]
    default_learning_rate: ClassVar[float]

    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        require_non_negative("weight_decay", self.weight_decay)

    @property
    @abstractmethod
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays that are kept per parameter."""

    @abstractmethod
    def _step(
        self, param: NDArray[Any], grad: NDArray[Any], slots: dict[str, NDArray[Any]], step: int, rate: float
    ) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        """Return one parameter and its slots after the update number ``step``, counted from 1."""

    def init(self, params: Arrays) -> State:
        """Return the state before the first update: step 0, every slot zero."""
        return {
            name: {"step": 0, **{slot: np.zeros_like(value) for slot in self.slots}} for name, value in params.items()
        }

    def update(
        self, params: Arrays, grads: Arrays, state: State, learning_rate: float
    ) -> tuple[dict[str, NDArray[Any]], State]:
        """Return the parameters and the state after one step; the arguments stay as they are.

        Args:
            params: floating arrays by name, of any shapes and dtypes.
            grads: d loss / d parameter under the same names and in the same shapes. A parameter without a
                gradient (a frozen one) keeps its value and its state, weight decay included, as in PyTorch.
            state: what :meth:`init` or the last update returned.
            learning_rate: 0 or above.

        Raises:
            ConfigurationError: a gradient of no parameter or of another shape, a negative rate.
        """
        require_non_negative("learning_rate", learning_rate)
        check_gradients(params, grads)
        new_params, new_state = dict(params), dict(state)
        for name, grad in grads.items():
            if name not in state:
                raise ConfigurationError(
                    f"a gradient of {name!r}, which the optimizer's state does not know",
                    expected=f"one of {', '.join(sorted(state)) or 'no parameters at all'}",
                    mend="build the state with init(params) after the model has its final parameters",
                )
            param, step = params[name], state[name]["step"] + 1
            slots = {slot: state[name][slot] for slot in self.slots}
            value, slots = self._step(param, grad.astype(param.dtype, copy=False), slots, step, learning_rate)
            new_params[name] = value.astype(param.dtype, copy=False)
            kept = {slot: array.astype(param.dtype, copy=False) for slot, array in slots.items()}
            new_state[name] = {"step": step, **kept}
        return new_params, new_state


def check_gradients(params: Arrays, grads: Arrays) -> None:
    """Raise ConfigurationError unless every gradient belongs to a parameter of its shape."""
    for name, grad in grads.items():
        if name not in params or params[name].shape != grad.shape:
            of = f"shape {params[name].shape}" if name in params else "no such parameter"
            raise ConfigurationError(
                f"a gradient {name!r} of shape {grad.shape} for {of}",
                expected="gradients under the names and in the shapes of the parameters",
                mend="compute the gradients with respect to these parameters",
            )


def require_non_negative(argument: str, value: float) -> None:
    """Raise ConfigurationError unless ``value`` is a finite number, 0 or above."""
    if not (np.isfinite(value) and value >= 0):
        raise ConfigurationError(
            f"{argument}={value!r}",
            expected="a finite number, 0 or above",
            mend=f"choose {argument} as a non-negative number",
        )


def require_fraction(argument: str, value: float) -> None:
    """Raise ConfigurationError unless ``value`` lies in [0, 1)."""
    if not 0.0 <= value < 1.0:
        raise ConfigurationError(
            f"{argument}={value!r}",
            expected="a number from 0 to below 1",
            mend=f"choose {argument} below 1: it is the share of the past that is kept",
        )


def require_positive(argument: str, value: float) -> None:
    """Raise ConfigurationError unless ``value`` is a finite number above 0."""
    if not (np.isfinite(value) and value > 0):
        raise ConfigurationError(
            f"{argument}={value!r}", expected="a finite number above 0", mend=f"choose a positive {argument}"
        )
