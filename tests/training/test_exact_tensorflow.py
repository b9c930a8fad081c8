"""The engine computes what ``keras.Model.fit`` and a plain GradientTape loop compute, on the same batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coursekit import data, losses, optimizers
from coursekit.data import ArrayDataset
from coursekit.training import Trainer

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")
SIZE, EPOCHS, RATE = 32, 3, 0.02


@pytest.fixture(scope="module")
def train() -> ArrayDataset:
    return data.load("digits").train[:150]  # the last batch of 32 holds 22


@pytest.fixture(scope="module")
def validation() -> ArrayDataset:
    return data.load("digits").train[300:370]


def net(*, batch_norm: bool = False, decay: float = 0.0, dropout: float = 0.0) -> Any:
    """The same weights in every call."""
    layers, seed = keras.layers, keras.initializers.GlorotUniform
    regularizer = keras.regularizers.L2(decay) if decay else None
    parts = [keras.Input((8, 8, 1)), layers.Conv2D(4, 3, kernel_initializer=seed(1), kernel_regularizer=regularizer)]
    parts += [layers.BatchNormalization()] * batch_norm
    parts += [layers.ReLU(), layers.MaxPooling2D(2), layers.Flatten()]
    parts += [layers.Dropout(dropout)] * bool(dropout)
    return keras.Sequential([*parts, layers.Dense(10, kernel_initializer=seed(2), kernel_regularizer=regularizer)])


class PerBatch(keras.callbacks.Callback):
    """Keras shows running means: begun anew for each batch, they are the batch's own."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.model.reset_metrics()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.losses.append(float(logs["loss"]))


def fitted_by_keras(model: Any, optimizer: Any, train: Any, *, watch: PerBatch | None = None, **options: Any) -> Any:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["sparse_categorical_accuracy"], jit_compile=False)
    options |= {"epochs": EPOCHS, "batch_size": SIZE, "shuffle": False, "verbose": 0}
    return model.fit(train.images, train.labels, callbacks=[] if watch is None else [watch], **options).history


def fitted_by_us(
    model: Any, optimizer: Any, train: Any, *, fit: dict[str, Any] | None = None, **options: Any
) -> Trainer:
    options = {"loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True)} | options
    trainer = Trainer(model, optimizer=optimizer, **options)
    trainer.fit(train, **{"epochs": EPOCHS, "batch_size": SIZE, "shuffle": False, "progress": False} | (fit or {}))
    return trainer


def assert_close(model: Any, other: Any, atol: float = 1e-6) -> None:
    for mine, theirs in zip(model.weights, other.weights, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-5, atol=atol, err_msg=mine.path)


MODELS = {"plain": {}, "batch norm": {"batch_norm": True}, "regularised": {"decay": 0.01}}
OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(RATE, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(5e-3),
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fit_of_keras(kind: str, name: str, train: ArrayDataset, validation: ArrayDataset) -> None:
    ours, theirs, watched = (net(**MODELS[kind]) for _ in range(3))
    expected = fitted_by_keras(
        theirs, OPTIMIZERS[name](), train, validation_data=(validation.images, validation.labels)
    )
    watch = PerBatch()
    fitted_by_keras(watched, OPTIMIZERS[name](), train, watch=watch)
    history = fitted_by_us(ours, OPTIMIZERS[name](), train, fit={"validation": validation}).history
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-6)
    np.testing.assert_allclose(history["val_loss"], expected["val_loss"], rtol=1e-6)
    np.testing.assert_allclose(history.steps["loss"], watch.losses, rtol=1e-6)
    np.testing.assert_allclose(history["accuracy"], expected["sparse_categorical_accuracy"], rtol=1e-6)
    np.testing.assert_allclose(history["val_accuracy"], expected["val_sparse_categorical_accuracy"], rtol=1e-6)
    assert_close(ours, theirs)
    assert history["loss"][-1] < 0.98 * history["loss"][0]


def test_gradients_of_regularisers_reach_the_weights(train: ArrayDataset) -> None:
    decayed, free = net(decay=0.01), net()
    for model in (decayed, free):
        fitted_by_us(model, keras.optimizers.SGD(RATE), train)
    assert np.abs(decayed.weights[0].numpy() - free.weights[0].numpy()).max() > 1e-4


def test_a_schedule_of_keras_is_left_to_its_optimizer(train: ArrayDataset) -> None:
    def build() -> Any:
        return keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5))

    ours, theirs = net(), net()
    expected = fitted_by_keras(theirs, build(), train)
    trainer = fitted_by_us(ours, build(), train)
    np.testing.assert_allclose(trainer.history["loss"], expected["loss"], rtol=1e-6)
    assert_close(ours, theirs)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_named_optimizers_against_a_plain_loop(name: str, train: ArrayDataset) -> None:
    """Gradients from a GradientTape outside any graph, updates from the NumPy reference."""
    spec = optimizers.get(name, weight_decay=0.01)
    rate = {"rmsprop": 1e-3, "adam": 1e-3, "adamw": 1e-3}.get(name, RATE)
    ours, plain = net(), net()
    params = {v.path: v.numpy() for v in plain.trainable_variables}
    state, seen = spec.init(params), []
    for _ in range(EPOCHS):
        for first in range(0, len(train), SIZE):
            images, labels = train.images[first : first + SIZE], train.labels[first : first + SIZE]
            with tf.GradientTape() as tape:
                outputs = plain(images, training=True)
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs))
            gradients = tape.gradient(loss, plain.trainable_variables)
            named = {v.path: g.numpy() for v, g in zip(plain.trainable_variables, gradients, strict=True)}
            params, state = spec.update(params, named, state, rate)
            for variable in plain.trainable_variables:
                variable.assign(params[variable.path])
            seen.append(float(loss))
    history = fitted_by_us(ours, spec, train, loss="cross_entropy", learning_rate=rate).history
    np.testing.assert_allclose(history.steps["loss"], seen, rtol=2e-6)
    assert_close(ours, plain, atol=2e-6)


