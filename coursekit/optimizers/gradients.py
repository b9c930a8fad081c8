"""Tools on gradients: clipping by the global norm, a numerical check, the linear scaling rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import ConfigurationError
from coursekit.optimizers.base import Arrays, require_positive


def global_norm(grads: Arrays) -> float:
    """Return the Euclidean norm of all gradients taken as one vector."""
    squares = (np.square(grad, dtype=np.float64).sum() for grad in grads.values())
    return float(np.sqrt(sum(squares, start=np.float64(0))))


def clip_by_global_norm(grads: Arrays, max_norm: float) -> tuple[dict[str, NDArray[Any]], float]:
    """Return gradients scaled so that their global norm is at most ``max_norm``, and the norm before.

    All are multiplied by min(1, max_norm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_; the direction
    stays (Pascanu et al. 2013).

    Args:
        grads: arrays by name.
        max_norm: above 0.

    Raises:
        ConfigurationError: ``max_norm`` is not positive and finite.
    """
    require_positive("max_norm", max_norm)
    norm = global_norm(grads)
    scale = max_norm / (norm + 1e-6)
    # Not min(): a NaN norm must make every gradient NaN, not leave them unclipped.
    scale = 1.0 if scale > 1.0 else scale
    return {name: (grad * scale).astype(grad.dtype, copy=False) for name, grad in grads.items()}, norm


def linear_scaled(learning_rate: float, batch_size: int, base_batch_size: int = 256) -> float:
    """Return the rate for another batch size: ``learning_rate * batch_size / base_batch_size``.

    The linear scaling rule (Goyal et al. 2017); it is meant for SGD, with warm-up, and breaks for very
    large batches.

    Args:
        learning_rate: the rate that is right for ``base_batch_size``.
        batch_size: samples per update, over all processes and accumulated batches.
        base_batch_size: samples per update that ``learning_rate`` was found with.

    Raises:
        ConfigurationError: an argument that is not positive.
    """
    require_positive("learning_rate", learning_rate)
    require_positive("batch_size", batch_size)
    require_positive("base_batch_size", base_batch_size)
    return learning_rate * batch_size / base_batch_size


def numerical_gradient(
    f: Callable[[NDArray[np.float64]], float], x: ArrayLike, eps: float = 1e-6
) -> NDArray[np.float64]:
    """Return the gradient of ``f`` at ``x`` by central differences, (f(x + eps) - f(x - eps)) / (2 eps).

    The error is of order eps^2 from truncation and 1e-16 / eps from rounding, in float64. ``x`` is not
    changed.

    Args:
        f: a function of one float64 array in the shape of ``x``, returning a number.
        x: any shape.
        eps: the step, above 0.

    Raises:
        ConfigurationError: ``eps`` is not positive, or ``f`` returns no single number.
    """
    require_positive("eps", eps)
    point = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        middle = point[index]
        point[index] = middle + eps
        above = _number(f(point.copy()))
        point[index] = middle - eps
        below = _number(f(point.copy()))
        point[index] = middle
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def _number(value: Any) -> float:
    if np.size(value) != 1:
        raise ConfigurationError(
            f"a function whose value has shape {np.shape(value)}",
            expected="one number",
            mend="reduce it with mean() or sum(): the gradient of a vector is a matrix",
        )
    return float(np.asarray(value).reshape(()))
