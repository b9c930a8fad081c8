"""Named losses in PyTorch: the specs of ``coursekit.losses``, translated. Class axis: 1, as everywhere in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (the name every PyTorch reader knows)

from coursekit import losses
from coursekit.errors import ConfigurationError

TorchLoss = Callable[[Any, Any], Any]


def torch_loss(loss: Any, device: Any) -> tuple[TorchLoss, losses.Loss | None]:
    """Translate a loss.

    Args:
        loss: a name, a ``coursekit.losses`` spec, a ``torch.nn`` loss, or a function ``(outputs, targets) -> scalar``.
        device: where class weights go.

    Returns:
        The function, and the spec where there is one.

    Raises:
        ConfigurationError: an unknown name, a spec without translation, or a loss that is not a mean over the batch.
    """
    if isinstance(loss, str | losses.Loss):
        spec = losses.get(loss)
        return _translate(spec, device), spec
    if isinstance(loss, torch.nn.Module):
        reduction = getattr(loss, "reduction", "mean")
        if reduction != "mean":
            raise ConfigurationError(
                f"{type(loss).__name__} with reduction={reduction!r}",
                expected="the mean over the batch, so that the rate does not depend on the batch size",
                mend="leave reduction at 'mean'",
            )
        return loss.to(device), None
    if callable(loss) and not type(loss).__module__.startswith("keras."):
        return loss, None
    raise ConfigurationError(
        f"a loss of type {type(loss).__name__}",
        expected="a name, a coursekit.losses object, a torch.nn loss or a function (outputs, targets) -> scalar",
        mend="try loss='cross_entropy'",
    )


def _translate(spec: losses.Loss, device: Any) -> TorchLoss:
    if isinstance(spec, losses.CrossEntropy):
        weights = None if spec.class_weights is None else torch.tensor(spec.class_weights, device=device)
        smoothing = spec.label_smoothing
        ignored = getattr(spec, "ignore_index", None)
        if weights is None and not smoothing and ignored is None:
            return lambda outputs, targets: F.cross_entropy(outputs, _classes(targets))
        options: dict[str, Any] = {} if ignored is None else {"ignore_index": ignored}
        return lambda outputs, targets: F.cross_entropy(
            outputs, _classes(targets), weight=weights, label_smoothing=smoothing, **options
        )
    if isinstance(spec, losses.BCEWithLogits):
        positive = None if spec.pos_weight is None else torch.tensor(spec.pos_weight, device=device)
        return lambda outputs, targets: F.binary_cross_entropy_with_logits(
            outputs, _like(targets, outputs), pos_weight=positive
        )
    if isinstance(spec, losses.MSE):
        return lambda outputs, targets: F.mse_loss(outputs, _like(targets, outputs))
    if isinstance(spec, losses.L1):
        return lambda outputs, targets: F.l1_loss(outputs, _like(targets, outputs))
    if isinstance(spec, losses.Dice):
        smooth = spec.smooth
        return lambda outputs, targets: _dice(outputs, targets, smooth)
    raise ConfigurationError(
        f"loss {spec.name!r} for the engine",
        expected="a loss on one output and one target",
        mend="give a function (outputs, targets) -> scalar of your own; "
        f"coursekit.losses.{type(spec).__name__} is its NumPy reference",
    )


def _classes(targets: Any) -> Any:
    # PyTorch takes class numbers as int64 alone; masks are uint8, and NumPy's integers may be int32.
    return targets if targets.dtype == torch.int64 or targets.is_floating_point() else targets.long()


def _like(targets: Any, outputs: Any) -> Any:
    # One output per sample against labels (n,): the shapes are made equal here, because (n, 1) - (n,) would silently
    # broadcast to (n, n).
    targets = targets.to(outputs.dtype)
    return targets.reshape(outputs.shape) if targets.numel() == outputs.numel() else targets


def _dice(outputs: Any, targets: Any, smooth: float) -> Any:
    """Soft Dice loss on logits (n, classes, H, W); ``coursekit.losses.Dice`` states the formula."""
    classes = outputs.shape[1]
    probability = outputs.sigmoid() if classes == 1 else outputs.softmax(1)
    if targets.shape == outputs.shape:
        truth = targets.to(outputs.dtype)
    elif classes == 1:
        truth = targets.to(outputs.dtype).unsqueeze(1)
    else:
        truth = F.one_hot(targets.long(), classes).movedim(-1, 1).to(outputs.dtype)
    pixels = tuple(range(2, outputs.ndim))
    overlap = 2 * (probability * truth).sum(pixels) + smooth
    size = (probability + truth).sum(pixels) + smooth
    return 1 - (overlap / size).mean()
