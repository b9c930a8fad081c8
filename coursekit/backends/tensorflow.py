"""The TensorFlow backend: a Keras model, loss and optimizer behind the verbs of ``base.Backend``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from coursekit.backends import tensorflow_distributed as distributed
from coursekit.backends import tensorflow_state as state
from coursekit.backends.base import Arrays, Block, BlockResult, Fetched, Settings
from coursekit.backends.tensorflow_losses import tensorflow_loss
from coursekit.backends.tensorflow_optimizers import build_for, tensorflow_optimizer
from coursekit.backends.tensorflow_steps import Steps
from coursekit.errors import ConfigurationError, ModelError


class TensorFlowBackend:
    """A ``keras.Model``, trained by compiled functions that take whole blocks of batches.

    Args:
        model: takes images (n, H, W, C) float32 and gives outputs (n, ..., classes).
        settings: how to train.

    Raises:
        ConfigurationError: settings without meaning here.
    """

    name = "tensorflow"

    def __init__(self, model: Any, settings: Settings) -> None:
        for argument in ("channels_last", "device"):
            if getattr(settings, argument):
                raise ConfigurationError(
                    f"{argument}={getattr(settings, argument)!r} with a Keras model",
                    expected=f"{argument} only with a PyTorch model",
                    mend="leave it out: TensorFlow is channels-last and places operations itself",
                )
        self.rank, self.world = 0, 1
        self.model, self.settings = model, settings
        self.loss, self.spec = tensorflow_loss(settings.loss)
        with distributed.strategy_scope(model, settings):
            self.optimizer = tensorflow_optimizer(settings.optimizer, settings.learning_rate)
        distributed.check_optimizer(self.optimizer, settings.strategy)
        self._rate_is_ours = isinstance(getattr(self.optimizer, "_learning_rate", None), tf.Variable) or hasattr(
            getattr(self.optimizer, "_learning_rate", None), "assign"
        )
        if not self._rate_is_ours and settings.learning_rate is not None:
            raise ConfigurationError(
                f"learning_rate={settings.learning_rate} beside an optimizer with a schedule of its own",
                expected="one of the two",
                mend="leave learning_rate out, or build the optimizer with a number",
            )
        own = float(tf.convert_to_tensor(self.optimizer.learning_rate))
        self.learning_rate = own if settings.learning_rate is None else settings.learning_rate
        self._steps: Steps | None = None
        self._predict: Any = None
        self._seeded = False
        self._observing = False
        self._report: dict[str, dict[str, float]] = {}

    # Training and evaluation ---------------------------------------------------

    def train_steps(self, block: Block, learning_rates: Sequence[float]) -> BlockResult:
        """Take the optimizer steps of a block: one rate per step, a step for every ``accumulate`` batches."""
        if not self._rate_is_ours and any(rate != self.learning_rate for rate in learning_rates):
            raise ConfigurationError(
                "another learning rate for an optimizer with a schedule of its own",
                expected="one of the two: the optimizer's schedule, or callbacks that move the rate",
                mend="build the optimizer with a number as its learning rate",
            )
        images, targets, bounds, weights = self._gathered(block)
        rates = np.asarray(learning_rates, np.float32)
        if not self._observing:
            parts = self._steps_taken(images, targets, bounds, weights, rates)
        else:
            ahead = (len(rates) - 1) * self.settings.accumulate  # batches before the step that is looked at
            parts = self._steps_taken(images, targets, bounds[: ahead + 1], weights[:ahead], rates[:-1])
            parts.append(self._observed(*_one_step(images, targets, bounds[ahead:], weights[ahead:], rates[-1])))
        return _result(parts, targets, bounds, weights)

    def evaluate_block(self, block: Block) -> BlockResult:
        """Outputs and losses of a block, without learning."""
        images, targets, bounds, weights = self._gathered(block)
        return _result([self._compiled().evaluate_block(images, targets, bounds)], targets, bounds, weights)

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs (n, ..., classes) float32 for images (n, H, W, C)."""
        if self._predict is None:
            model = self.model
            self._predict = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
            # The warning is about one function that is traced again and again, and also comes for several models.
            self._predict._omit_frequent_tracing_warning = True
        outputs = self._predict(tf.convert_to_tensor(images, tf.float32))
        result: NDArray[np.float32] = np.asarray(tf.cast(outputs, tf.float32))
        return result

    def fetch(self, result: BlockResult) -> Fetched:
        """Bring a result to NumPy: the only place where the host waits for the device."""
        return Fetched(
            losses=np.concatenate([np.atleast_1d(loss.numpy()) for loss in result.losses]).astype(np.float64),
            outputs=np.concatenate([output.numpy() for output in result.outputs])
            if len(result.outputs) > 1
            else result.outputs[0].numpy(),
            targets=np.asarray(result.targets),
            weights=np.asarray(result.weights, np.float64),
            sizes=result.sizes,
        )

    def _compiled(self) -> Steps:
        if self._steps is None:
            with distributed.strategy_scope(self.model, self.settings):
                build_for(self.optimizer, state.learnable(self.model), self.model.trainable_variables)
            kind: Any = Steps
            if self.settings.strategy is not None:
                kind = partial(distributed.DistributedSteps, strategy=self.settings.strategy, weight=self.batch_weight)
            self._steps = kind(
                self.model,
                self.loss,
                self.optimizer,
                clip_norm=self.settings.clip_norm,
                accumulate=self.settings.accumulate,
                rate_is_ours=self._rate_is_ours,
                jit=self.settings.compile,
            )
        return self._steps

    def _gathered(self, block: Block) -> tuple[Any, Any, NDArray[np.int32], list[float]]:
        """A block as two arrays and the bounds of its batches in them: batch i is ``[bounds[i]:bounds[i + 1]]``."""
        loader = block.loader
        if loader is not None and loader.augment is None:
            parts = list(block.indices())
            chosen = parts[0] if len(parts) == 1 else np.concatenate(parts)
            sizes = [len(part) for part in parts]
            images: Any = loader.dataset.images[chosen]
            targets: Any = loader.targets[chosen]
        else:
            batches = list(block.arrays())
            sizes = [len(batch_targets) for _, batch_targets in batches]
            if len(batches) == 1:
                images, targets = batches[0]
            else:
                images = np.concatenate([np.asarray(x) for x, _ in batches])
                targets = np.concatenate([np.asarray(y) for _, y in batches])
            images = tf.cast(np.asarray(images) if not tf.is_tensor(images) else images, tf.float32)
            targets = targets if tf.is_tensor(targets) else np.asarray(targets)
        bounds = np.zeros(len(sizes) + 1, np.int32)
        np.cumsum(sizes, out=bounds[1:])
        if self.spec is None or not self.spec.weight_depends_on_values:
            return images, targets, bounds, [float(size) for size in sizes]
        values = np.asarray(targets)
        weights = [self.spec.batch_weight(values[a:b]) for a, b in pairwise(bounds)]
        return images, targets, bounds, weights

    def _steps_taken(
        self, images: Any, targets: Any, bounds: Any, weights: list[float], rates: Any
    ) -> list[tuple[Any, Any]]:
        """Steps of one batch are all taken in one call, steps of several in one call each."""
        steps, size = self._compiled(), self.settings.accumulate
        if size == 1:
            return [steps.train_block(images, targets, bounds, rates)] if len(rates) else []
        parts = []
        for step, rate in enumerate(rates):
            first, last = step * size, min((step + 1) * size, len(weights))
            group = _one_step(images, targets, bounds[first : last + 1], weights[first:last], rate)
            parts.append(steps.accumulated_step(*group))
        return parts

    def _observed(self, *group: Any) -> tuple[Any, Any]:
        """A step that also leaves a report."""
        steps = self._compiled()
        losses, outputs, gradients, weights, updates = steps.observed_step(*group)
        ratios = updates.numpy() / (weights.numpy() + 1e-12)
        figures = zip(steps.variables, gradients.numpy(), weights.numpy(), ratios, strict=True)
        self._report = {
            variable.path: {"gradient": float(g), "weight": float(w), "update_ratio": float(r)}
            for variable, g, w, r in figures
        }
        return losses, outputs

    # The rest of the protocol ---------------------------------------------------

    @contextmanager
    def training(self) -> Iterator[None]:
        """Set the precision; a Keras model has no mode, ``training=True`` is said in every call."""
        if self._steps is not None and not self._steps.fits():
            self.trainable_changed()  # by the user, between two calls of fit
        with state.precision_of(self.model, self.settings.precision):
            yield

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Set the precision; in inference a Keras model changes nothing of itself."""
        with state.precision_of(self.model, self.settings.precision):
            yield

    @contextmanager
    def random_stream(self, seed: int | None) -> Iterator[None]:
        """Seed the model's random layers once; their streams live in the layers, so nobody else's are touched."""
        if seed is not None and not self._seeded:
            state.set_seeds(self.model, seed)
            self._seeded = True
        yield

    def batch_weight(self, targets: Any) -> float:
        """What the mean loss of a batch with these targets counts for."""
        if self.spec is None or not self.spec.weight_depends_on_values:
            return float(len(targets))
        return self.spec.batch_weight(np.asarray(targets))

    def all_reduce(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values: replicas of a strategy are summed inside the step."""
        return values

    def get_weights(self) -> Arrays:
        """Copies of all weights and running statistics.

        Raises:
            ModelError: a model that has none yet.
        """
        if not self.model.built:
            raise ModelError(
                "a Keras model that is not built yet, so that it has no weights to keep",
                expected="a model that knows its input",
                mend="let it begin with keras.Input((H, W, C)), or call model.build((None, H, W, C))",
            )
        return state.weights_of(self.model)

    def set_weights(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Put such copies back, in place."""
        state.set_weights_of(self.model, arrays)

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """All that the next step depends on: weights, optimizer, seeds."""
        self._compiled()  # an optimizer that has not stepped yet has its slots all the same
        arrays = {f"model/{name}": array for name, array in self.get_weights().items()}
        for part, variables in (
            ("optimizer", self.optimizer.variables),
            ("random", state.seeds_of(self.model)),
        ):
            arrays |= {f"{part}/{number}": np.array(v.numpy()) for number, v in enumerate(variables)}
        return arrays, {}

    def set_state(self, arrays: Mapping[str, NDArray[Any]], extra: Mapping[str, Any]) -> None:
        """Continue from such a state, bit for bit."""
        del extra
        self._compiled()
        prefix = "model/"
        self.set_weights({name[len(prefix) :]: a for name, a in arrays.items() if name.startswith(prefix)})
        for part, variables in (
            ("optimizer", self.optimizer.variables),
            ("random", state.seeds_of(self.model)),
        ):
            for number, variable in enumerate(variables):
                variable.assign(arrays[f"{part}/{number}"])
        self._seeded = True

    def observe_gradients(self, wanted: bool) -> None:
        """Ask that the last step of each following block leaves its ``gradient_report``."""
        self._observing = wanted

    def gradient_report(self) -> dict[str, dict[str, float]]:
        """For each variable of the last observed step: gradient norm, weight norm and update-to-weight ratio."""
        return self._report

    def set_trainable(self, block: Any, trainable: bool) -> None:
        """Freeze or unfreeze layers, given themselves or by name."""
        state.set_trainable(self.model, block, trainable)

    def trainable_changed(self) -> None:
        """Trace anew: which variables learn is part of the graph, and a frozen batch norm behaves otherwise."""
        self._steps = None
        self._predict = None


def _one_step(images: Any, targets: Any, bounds: Any, weights: list[float], rate: Any) -> tuple[Any, ...]:
    """The batches of one step, and the share that each one's mean loss has in the step's."""
    shares = (np.asarray(weights) / sum(weights)).astype(np.float32)
    part = slice(bounds[0], bounds[-1])
    return images[part], targets[part], bounds - bounds[0], shares, rate


def _result(parts: list[tuple[Any, Any]], targets: Any, bounds: Any, weights: list[float]) -> BlockResult:
    losses, outputs = zip(*parts, strict=True)
    numbers = sum(int(np.prod(output.shape)) for output in outputs)
    return BlockResult(losses, outputs, targets, weights, np.diff(bounds).tolist(), numbers)
