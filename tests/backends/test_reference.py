"""The NumPy layers against finite differences, and the NumPy models against both frameworks'."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from coursekit import losses, models
from coursekit.backends import Settings, backend_for
from coursekit.backends.base import Block
from coursekit.backends.reference_layers import (
    AveragePool,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    MaxPool,
    ReLU,
    Tanh,
)
from coursekit.backends.reference_model import ReferenceModel, Residual, Sequential
from coursekit.data import Loader, load
from coursekit.errors import ConfigurationError, ModelError
from coursekit.models.reference import reference_twin
from coursekit.optimizers import numerical_gradient
from coursekit.training import Trainer

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

LAYERS: dict[str, tuple[list[Layer], bool]] = {
    "conv": ([Conv2D(2, 3, 3, padding=1)], True),
    "conv, stride 2, ragged": ([Conv2D(2, 3, 3, stride=2)], True),
    "conv 1x1, stride 2": ([Conv2D(2, 3, 1, stride=2, bias=False)], True),
    "relu": ([ReLU()], True),
    "tanh": ([Tanh()], True),
    "max pool, ragged": ([MaxPool(2)], True),
    "average pool, ragged": ([AveragePool(3)], True),
    "global average pool": ([GlobalAveragePool()], True),
    "flatten, dense": ([Flatten(), Dense(6 * 7 * 2, 4)], True),
    "batch norm, training": ([BatchNorm(2)], True),
    "batch norm, inference": ([BatchNorm(2)], False),
    "residual": ([Residual({"a": Conv2D(2, 2, 3, padding=1), "b": BatchNorm(2)})], True),
    "projected": (
        [Residual({"a": Conv2D(2, 3, 3, stride=2, padding=1)}, Sequential({"conv": Conv2D(2, 3, 1, stride=2)}))],
        True,
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_backward_is_the_derivative_of_forward(name: str) -> None:
    layers, training = LAYERS[name]
    model = ReferenceModel([Conv2D(2, 2, 1), *layers], dtype=np.float64, seed=1)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 6, 7, 2))
    for value in model.weights().values():
        value += rng.uniform(0.1, 0.3, value.shape)
    y, backward = model.forward(x, training)
    direction = rng.normal(size=y.shape)
    dx, gradients = backward(direction)

    def through_x(at: Any) -> float:
        return float((model.forward(at, training)[0] * direction).sum())

    np.testing.assert_allclose(dx, numerical_gradient(through_x, x), atol=1e-6)
    assert list(gradients.keys() - model.parameters().keys()) == []
    for parameter, value in model.parameters().items():

        def through_parameter(at: Any, value: Any = value) -> float:
            kept = value.copy()
            value[...] = at
            result = through_x(x)
            value[...] = kept
            return result

        np.testing.assert_allclose(gradients[parameter], numerical_gradient(through_parameter, value), atol=1e-6)


def test_dropout_keeps_the_mean_and_masks_the_gradient() -> None:
    x = np.ones((400, 500))
    y, backward = Dropout(0.3, seed=1).forward(x, True)
    assert set(np.unique(y)) == {0.0, 1 / 0.7}
    assert abs(y.mean() - 1) < 5 * np.sqrt(0.3 / 0.7 / y.size)
    np.testing.assert_array_equal(backward(x)[0], y)
    assert Dropout(0.3).forward(x, False)[0] is x


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize("name", ["lenet5", "tiny_cnn", "mini_vgg", "mini_resnet"])
def test_the_frameworks_train_as_the_formulas_do(framework: str, name: str) -> None:
    if framework == "torch":
        import torch

        torch.set_num_threads(1)
    digits = load("digits")
    model = models.build(name, framework, input_shape=digits.input_shape, num_classes=10)
    twin = reference_twin(model, unbiased=framework == "torch")
    start = models.get_weights(model)
    settings = Settings(optimizer="momentum", learning_rate=0.02, loss=losses.CrossEntropy(label_smoothing=0.1))
    block = Block(first=0, count=8, loader=Loader(digits.train, 32, seed=1))
    found = []
    for each in (model, twin):
        backend = backend_for(each, settings)
        with backend.random_stream(0), backend.training():
            trained = backend.fetch(backend.train_steps(block, [0.02] * 8))
        with backend.evaluating():
            found.append((trained.losses, backend.predict(digits.test.images[:64])))
    (train_losses, logits), (true_losses, true_logits) = found
    tolerance = 1e-4 if name == "mini_resnet" else 1e-5  # batch statistics amplify rounding from step to step
    np.testing.assert_allclose(train_losses, true_losses, rtol=tolerance)
    np.testing.assert_allclose(logits, true_logits, atol=tolerance * 10 * np.abs(true_logits).max())
    for parameter, value in models.get_weights(model).items():
        assert not np.array_equal(value, start[parameter])
        np.testing.assert_allclose(value, twin.weights()[parameter], atol=10 * tolerance, err_msg=parameter)


def test_the_engine_trains_a_reference_model() -> None:
    digits = load("digits")
    model = ReferenceModel({"flatten": Flatten(), "hidden": Dense(64, 32), "relu": ReLU(), "head": Dense(32, 10)})
    history = Trainer(model, learning_rate=1e-2).fit(digits.train, digits.validation, epochs=4, progress=False)
    assert history["val_accuracy"][-1] > 0.9


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="ReLU"):
        ReferenceModel([ReLU])  # type: ignore[list-item]  # the mistake: a class
    with pytest.raises(ConfigurationError):
        ReferenceModel([])
    with pytest.raises(ConfigurationError):
        ReferenceModel([Dense(2, 2)], dtype=np.int64)
    with pytest.raises(ConfigurationError):
        Dropout(1.0)
    with pytest.raises(ConfigurationError, match="no layer"):
        ReferenceModel([Dense(2, 2)]).freeze("head")
    with pytest.raises(ModelError, match="without parameters"):
        backend_for(ReferenceModel([ReLU()]), Settings())
    with pytest.raises(ModelError, match=r"0\.bias"):
        ReferenceModel([Dense(2, 2)]).set_weights({"0.weight": np.zeros((2, 2))})
