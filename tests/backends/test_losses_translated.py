"""Named losses in both frameworks: the value and the gradient of their NumPy reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coursekit import losses
from coursekit.errors import ConfigurationError

FRAMEWORKS = ["torch", "tensorflow"]
RNG = np.random.default_rng(0)
CLASSES = 5


def logits(*shape: int) -> np.ndarray:
    return (3 * RNG.standard_normal(shape)).astype(np.float32)


def soft(*shape: int) -> np.ndarray:
    return RNG.dirichlet(np.ones(CLASSES), shape).astype(np.float32)


LABELS = RNG.integers(0, CLASSES, 7)
MASKS = RNG.integers(0, CLASSES, (3, 4, 6))
HOLES = np.where(RNG.random(MASKS.shape) < 0.3, 255, MASKS)
WEIGHTS = (0.2, 1.0, 3.0, 0.5, 2.0)
BINARY = (RNG.random((7, 3)) < 0.5).astype(np.float32)

CASES: dict[str, tuple[losses.Loss, np.ndarray, np.ndarray]] = {
    "cross-entropy": (losses.CrossEntropy(), logits(7, CLASSES), LABELS),
    "large logits": (losses.CrossEntropy(), 100 * logits(7, CLASSES), LABELS),
    "class weights": (losses.CrossEntropy(WEIGHTS), logits(7, CLASSES), LABELS),
    "smoothing": (losses.CrossEntropy(None, 0.2), logits(7, CLASSES), LABELS),
    "class weights, smoothing": (losses.CrossEntropy(WEIGHTS, 0.2), logits(7, CLASSES), LABELS),
    "soft targets": (losses.CrossEntropy(), logits(7, CLASSES), soft(7)),
    "soft targets, class weights, smoothing": (losses.CrossEntropy(WEIGHTS, 0.2), logits(7, CLASSES), soft(7)),
    "pixels": (losses.PixelwiseCrossEntropy(), logits(3, 4, 6, CLASSES), MASKS),
    "pixels uint8": (losses.PixelwiseCrossEntropy(), logits(3, 4, 6, CLASSES), MASKS.astype(np.uint8)),
    "pixels, all": (losses.PixelwiseCrossEntropy(WEIGHTS, 0.1, 255), logits(3, 4, 6, CLASSES), HOLES),
    "pixels, ignored": (losses.PixelwiseCrossEntropy(ignore_index=255), logits(3, 4, 6, CLASSES), HOLES),
    "pixels uint8, ignored": (
        losses.PixelwiseCrossEntropy(ignore_index=255),
        logits(3, 4, 6, CLASSES),
        HOLES.astype(np.uint8),
    ),
    "bce": (losses.BCEWithLogits(), logits(7, 3), BINARY),
    "bce, weight": (losses.BCEWithLogits(2.5), logits(7, 3), BINARY),
    "bce, weights": (losses.BCEWithLogits((0.5, 1.0, 4.0)), logits(7, 3), BINARY),
    "bce, large": (losses.BCEWithLogits(2.5), 50 * logits(7, 3), BINARY),
    "mse": (losses.MSE(), logits(7, 3), logits(7, 3)),
    "l1": (losses.L1(), logits(7, 3), logits(7, 3)),
    "dice": (losses.Dice(), logits(3, 4, 6, CLASSES), MASKS),
    "dice uint8": (losses.Dice(), logits(3, 4, 6, CLASSES), MASKS.astype(np.uint8)),
    "dice, one class": (losses.Dice(0.5), logits(3, 4, 6, 1), (MASKS > 2).astype(np.int64)),
}


def value_and_gradient(framework: str, spec: losses.Loss, outputs: np.ndarray, targets: np.ndarray) -> Any:
    if framework == "torch":
        torch = pytest.importorskip("torch")
        from coursekit.backends.pytorch_losses import torch_loss

        function, kept = torch_loss(spec, torch.device("cpu"))
        own = torch.tensor(np.moveaxis(outputs, -1, 1).copy(), requires_grad=True)
        theirs = targets
        if targets.ndim == outputs.ndim:
            theirs = np.moveaxis(targets, -1, 1)
        loss = function(own, torch.tensor(theirs.copy()))
        loss.backward()
        assert kept == spec
        return loss.item(), np.moveaxis(own.grad.numpy(), 1, -1)
    tf = pytest.importorskip("tensorflow")
    from coursekit.backends.tensorflow_losses import tensorflow_loss

    function, kept = tensorflow_loss(spec)
    own = tf.Variable(outputs)
    with tf.GradientTape() as tape:
        loss = tf.function(function)(own, tf.convert_to_tensor(targets))
    assert kept == spec
    assert loss.shape == ()
    return float(loss), np.asarray(tape.gradient(loss, own))


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("case", CASES)
def test_value_and_gradient(case: str, framework: str) -> None:
    spec, outputs, targets = CASES[case]
    value, gradient = value_and_gradient(framework, spec, outputs, targets)
    precise = outputs.astype(np.float64)
    assert value == pytest.approx(spec(precise, targets), rel=2e-6)
    np.testing.assert_allclose(gradient, spec.gradient(precise, targets), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", ["bce_with_logits", "mse", "l1"])
def test_one_output_against_plain_labels_is_not_broadcast(name: str, framework: str) -> None:
    """(n, 1) - (n,) would be (n, n), silently."""
    spec, outputs = losses.get(name), logits(7, 1)
    targets = BINARY[:, 0]
    value, _ = value_and_gradient(framework, spec, outputs, targets)
    assert value == pytest.approx(spec(outputs.astype(np.float64), targets[:, None]), rel=2e-6)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_losses_on_more_than_one_output_are_refused(framework: str) -> None:
    for name in ("iou", "giou", "detection"):
        if name in losses.NAMES:
            with pytest.raises(ConfigurationError, match="one output and one target"):
                value_and_gradient(framework, losses.get(name), logits(7, 4), logits(7, 4))
