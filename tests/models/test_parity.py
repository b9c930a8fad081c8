"""Both frameworks' models are the same function: the oracle of each is the other framework."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coursekit import models

SHAPES = [(8, 8, 1), (28, 28, 1), (32, 32, 3), (33, 31, 3), (15, 22, 2)]
CASES: list[tuple[str, dict[str, Any]]] = [
    *[(name, {"input_shape": shape}) for name in models.names() for shape in SHAPES],
    ("lenet5", {"input_shape": (29, 12, 3), "activation": "relu", "pooling": "max"}),
    ("lenet5", {"input_shape": (4, 5, 1)}),
    ("mini_vgg", {"input_shape": (96, 95, 3), "width": 4, "num_classes": 3}),
    ("mini_resnet", {"input_shape": (5, 1, 1), "width": 4, "blocks": (1, 2), "num_classes": 2}),
    ("mini_resnet", {"input_shape": (17, 18, 3), "width": 6, "blocks": (1, 1, 1, 2)}),
]


def scrambled(model: Any, seed: int = 0) -> dict[str, np.ndarray]:
    """Weights in which nothing is 0 or 1, so that a forgotten or exchanged array shows."""
    rng = np.random.default_rng(seed)
    weights = {k: v + 0.1 * rng.standard_normal(v.shape) for k, v in models.get_weights(model).items()}
    return {k: (np.abs(v) + 0.2 if "running_var" in k else v).astype(np.float32) for k, v in weights.items()}


def images(shape: tuple[int, ...], n: int = 6) -> np.ndarray:
    return np.random.default_rng(1).random((n, *shape), dtype=np.float32)


def logits(model: Any, x: np.ndarray, *, training: bool = False) -> np.ndarray:
    import torch

    if not isinstance(model, torch.nn.Module):
        return np.asarray(model(x, training=training))
    model.train(training)
    with torch.no_grad():
        return model(torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))).numpy()


@pytest.mark.parametrize("other", ["torch", "tensorflow"])
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_converted_weights_give_the_same_logits(name: str, arguments: dict[str, Any], other: str) -> None:
    source = models.build(name, {"torch": "tensorflow", "tensorflow": "torch"}[other], **arguments)
    models.set_weights(source, scrambled(source))
    x = images(arguments["input_shape"])
    expected = logits(source, x)
    twin = models.convert(source, to=other)
    assert expected.std() > 1e-3  # the weights are such that the images matter
    np.testing.assert_allclose(logits(twin, x), expected, rtol=0, atol=1e-5 * max(1, np.abs(expected).max()))
    if name != "mini_resnet":
        atol = 1e-5 * max(1, np.abs(expected).max())
        np.testing.assert_allclose(logits(twin, x, training=True), expected, rtol=0, atol=atol)


def test_initial_weights_are_identical_in_both_frameworks() -> None:
    for name in models.names():
        one = models.get_weights(models.build(name, "torch", input_shape=(8, 8, 1), seed=3))
        two = models.get_weights(models.build(name, "keras", input_shape=(8, 8, 1), seed=3))
        assert one.keys() == two.keys()
        for key in one:
            np.testing.assert_array_equal(one[key], two[key], err_msg=key)


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_moved_running_statistics_convert(framework: str) -> None:
    model = models.mini_resnet(framework, width=8, blocks=(1, 1, 1))
    before = models.get_weights(model)
    for step in range(3):
        logits(model, images((32, 32, 3)) * (step + 1), training=True)
    after = models.get_weights(model)
    moved = [key for key in after if not np.array_equal(before[key], after[key])]
    assert moved == [key for key in after if "running_" in key]
    x = images((32, 32, 3))
    for to in ("torch", "tensorflow"):
        np.testing.assert_allclose(logits(models.convert(model, to), x), logits(model, x), rtol=0, atol=1e-5)


def test_batch_norm_moves_alike_but_for_the_unbiased_variance() -> None:
    torch_model = models.mini_resnet("torch", input_shape=(4, 4, 1), width=4, blocks=(1,))
    keras_model = models.convert(torch_model, "tensorflow")
    x = images((4, 4, 1), n=2)
    expected = logits(torch_model, x, training=True)
    np.testing.assert_allclose(logits(keras_model, x, training=True), expected, rtol=0, atol=1e-5)
    ours, theirs = models.get_weights(torch_model), models.get_weights(keras_model)
    np.testing.assert_allclose(ours["stem.bn.running_mean"], theirs["stem.bn.running_mean"], rtol=1e-5)
    n = 2 * 4 * 4
    unbiased, biased = ((w["stem.bn.running_var"] - 0.9) / 0.1 for w in (ours, theirs))
    np.testing.assert_allclose(unbiased, biased * n / (n - 1), rtol=1e-3)


def test_a_model_of_any_size_takes_images_of_any_size() -> None:
    for name in ("mini_vgg", "mini_resnet"):
        keras_model = models.build(name, "tensorflow", input_shape=(None, None, 3), width=4)
        torch_model = models.convert(keras_model, "torch")
        for shape in [(8, 8, 3), (33, 20, 3)]:
            x = images(shape)
            np.testing.assert_allclose(logits(keras_model, x), logits(torch_model, x), rtol=0, atol=1e-5)


def test_layers_carry_the_same_names() -> None:
    for name in models.names():
        torch_model = models.build(name, "torch", input_shape=(8, 8, 1))
        keras_model = models.build(name, "tensorflow", input_shape=(8, 8, 1))
        modules = {key for key, _ in torch_model.named_modules()}
        layers = {layer.name for layer in keras_model.layers}
        assert {key for key in layers - modules if not key.endswith((".pad1", ".add", "image"))} == set()


def test_dropout_acts_in_training_alone() -> None:
    for framework in ("torch", "tensorflow"):
        model = models.mini_vgg(framework, input_shape=(8, 8, 1), width=4, dropout=0.5)
        x = images((8, 8, 1))
        np.testing.assert_array_equal(logits(model, x), logits(model, x))
        assert not np.allclose(logits(model, x, training=True), logits(model, x))
