"""The reference backend: the engine's verbs in plain NumPy, on the formulas of ``losses`` and ``optimizers``.

It is the shortest complete backend, the one to read first; and, with a float64 model, the one that the others are held
against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit import losses, optimizers
from coursekit.backends.arrays import under
from coursekit.backends.base import Arrays, Block, BlockResult, Fetched, Settings
from coursekit.backends.reference_layers import Array, Dropout
from coursekit.backends.reference_model import ReferenceModel, leaves
from coursekit.errors import ConfigurationError, ModelError

__all__ = ["ReferenceBackend", "ReferenceModel"]

Batch = tuple[Array, Array, float]


class ReferenceBackend:
    """A ``ReferenceModel``, trained as the textbook says.

    Args:
        model: takes images (n, H, W, C) and gives outputs (n, classes).
        settings: how to train; loss and optimizer by name or as objects of ``coursekit.losses`` and
            ``coursekit.optimizers``.

    Raises:
        ConfigurationError: settings without meaning here, an unknown name, or an object of a framework.
        ModelError: a model without parameters.
    """

    name = "reference"
    rank, world = 0, 1

    def __init__(self, model: ReferenceModel, settings: Settings) -> None:
        _check(settings)
        if not model.parameters():
            raise ModelError(
                "a model without parameters", expected="something to learn", mend="add a layer with weights"
            )
        self.model, self.settings = model, settings
        self.loss = _known("loss", settings.loss, losses.Loss, losses.get)
        if self.loss.target_kind in ("box", "detection"):
            raise ConfigurationError(
                f"loss {self.loss.name!r} for the engine",
                expected="a loss on one output and one target",
                mend="call it on your own outputs: it has a value and a gradient",
            )
        self.optimizer = _known("optimizer", settings.optimizer, optimizers.Optimizer, optimizers.get)
        default = self.optimizer.default_learning_rate
        self.learning_rate = default if settings.learning_rate is None else settings.learning_rate
        self._state = self.optimizer.init(model.parameters())  # of the frozen ones too: they may be unfrozen
        self._dropouts = [layer for _, layer in leaves(model) if isinstance(layer, Dropout)]
        self._streams: list[Any] | None = None
        self._observing = False
        self._report: dict[str, dict[str, float]] = {}

    # The textbook's step ---------------------------------------------------

    def _train_step(self, batches: Sequence[Batch], rate: float, observed: bool) -> list[tuple[float, Array, Array]]:
        """One step of the optimizer, from one batch, or from several whose gradients are accumulated."""
        params = self.model.parameters(trainable_only=True)
        gradients = {name: np.zeros_like(value) for name, value in params.items()}
        done = []
        for images, targets, share in batches:
            outputs, backward = self.model.forward(images, training=True)
            loss = self.loss(outputs, targets)
            _, grads = backward(self.loss.gradient(outputs, targets) * outputs.dtype.type(share))
            for name, gradient in gradients.items():
                gradient += grads[name]
            done.append((loss, outputs, targets))
        before = {name: value.copy() for name, value in params.items()} if observed else {}
        self._update(params, gradients, rate)
        if observed:
            self._report = {name: _figures(gradients[name], before[name], params[name]) for name in params}
        return done

    def _update(self, params: dict[str, Array], gradients: dict[str, Array], rate: float) -> None:
        if self.settings.clip_norm is not None:
            gradients, _ = optimizers.clip_by_global_norm(gradients, self.settings.clip_norm)
        moved, self._state = self.optimizer.update(params, gradients, self._state, rate)
        for name, value in params.items():
            value[...] = moved[name]  # in place: the layers hold these very arrays

    def train_steps(self, block: Block, learning_rates: Sequence[float]) -> BlockResult:
        """Take the optimizer steps of a block: one rate per step, a step for every ``accumulate`` batches."""
        batches = list(self._batches(block))
        weights = [self.batch_weight(targets) for _, targets in batches]
        done: list[tuple[float, Array, Array]] = []
        for step, rate in enumerate(learning_rates):
            part = slice(step * self.settings.accumulate, (step + 1) * self.settings.accumulate)
            total = sum(weights[part])
            shared = [(*batch, weight / total) for batch, weight in zip(batches[part], weights[part], strict=True)]
            done += self._train_step(shared, rate, self._observing and step == len(learning_rates) - 1)
        return _result(done, weights)

    def evaluate_block(self, block: Block) -> BlockResult:
        """Outputs and losses of a block, without learning."""
        done, weights = [], []
        for images, targets in self._batches(block):
            outputs, _ = self.model.forward(images, training=False)
            done.append((self.loss(outputs, targets), outputs, targets))
            weights.append(self.batch_weight(targets))
        return _result(done, weights)

    def _batches(self, block: Block) -> Iterator[tuple[Array, Array]]:
        for images, targets in block.arrays():
            values = np.asarray(targets)
            if self.loss.target_kind == "same_shape" and values.ndim == 1:
                values = values[:, None]  # (n,) labels are meant for (n, 1) outputs
            yield np.asarray(images, self.model.dtype), values

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs (n, classes) float32 for images (n, H, W, C)."""
        return self.model(images).astype(np.float32)

    def fetch(self, result: BlockResult) -> Fetched:
        """Join the batches of a result."""
        return Fetched(
            losses=np.asarray(result.losses, np.float64),
            outputs=np.concatenate(result.outputs).astype(np.float32, copy=False),
            targets=np.concatenate(result.targets),
            weights=np.asarray(result.weights, np.float64),
            sizes=result.sizes,
        )

    # The rest of the protocol ---------------------------------------------------

    @contextmanager
    def training(self) -> Iterator[None]:
        """Do nothing: train mode is an argument of ``forward``."""
        yield

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Do nothing: inference mode is an argument of ``forward``, and leaves nothing behind."""
        yield

    @contextmanager
    def random_stream(self, seed: int | None) -> Iterator[None]:
        """Give each dropout layer the run's stream; afterwards its own is back."""
        if seed is None:
            yield
            return
        users = [layer.stream for layer in self._dropouts]
        if self._streams is None:
            self._streams = [np.random.default_rng([seed & 0xFFFFFFFFFFFFFFFF, i]) for i in range(len(users))]
        self._set_streams(self._streams)
        try:
            yield
        finally:
            self._streams = [layer.stream for layer in self._dropouts]
            self._set_streams(users)

    def _set_streams(self, streams: Sequence[np.random.Generator]) -> None:
        for layer, stream in zip(self._dropouts, streams, strict=True):
            layer.stream = stream

    def batch_weight(self, targets: Any) -> float:
        """What the mean loss of a batch with these targets counts for."""
        return float(self.loss.batch_weight(targets))

    def all_reduce(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values: there is one process."""
        return values

    def get_weights(self) -> Arrays:
        """Copies of parameters and running statistics."""
        return {name: value.copy() for name, value in self.model.weights().items()}

    def set_weights(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Put such copies back, in place.

        Raises:
            ModelError: names or shapes that are not the model's; nothing is changed then.
        """
        self.model.set_weights(arrays)

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """All that the next step depends on: weights, optimizer, random streams."""
        arrays = {f"model/{name}": value for name, value in self.get_weights().items()}
        for name, held in self._state.items():
            arrays |= {f"optimizer/{name}/{slot}": np.array(value) for slot, value in held.items()}
        return arrays, {"random": [layer.stream.bit_generator.state for layer in self._dropouts]}

    def set_state(self, arrays: Mapping[str, NDArray[Any]], extra: Mapping[str, Any]) -> None:
        """Continue from such a state, bit for bit."""
        self.set_weights(under("model/", arrays))
        for name, held in self._state.items():
            own = under(f"optimizer/{name}/", arrays)
            self._state[name] = {slot: int(own[slot]) if slot == "step" else np.array(own[slot]) for slot in held}
        self._streams = [np.random.default_rng() for _ in self._dropouts]
        for stream, state in zip(self._streams, extra["random"], strict=True):
            stream.bit_generator.state = state
        self._set_streams(self._streams)

    def observe_gradients(self, wanted: bool) -> None:
        """Ask that the last step of each following block leaves its ``gradient_report``."""
        self._observing = wanted

    def gradient_report(self) -> dict[str, dict[str, float]]:
        """For each parameter of the last observed step: gradient norm, weight norm and update-to-weight ratio."""
        return self._report

    def set_trainable(self, block: Any, trainable: bool) -> None:
        """Freeze or unfreeze a layer, by its name."""
        self.model.freeze(block, trainable=trainable)

    def trainable_changed(self) -> None:
        """Do nothing: which layers learn is looked up in every step."""


def _check(settings: Settings) -> None:
    for argument in ("channels_last", "device", "compile", "strategy"):
        if getattr(settings, argument):
            raise ConfigurationError(
                f"{argument}={getattr(settings, argument)!r} with a ReferenceModel",
                expected=f"{argument} only with a framework's model",
                mend="leave it out: NumPy runs on the CPU as it is",
            )
    if settings.precision != "fp32":
        raise ConfigurationError(
            f"precision={settings.precision!r} with a ReferenceModel",
            expected="the model's own dtype",
            mend="build it with dtype=numpy.float32 or numpy.float64",
        )


def _known(what: str, given: Any, kind: type[Any], get: Any) -> Any:
    if isinstance(given, str | kind):
        return get(given)
    raise ConfigurationError(
        f"a {what} of type {type(given).__name__} with a ReferenceModel",
        expected=f"a name or an object of coursekit.{kind.__module__.split('.')[1]}",
        mend=f"derive it from {kind.__module__}.{kind.__name__}, which says what NumPy needs",
    )


def _figures(gradient: Array, before: Array, after: Array) -> dict[str, float]:
    weight = float(np.linalg.norm(before))
    update = float(np.linalg.norm(after - before))
    return {
        "gradient": float(np.linalg.norm(gradient)),
        "weight": weight,
        "update_ratio": update / (weight + 1e-12),
    }


def _result(done: list[tuple[float, Array, Array]], weights: list[float]) -> BlockResult:
    values, outputs, targets = zip(*done, strict=True)
    sizes = [len(output) for output in outputs]
    return BlockResult(values, outputs, targets, weights, sizes, numbers=sum(output.size for output in outputs))
