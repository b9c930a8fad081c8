"""Keras models on several devices of one machine: ``tf.distribute.MirroredStrategy``, every sample counted once.

A strategy copies the model to each device. What Keras's own fit leaves to chance is decided here: a batch is cut into
parts that differ by one sample at most, and each part's gradient counts by what it holds, so that the step is that of
the whole batch on one device, also where the batch does not divide evenly or leaves a device without any sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from coursekit.backends.base import Settings
from coursekit.backends.tensorflow_state import learnable
from coursekit.backends.tensorflow_steps import Steps
from coursekit.errors import ConfigurationError, ModelError


@contextmanager
def strategy_scope(model: Any, settings: Settings) -> Iterator[None]:
    """Enter the scope of the strategy in the settings, in which an optimizer has to be made; without one, do nothing.

    Raises:
        ConfigurationError: something that is no such strategy, or is given together with what it cannot do.
        ModelError: a model that was built outside the strategy.
    """
    strategy = settings.strategy
    if strategy is None:
        yield
        return
    if not isinstance(strategy, tf.distribute.MirroredStrategy | tf.distribute.OneDeviceStrategy):
        raise ConfigurationError(
            f"strategy={type(strategy).__name__}",
            expected="a tf.distribute.MirroredStrategy: several devices of one machine",
            mend="for several machines use a PyTorch model under torchrun",
        )
    if settings.compile:
        raise ConfigurationError(
            "compile=True with a strategy", expected="one of the two", mend="leave compile out: steps are graphs anyway"
        )
    if not all(strategy.extended.variable_created_in_scope(weight.value) for weight in model.variables):
        raise ModelError(
            f"a model that was not built under the {type(strategy).__name__}",
            expected="a model whose variables the strategy has placed on its devices",
            mend="build it inside the strategy, under: with strategy.scope()",
        )
    with strategy.scope():
        yield


def check_optimizer(optimizer: Any, strategy: Any) -> None:
    """Check that an optimizer belongs to the strategy.

    Raises:
        ConfigurationError: one that was made outside it.
    """
    if strategy is not None and getattr(optimizer, "_distribution_strategy", strategy) is not strategy:
        raise ConfigurationError(
            f"the optimizer {type(optimizer).__name__} that was not made under the {type(strategy).__name__}",
            expected="an optimizer of the same strategy as the model",
            mend="make it inside the strategy (with strategy.scope(): ...), or give its name",
        )


class DistributedSteps(Steps):
    """The graph functions for a model under a strategy: the calls of ``Steps``, each step shared among the replicas.

    Args:
        model: a keras.Model built under the strategy.
        loss: ``(outputs, targets) -> scalar``, a mean over samples.
        optimizer: a Keras optimizer made and built under the strategy.
        strategy: the strategy.
        weight: what the mean loss over given targets counts for.
        options: as for ``Steps``.
    """

    def __init__(
        self,
        model: Any,
        loss: Callable[[Any, Any], Any],
        optimizer: Any,
        *,
        strategy: Any,
        weight: Callable[[Any], float],
        **options: Any,
    ) -> None:
        super().__init__(model, loss, optimizer, **options)
        self.strategy, self.weight = strategy, weight
        self.replicas: int = strategy.num_replicas_in_sync
        learns = {id(variable) for variable in learnable(model)}
        self.statistics = [weight for weight in model.non_trainable_weights if id(weight) not in learns]

    # What each replica does ---------------------------------------------------

    def _replica_step(self, images: Any, targets: Any, parts: Any, shares: Any) -> tuple[Any, ...]:
        """One replica's part of a step: forward, loss, backward; then, with the others, the update."""
        context = tf.distribute.get_replica_context()
        me = context.replica_id_in_sync_group
        gradients: list[Any] = [None] * len(self.variables)
        losses, outputs = [], []
        for batch in range(parts.shape[0]):
            start, stop, kept = tf.unstack(parts[batch, me])
            share = shares[batch, me]
            with tf.GradientTape() as tape:
                output = self.model(images[start:stop], training=True)
                loss = self._loss_that_counts(output, targets[start:stop], share)
                scaled = loss * share
            for number, gradient in enumerate(tape.gradient(scaled, self.variables)):
                gradients[number] = _sum(gradients[number], gradient)
            losses.append(loss)
            outputs.append(tf.cast(output[:kept], tf.float32))
        norms = tf.zeros(len(self.variables))
        if self.clip_norm is not None or self.observed:
            # Of the whole step's gradient, which no replica has alone: apply adds the parts up once more.
            present = [tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None]
            joined = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, present))
            whole = [tf.zeros(()) if gradient is None else next(joined) for gradient in gradients]
            norms = tf.stack([tf.norm(gradient) for gradient in whole])
        if self.clip_norm is not None:
            factor = tf.minimum(1.0, self.clip_norm / (tf.norm(norms) + 1e-6))
            gradients = [
                None if gradient is None else tf.convert_to_tensor(gradient) * factor for gradient in gradients
            ]
        self.optimizer.apply(gradients, self.variables)
        return tf.stack(losses), outputs, norms

    def _replica_evaluation(self, images: Any, targets: Any, parts: Any, shares: Any) -> tuple[Any, Any]:
        me = tf.distribute.get_replica_context().replica_id_in_sync_group
        start, stop, kept = tf.unstack(parts[0, me])
        output = self.model(images[start:stop], training=False)
        loss = self._loss_that_counts(output, targets[start:stop], shares[0, me])
        return tf.stack([loss]), [tf.cast(output[:kept], tf.float32)]

    def _loss_that_counts(self, output: Any, targets: Any, share: Any) -> Any:
        # A part that counts nothing may have no loss at all (0 / 0), and must not spoil the others' gradients.
        return tf.cond(
            share > 0,
            lambda: self._total_loss(output, targets),
            lambda: tf.reduce_sum(tf.cast(output, tf.float32)) * 0.0,
        )

    # What is done with all of them ---------------------------------------------------

    def _whole_step(self, images: Any, targets: Any, parts: Any, shares: Any, means: Any, rate: Any) -> tuple[Any, ...]:
        before = [tf.identity(variable.value) for variable in self.variables] if self.observed else []
        if self.rate_is_ours:
            self.optimizer.learning_rate = rate
        losses, outputs, norms = self.strategy.run(self._replica_step, (images, targets, parts, shares))
        self._share_statistics()
        result = (self._mean_losses(losses, means), self._in_order(outputs))
        if not self.observed:
            return result
        updates = [tf.norm(variable.value - old) for variable, old in zip(self.variables, before, strict=True)]
        first_norms = self.strategy.experimental_local_results(norms)[0]
        return *result, first_norms, tf.stack([tf.norm(old) for old in before]), tf.stack(updates)

    def _share_statistics(self) -> None:
        """Give all replicas the first one's running statistics, as DistributedDataParallel does: one model in all.

        Keras lets each replica write its own, so that a figure would depend on which replica saw an image.
        """
        for weight in self.statistics:
            first, *others = self.strategy.experimental_local_results(weight.value)
            for other in others:
                other.assign(first)

    def _whole_evaluation(self, images: Any, targets: Any, parts: Any, shares: Any, means: Any) -> tuple[Any, Any]:
        losses, outputs = self.strategy.run(self._replica_evaluation, (images, targets, parts, shares))
        return self._mean_losses(losses, means), self._in_order(outputs)

    def _mean_losses(self, losses: Any, means: Any) -> Any:
        """The mean loss of each batch over its parts."""
        return tf.reduce_sum(tf.stack(self.strategy.experimental_local_results(losses), axis=1) * means, axis=1)

    def _in_order(self, outputs: list[Any]) -> Any:
        """The outputs of each batch, in the order of its samples."""
        return tf.concat([part for one in outputs for part in self.strategy.experimental_local_results(one)], axis=0)

    def _parts(self, targets: Any, bounds: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """For each batch and replica: first sample, end, and samples that count (batches, replicas, 3); and the part's
        share in the batch's mean loss (batches, replicas)."""
        values = np.asarray(targets)
        parts = np.zeros((len(bounds) - 1, self.replicas, 3), np.int32)
        weights = np.zeros(parts.shape[:2])
        for batch, (first, last) in enumerate(pairwise(bounds)):
            for replica, own in enumerate(np.array_split(np.arange(first, last), self.replicas)):
                if len(own):
                    parts[batch, replica] = own[0], own[-1] + 1, len(own)
                    weights[batch, replica] = self.weight(values[own])
                else:
                    # Every replica must take part in the exchange of gradients; this one's sample counts nothing.
                    parts[batch, replica] = first, first + 1, 0
        totals = weights.sum(1, keepdims=True)
        means = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
        return parts, means.astype(np.float32)

    # Calls ---------------------------------------------------

    observed = False

    def train_block(self, images: Any, targets: Any, bounds: Any, rates: Any) -> tuple[Any, Any]:
        """Take one step per rate; batch i is ``images[bounds[i]:bounds[i + 1]]``. Losses (steps,), outputs (n, ...)."""
        one = np.ones(1, np.float32)
        done = [
            self.accumulated_step(images[a:b], targets[a:b], np.array([0, b - a], np.int32), one, rate)
            for (a, b), rate in zip(pairwise(bounds), rates, strict=True)
        ]
        losses, outputs = zip(*done, strict=True)
        return tf.concat(losses, 0), tf.concat(outputs, 0)

    def accumulated_step(self, images: Any, targets: Any, bounds: Any, shares: Any, rate: Any) -> tuple[Any, Any]:
        """Take one step on all batches together. Losses (batches,), outputs (n, ...)."""
        parts, means = self._parts(targets, bounds)
        shares = np.asarray(shares, np.float32)[:, None] * means
        losses, outputs = self._shared(self._whole_step, images, targets, parts, shares, means, np.float32(rate))
        return losses, outputs

    def observed_step(self, images: Any, targets: Any, bounds: Any, shares: Any, rate: Any) -> tuple[Any, ...]:
        """Take one step as ``accumulated_step`` does; also, per variable, the norms of gradient, weight and update."""
        parts, means = self._parts(targets, bounds)
        shares = np.asarray(shares, np.float32)[:, None] * means
        self.observed = True
        try:
            losses, outputs, *norms = self._shared(
                self._whole_step, images, targets, parts, shares, means, np.float32(rate)
            )
        finally:
            self.observed = False
        return losses, outputs, *norms

    def evaluate_block(self, images: Any, targets: Any, bounds: Any) -> tuple[Any, Any]:
        """Losses (batches,) and outputs (n, ...) in inference mode."""
        done = []
        for a, b in pairwise(bounds):
            parts, means = self._parts(targets[a:b], np.array([0, b - a], np.int32))
            done.append(self._shared(self._whole_evaluation, images[a:b], targets[a:b], parts, means, means))
        losses, outputs = zip(*done, strict=True)
        return tf.concat(losses, 0), tf.concat(outputs, 0)

    def _shared(self, function: Any, images: Any, targets: Any, parts: Any, *rest: Any) -> Any:
        """Call a function on all replicas; one trace for all sizes of batch, another for another number of batches."""
        values = [tf.convert_to_tensor(value) for value in (images, targets, parts, *rest)]
        signature = [tf.TensorSpec([None, *value.shape[1:]], value.dtype) for value in values[:2]]
        signature += [tf.TensorSpec(value.shape, value.dtype) for value in values[2:]]
        key = (function.__name__, self.observed, *((tuple(spec.shape), spec.dtype) for spec in signature))
        if key not in self._traced:
            traced = tf.function(function, input_signature=signature, autograph=False)
            # The warning is about one function that is traced again and again, and also comes for several models.
            traced._omit_frequent_tracing_warning = True
            self._traced[key] = traced
        return self._traced[key](*values)


def _sum(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return tf.convert_to_tensor(one) + tf.convert_to_tensor(other)
