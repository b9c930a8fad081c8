"""Named losses in TensorFlow: the specs of ``coursekit.losses``, translated. Class axis: the last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from coursekit import losses
from coursekit.errors import ConfigurationError

TensorFlowLoss = Callable[[Any, Any], Any]


def tensorflow_loss(loss: Any) -> tuple[TensorFlowLoss, losses.Loss | None]:
    """Translate a loss.

    Args:
        loss: a name, a spec of ``coursekit.losses``, a ``keras.losses.Loss``, or a function in Keras's order,
            ``(targets, outputs) -> scalar``.

    Returns:
        A function ``(outputs, targets) -> scalar``, and the spec where there is one.

    Raises:
        ConfigurationError: an unknown name, a spec without translation, or a loss that is not a mean over the batch.
    """
    if isinstance(loss, str | losses.Loss):
        spec = losses.get(loss)
        return _translate(spec), spec
    if isinstance(loss, keras.losses.Loss):
        if loss.reduction not in ("sum_over_batch_size", "mean"):
            raise ConfigurationError(
                f"{type(loss).__name__} with reduction={loss.reduction!r}",
                expected="the mean over the batch, so that the rate does not depend on the batch size",
                mend="leave reduction at 'sum_over_batch_size'",
            )
        return lambda outputs, targets: loss(targets, outputs), None
    if callable(loss) and not any(kind.__module__.startswith("torch.") for kind in type(loss).__mro__):
        return lambda outputs, targets: tf.reduce_mean(loss(targets, outputs)), None
    raise ConfigurationError(
        f"a loss of type {type(loss).__name__}",
        expected="a name, a coursekit.losses object, a keras.losses.Loss or a function (targets, outputs) -> scalar",
        mend="try loss='cross_entropy'",
    )


def _translate(spec: losses.Loss) -> TensorFlowLoss:
    if isinstance(spec, losses.CrossEntropy):
        return lambda outputs, targets: _cross_entropy(outputs, targets, spec)
    if isinstance(spec, losses.BCEWithLogits):
        positive = tf.constant(1.0 if spec.pos_weight is None else spec.pos_weight, tf.float32)
        return lambda outputs, targets: tf.reduce_mean(
            tf.nn.weighted_cross_entropy_with_logits(_like(targets, outputs), outputs, positive)
        )
    if isinstance(spec, losses.MSE):
        return lambda outputs, targets: tf.reduce_mean(tf.math.squared_difference(outputs, _like(targets, outputs)))
    if isinstance(spec, losses.L1):
        return lambda outputs, targets: tf.reduce_mean(tf.abs(outputs - _like(targets, outputs)))
    if isinstance(spec, losses.Dice):
        smooth = spec.smooth
        return lambda outputs, targets: _dice(outputs, targets, smooth)
    raise ConfigurationError(
        f"loss {spec.name!r} for the engine",
        expected="a loss on one output and one target",
        mend="give a function (targets, outputs) -> scalar of your own; "
        f"coursekit.losses.{type(spec).__name__} is its NumPy reference",
    )


def _cross_entropy(outputs: Any, targets: Any, spec: losses.CrossEntropy) -> Any:
    """PyTorch's cross-entropy: class weights divide by their own sum, and smoothing is weighted too."""
    weights, smoothing = spec.class_weights, spec.label_smoothing
    ignored = getattr(spec, "ignore_index", None)
    index_targets = targets.dtype.is_integer
    if index_targets and targets.dtype != tf.int64:
        targets = tf.cast(targets, tf.int32)  # masks are uint8, which the sparse kernel does not take
    if index_targets and weights is None and not smoothing and ignored is None:
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs))
    kept = tf.ones(tf.shape(outputs)[:-1], outputs.dtype)
    if index_targets and ignored is not None:
        kept = tf.cast(tf.not_equal(targets, ignored), outputs.dtype)
        targets = tf.where(tf.equal(targets, ignored), tf.zeros_like(targets), targets)
    classes = outputs.shape[-1]
    wanted = tf.one_hot(targets, classes, dtype=outputs.dtype) if index_targets else tf.cast(targets, outputs.dtype)
    by_class = tf.ones(classes, outputs.dtype) if weights is None else tf.constant(weights, outputs.dtype)
    divisor = tf.reduce_sum(kept * tf.reduce_sum(wanted * by_class, -1)) if index_targets else tf.reduce_sum(kept)
    smoothed = (wanted * (1 - smoothing) + smoothing / classes) * by_class
    return -tf.reduce_sum(kept * tf.reduce_sum(smoothed * tf.nn.log_softmax(outputs), -1)) / divisor


def _like(targets: Any, outputs: Any) -> Any:
    # Labels (n,) against outputs (n, 1) would silently broadcast to (n, n).
    targets = tf.cast(targets, outputs.dtype)
    if targets.shape.rank == outputs.shape.rank - 1 and outputs.shape[-1] == 1:
        return targets[..., None]
    return targets


def _dice(outputs: Any, targets: Any, smooth: float) -> Any:
    """Soft Dice loss on logits (n, H, W, classes); ``coursekit.losses.Dice`` states the formula."""
    classes = outputs.shape[-1]
    probability = tf.sigmoid(outputs) if classes == 1 else tf.nn.softmax(outputs)
    if targets.shape.rank == outputs.shape.rank:
        truth = tf.cast(targets, outputs.dtype)
    elif classes == 1:
        truth = tf.cast(targets, outputs.dtype)[..., None]
    else:
        truth = tf.one_hot(targets, classes, dtype=outputs.dtype)
    pixels = list(range(1, outputs.shape.rank - 1))
    overlap = 2 * tf.reduce_sum(probability * truth, pixels) + smooth
    size = tf.reduce_sum(probability + truth, pixels) + smooth
    return 1 - tf.reduce_mean(overlap / size)
