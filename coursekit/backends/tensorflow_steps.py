"""The compiled functions of the TensorFlow backend: a whole block of batches in one call.

What costs time in a small model is the way from Python into TensorFlow and back. Here it is gone once per block: the
loop over batches runs inside the graph, over slices of the block's arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


class Steps:
    """The graph functions for one model, loss and optimizer; traced when first used.

    Args:
        model: a built keras.Model.
        loss: ``(outputs, targets) -> scalar``.
        optimizer: a built Keras optimizer.
        clip_norm: largest global norm of the gradients, or None.
        accumulate: batches per optimizer step.
        rate_is_ours: whether to set the optimizer's rate for each step.
        jit: compile the step with XLA.
    """

    def __init__(
        self,
        model: Any,
        loss: Callable[[Any, Any], Any],
        optimizer: Any,
        *,
        clip_norm: float | None,
        accumulate: int,
        rate_is_ours: bool,
        jit: bool,
    ) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.clip_norm, self.accumulate, self.rate_is_ours = clip_norm, accumulate, rate_is_ours
        self.variables = list(model.trainable_variables)
        # Frozen later or earlier: a new Steps is made then, so that this list and the graph agree.
        self._step = tf.function(self._train_step, jit_compile=True) if jit else self._train_step
        self._forward = tf.function(self._evaluate_step, jit_compile=True) if jit else self._evaluate_step
        self._traced: dict[Any, Any] = {}

    # The textbook's step ---------------------------------------------------

    # Only the loops over batches need AutoGraph: without it, as in Keras's own fit, tracing takes half as long.
    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def _train_step(self, images: Any, targets: Any, rate: Any) -> tuple[Any, Any]:
        """One step of the optimizer on one batch: forward, loss, backward, update."""
        with tf.GradientTape() as tape:
            outputs = self.model(images, training=True)
            loss = self._total_loss(outputs, targets)
        gradients = tape.gradient(loss, self.variables)
        self._update(gradients, rate)
        return loss, outputs

    def _update(self, gradients: Any, rate: Any) -> None:
        if self.clip_norm is not None:
            gradients = _clipped(gradients, self.clip_norm)
        if self.rate_is_ours:
            self.optimizer.learning_rate = rate
        self.optimizer.apply(gradients, self.variables)

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def _evaluate_step(self, images: Any, targets: Any) -> tuple[Any, Any]:
        outputs = self.model(images, training=False)
        return self._total_loss(outputs, targets), outputs

    def _total_loss(self, outputs: Any, targets: Any) -> Any:
        """The loss, and what regularisers in the layers add to it."""
        loss = self.loss(tf.cast(outputs, tf.float32), targets)
        penalties = self.model.losses
        return tf.add_n([loss, *(tf.cast(penalty, loss.dtype) for penalty in penalties)]) if penalties else loss

    def _accumulated_step(self, images: Any, targets: Any, bounds: Any, shares: Any, rate: Any) -> tuple[Any, Any]:
        """One step of the optimizer on several batches together."""
        losses, outputs, gradients = self._joined_gradients(images, targets, bounds, shares)
        self._update(gradients, rate)
        return losses, outputs

    def _joined_gradients(self, images: Any, targets: Any, bounds: Any, shares: Any) -> tuple[Any, Any, list[Any]]:
        """Losses and outputs of several batches, and the sum of their gradients, each counted by its share."""
        count = tf.size(shares)
        sums = tuple(tf.zeros_like(variable.value) for variable in self.variables)
        losses = tf.TensorArray(tf.float32, count, element_shape=())
        outputs = tf.TensorArray(tf.float32, count, infer_shape=False)
        for batch in tf.range(count):
            part = slice(bounds[batch], bounds[batch + 1])
            with tf.GradientTape() as tape:
                output = self.model(images[part], training=True)
                loss = self._total_loss(output, targets[part])
                scaled = loss * shares[batch]
            gradients = tape.gradient(scaled, self.variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            sums = tuple(s + tf.convert_to_tensor(g) for s, g in zip(sums, gradients, strict=True))
            losses = losses.write(batch, loss)
            outputs = outputs.write(batch, tf.cast(output, tf.float32))
        return losses.stack(), outputs.concat(), list(sums)

    # Blocks ---------------------------------------------------

    def _train_block(self, images: Any, targets: Any, bounds: Any, rates: Any) -> tuple[Any, Any]:
        count = tf.size(rates)
        losses = tf.TensorArray(tf.float32, count, element_shape=())
        outputs = tf.TensorArray(tf.float32, count, infer_shape=False)
        for step in tf.range(count):
            part = slice(bounds[step], bounds[step + 1])
            loss, output = self._step(images[part], targets[part], rates[step])
            losses = losses.write(step, loss)
            outputs = outputs.write(step, tf.cast(output, tf.float32))
        return losses.stack(), outputs.concat()

    def _evaluate_block(self, images: Any, targets: Any, bounds: Any) -> tuple[Any, Any]:
        count = tf.size(bounds) - 1
        losses = tf.TensorArray(tf.float32, count, element_shape=())
        outputs = tf.TensorArray(tf.float32, count, infer_shape=False)
        for batch in tf.range(count):
            part = slice(bounds[batch], bounds[batch + 1])
            loss, output = self._forward(images[part], targets[part])
            losses = losses.write(batch, loss)
            outputs = outputs.write(batch, tf.cast(output, tf.float32))
        return losses.stack(), outputs.concat()

    def _observed_step(self, images: Any, targets: Any, bounds: Any, shares: Any, rate: Any) -> tuple[Any, ...]:
        """A training step that also returns, per variable, the norms of gradient, weight and update."""
        before = [tf.identity(variable.value) for variable in self.variables]
        losses, outputs, gradients = self._joined_gradients(images, targets, bounds, shares)
        norms = [tf.norm(gradient) for gradient in gradients]  # before clipping, which would hide an explosion
        self._update(gradients, rate)
        updates = [tf.norm(variable.value - old) for variable, old in zip(self.variables, before, strict=True)]
        weights = [tf.norm(old) for old in before]
        return losses, outputs, tf.stack(norms), tf.stack(weights), tf.stack(updates)

    # Calls ---------------------------------------------------

    def fits(self) -> bool:
        """Whether the model still learns the variables that these functions were made for."""
        now = self.model.trainable_variables
        return len(now) == len(self.variables) and all(a is b for a, b in zip(now, self.variables, strict=True))

    def train_block(self, images: Any, targets: Any, bounds: Any, rates: Any) -> tuple[Any, Any]:
        """Take one step per rate; batch i is ``images[bounds[i]:bounds[i + 1]]``. Losses (steps,), outputs (n, ...)."""
        losses, outputs = self._call(self._train_block, images, targets, bounds, rates)
        return losses, outputs

    def accumulated_step(self, images: Any, targets: Any, bounds: Any, shares: Any, rate: Any) -> tuple[Any, Any]:
        """Take one step on all batches together. Losses (batches,), outputs (n, ...)."""
        losses, outputs = self._call(self._accumulated_step, images, targets, bounds, shares, rate)
        return losses, outputs

    def evaluate_block(self, images: Any, targets: Any, bounds: Any) -> tuple[Any, Any]:
        """Losses (batches,) and outputs (n, ...) in inference mode."""
        losses, outputs = self._call(self._evaluate_block, images, targets, bounds)
        return losses, outputs

    def observed_step(self, images: Any, targets: Any, bounds: Any, shares: Any, rate: Any) -> tuple[Any, ...]:
        """Take one step as ``accumulated_step`` does; also, per variable, the norms of gradient, weight and update."""
        losses, outputs, *norms = self._call(self._observed_step, images, targets, bounds, shares, rate)
        return losses, outputs, *norms

    def _call(self, function: Any, images: Any, targets: Any, *rest: Any) -> Any:
        images, targets = tf.convert_to_tensor(images), tf.convert_to_tensor(targets)
        rest = tuple(tf.convert_to_tensor(value) for value in rest)
        # One trace for all lengths: only the number of images, batches and steps differs from call to call.
        signature = [_any_length(images), _any_length(targets), *(_any_length(value) for value in rest)]
        key = (function.__name__, *((tuple(spec.shape), spec.dtype) for spec in signature[:2]))
        if key not in self._traced:
            self._traced[key] = tf.function(function, input_signature=signature)
        return self._traced[key](images, targets, *rest)


def _any_length(tensor: Any) -> Any:
    shape = tensor.shape
    return tf.TensorSpec(shape if shape.rank == 0 else [None, *shape[1:]], tensor.dtype)


def _clipped(gradients: Any, most: float) -> list[Any]:
    """Scale all gradients so that their global norm is at most ``most``, with PyTorch's 1e-6 in the divisor."""
    present = [gradient for gradient in gradients if gradient is not None]
    factor = tf.minimum(1.0, most / (tf.linalg.global_norm(present) + 1e-6))
    return [None if gradient is None else tf.convert_to_tensor(gradient) * factor for gradient in gradients]
