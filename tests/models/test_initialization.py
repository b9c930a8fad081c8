"""Initial weights: the published distributions, one generator each, and a first loss of ln(classes)."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

from coursekit import models
from coursekit.models.initialization import fans, generator, initial_weights


def test_fans_are_those_of_torch() -> None:
    import torch

    for shape in [(7, 5), (16, 6, 5, 5), (8, 3, 1, 2)]:
        assert fans(shape) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


def test_distributions() -> None:
    shapes = {"a.weight": (64, 32, 3, 3), "b.weight": (300, 200), "head.weight": (100, 400)}
    relu = initial_weights(shapes, seed=0)
    tanh = initial_weights(shapes, seed=0, nonlinearity="tanh")
    small = initial_weights(shapes, seed=0, head="small")["head.weight"]
    assert relu["a.weight"].std() == pytest.approx(math.sqrt(2 / 288), rel=0.02)
    assert relu["b.weight"].std() == pytest.approx(math.sqrt(2 / 200), rel=0.02)
    assert tanh["a.weight"].std() == pytest.approx(math.sqrt(2 / (288 + 576)), rel=0.02)
    assert tanh["b.weight"].std() == pytest.approx(math.sqrt(2 / 500), rel=0.02)
    for weights in (relu, tanh):
        assert np.abs(weights["head.weight"]).max() == pytest.approx(1 / 20, rel=0.01)
        assert weights["head.weight"].std() == pytest.approx(1 / 20 / math.sqrt(3), rel=0.02)
    assert small.std() == pytest.approx(0.01, rel=0.02)
    assert all(abs(array.mean()) < 4 * array.std() / math.sqrt(array.size) for array in relu.values())
    assert all(array.dtype == np.float32 for array in relu.values())


def test_biases_and_batch_norm_start_neutral() -> None:
    weights = models.get_weights(models.mini_resnet("torch", width=4, blocks=(1, 1)))
    for name, array in weights.items():
        if array.ndim == 1:
            assert set(array.tolist()) == {1.0 if name.endswith(("weight", "running_var")) else 0.0}, name


def test_a_parameter_depends_on_the_seed_and_its_name_alone() -> None:
    short = models.get_weights(models.mini_resnet("torch", width=4, blocks=(1, 1)))
    long = models.get_weights(models.mini_resnet("torch", width=4, blocks=(2, 1)))
    other = models.get_weights(models.mini_resnet("torch", width=4, blocks=(1, 1), seed=1))
    for name, array in short.items():
        np.testing.assert_array_equal(array, long[name])
        if array.ndim > 1:
            assert not np.array_equal(array, other[name])
    drawn = {array.flat[0] / array.std() for array in short.values() if array.ndim > 1}
    assert len(drawn) == sum(array.ndim > 1 for array in short.values())


def test_the_draws_are_the_same_in_every_process() -> None:
    # Written down once: a hash that is salted per process, or another one, would give other numbers.
    expected = [1.1045384535562106, 0.8750096439982231, -0.7324236568476388]
    np.testing.assert_allclose(generator(0, "stem.conv.weight").standard_normal(3), expected, rtol=1e-12)


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_building_leaves_global_random_states_alone(framework: str) -> None:
    import torch

    models.tiny_cnn(framework, input_shape=(8, 8, 1))  # frameworks may draw once when they are imported

    def states() -> list[Any]:
        return [random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()]

    before = states()
    for name in models.names():
        models.build(name, framework, input_shape=(8, 8, 1))
    assert states() == before


@pytest.mark.parametrize("name", models.names())
def test_the_first_loss_on_digits_is_near_ln_10(name: str) -> None:
    import torch
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = torch.from_numpy((digits.images / 16).astype(np.float32))[:, None]
    y = torch.from_numpy(digits.target)
    for seed in range(3):
        model = models.build(name, "torch", input_shape=(8, 8, 1), seed=seed)
        for training in (True, False):
            with torch.no_grad():
                loss = torch.nn.functional.cross_entropy(model.train(training)(x), y).item()
            assert loss == pytest.approx(math.log(10), abs=0.15), (seed, training)