@pytest.mark.parametrize("batch_size", [SIZE, 150])
def test_accumulation_is_one_large_batch(batch_size: int, train: ArrayDataset) -> None:
    """Three batches to a step, the last step of an epoch 32 + 22, class weights as the shares."""
    weights = tuple(np.linspace(0.5, 3.0, 10))
    loss = losses.CrossEntropy(class_weights=weights)
    options: dict[str, Any] = {"loss": loss, "learning_rate": 0.1, "clip_norm": 0.5}
    in_parts, at_once = net(decay=0.01), net(decay=0.01)
    parts = fitted_by_us(in_parts, "momentum", train, accumulate=3, fit={"batch_size": batch_size}, **options).history
    large = {"batch_size": min(3 * batch_size, len(train))}
    whole = fitted_by_us(at_once, "momentum", train, fit=large, **options).history
    np.testing.assert_allclose(parts.steps["loss"], whole.steps["loss"], rtol=1e-5)
    assert_close(in_parts, at_once, atol=2e-6)


@pytest.mark.parametrize("kind", ["tf.data", "numpy batches"])
def test_streams_give_what_arrays_give(kind: str, train: ArrayDataset, validation: ArrayDataset) -> None:
    def stream(dataset: ArrayDataset) -> Any:
        if kind == "tf.data":
            return tf.data.Dataset.from_tensor_slices((dataset.images, dataset.labels)).batch(SIZE)
        parts = [dataset[first : first + SIZE] for first in range(0, len(dataset), SIZE)]
        return [(part.images, part.labels) for part in parts]

    ours, from_stream = net(batch_norm=True), net(batch_norm=True)
    expected = fitted_by_us(ours, "adam", train, fit={"validation": validation}).history
    trainer = fitted_by_us(from_stream, "adam", stream(train), fit={"validation": stream(validation)})
    assert_close(from_stream, ours, atol=0)
    np.testing.assert_allclose(trainer.history.steps["loss"], expected.steps["loss"], rtol=1e-6)
    for name in expected:
        np.testing.assert_allclose(trainer.history[name], expected[name], rtol=1e-6, err_msg=name)
    assert trainer.evaluate(stream(validation)) == pytest.approx(trainer.evaluate(validation), rel=1e-6)


def test_a_model_that_is_not_built_yet_learns_from_a_stream(train: ArrayDataset) -> None:
    parts = [train[first : first + SIZE] for first in range(0, len(train), SIZE)]
    layers, seed = keras.layers, keras.initializers.GlorotUniform
    late = keras.Sequential([layers.Flatten(), layers.Dense(10, kernel_initializer=seed(3))])
    built = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, kernel_initializer=seed(3))])
    fitted_by_us(late, "sgd", [(part.images, part.labels) for part in parts])
    fitted_by_us(built, "sgd", train)
    assert_close(late, built, atol=0)


def test_layers_frozen_between_two_calls_of_fit_stay_put(train: ArrayDataset) -> None:
    model = net(batch_norm=True)
    trainer = fitted_by_us(model, "adam", train)
    model.layers[0].trainable = model.layers[1].trainable = False
    before = [weight.numpy() for weight in model.weights]
    trainer.fit(train, epochs=1, batch_size=SIZE, progress=False)
    moved = [not np.array_equal(old, weight.numpy()) for old, weight in zip(before, model.weights, strict=True)]
    assert moved == [False] * 6 + [True] * 2
    model.layers[0].trainable = True
    trainer.fit(train, epochs=1, batch_size=SIZE, progress=False)
    assert not np.array_equal(before[0], model.weights[0].numpy())


def test_one_seed_fixes_dropout(train: ArrayDataset) -> None:
    first, again, other = (net(dropout=0.5) for _ in range(3))
    for model, seed in ((first, 1), (again, 1), (other, 2)):
        fitted_by_us(model, "adam", train, seed=seed)
    assert_close(again, first, atol=0)
    assert np.abs(other.weights[0].numpy() - first.weights[0].numpy()).max() > 1e-4
