"""Losses in one written convention: PyTorch's formulas, the class axis last, the mean over the batch.

Each loss is a frozen description that is also its NumPy reference: calling it gives the value, ``gradient``
the derivative in closed form. Backends translate the description into their framework and are tested
against the reference.
"""

from __future__ import annotations

from typing import Any

from coursekit._named import by_name
from coursekit.losses.base import Loss
from coursekit.losses.boxes import GIoULoss, IoULoss
from coursekit.losses.classification import CrossEntropy, PixelwiseCrossEntropy, cross_entropy
from coursekit.losses.detection import Detection
from coursekit.losses.elementwise import L1, MSE, BCEWithLogits
from coursekit.losses.functions import log_sigmoid, log_softmax, one_hot, sigmoid, softmax
from coursekit.losses.overlap import Dice

__all__ = [
    "L1",
    "MSE",
    "NAMES",
    "BCEWithLogits",
    "CrossEntropy",
    "Detection",
    "Dice",
    "GIoULoss",
    "IoULoss",
    "Loss",
    "PixelwiseCrossEntropy",
    "cross_entropy",
    "get",
    "log_sigmoid",
    "log_softmax",
    "one_hot",
    "sigmoid",
    "softmax",
]

_KINDS: tuple[type[Loss], ...] = (
    CrossEntropy,
    PixelwiseCrossEntropy,
    BCEWithLogits,
    MSE,
    L1,
    Dice,
    IoULoss,
    GIoULoss,
    Detection,
)
_BY_NAME: dict[str, tuple[type[Loss], dict[str, Any]]] = {kind.name: (kind, {}) for kind in _KINDS}

NAMES: tuple[str, ...] = tuple(_BY_NAME)


def get(loss: str | Loss, **options: Any) -> Loss:
    """Return the loss of that name, built with ``options``; a loss is returned as it is.

    Args:
        loss: one of :data:`NAMES`, or a :class:`Loss`.
        options: its arguments: ``get("cross_entropy", label_smoothing=0.1)``.

    Raises:
        ConfigurationError: an unknown name or option; options beside a loss that is already built.
    """
    return by_name("loss", loss, Loss, _BY_NAME, options)
