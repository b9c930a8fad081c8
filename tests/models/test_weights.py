"""The canonical layout: strict, complete, and the same for models that were not built here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coursekit import models
from coursekit.errors import ModelError

FRAMEWORKS = ["torch", "tensorflow"]


def tiny(framework: str, **arguments: Any) -> Any:
    return models.tiny_cnn(framework, **{"input_shape": (8, 8, 1), **arguments})


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_misfits_are_all_named_and_nothing_is_written(framework: str) -> None:
    model = tiny(framework)
    before = models.get_weights(model)
    wrong: dict[str, Any] = {key: value + 1 for key, value in before.items()}
    del wrong["stem.conv.bias"]
    wrong["stem.bn.weight"] = np.ones(8)
    wrong["head.weight"] = wrong["head.weight"].T
    wrong["head.bias"] = np.array(["a"] * 10)
    with pytest.raises(ModelError) as caught:
        models.set_weights(model, wrong)
    for part in [
        "missing stem.conv.bias (8,)",
        "unexpected stem.bn.weight (8,)",
        "head.weight has shape (64, 10) for (10, 64)",
        "head.bias has dtype <U1",
    ]:
        assert part in str(caught.value)
    after = models.get_weights(model)
    assert all(np.array_equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_is_got_is_a_copy_and_what_is_set_is_copied(framework: str) -> None:
    model = tiny(framework)
    weights = models.get_weights(model)
    models.set_weights(model, weights)
    kept = {key: value.copy() for key, value in weights.items()}
    for value in weights.values():
        assert value.dtype == np.float32
        assert value.flags.c_contiguous
        value += 1
    again = models.get_weights(model)
    assert all(np.array_equal(again[key], kept[key]) for key in kept)


def test_flattened_columns_are_in_chw_order() -> None:
    model = models.lenet5("tensorflow", input_shape=(9, 13, 1))  # a last map of 2x3: no side equals another
    layer = model.get_layer("layer2.fc")
    kernel = np.arange(2 * 3 * 16 * 120, dtype=np.float32).reshape(96, 120)
    layer.kernel.assign(kernel)
    found = models.get_weights(model)["layer2.fc.weight"]
    for h, w, c in [(0, 0, 0), (1, 2, 15), (0, 2, 7), (1, 0, 3)]:
        np.testing.assert_array_equal(found[:, c * 6 + h * 3 + w], kernel[(h * 3 + w) * 16 + c])


def test_models_that_were_not_built_here() -> None:
    import keras
    import torch
    from torch import nn

    theirs = keras.Sequential(
        [
            keras.Input((5, 6, 2)),
            keras.layers.Conv2D(3, 3, name="0"),
            keras.layers.BatchNormalization(scale=False, name="1"),
            keras.layers.Flatten(name="2"),
            keras.layers.Dropout(0.5, name="3"),
            keras.layers.Dense(4, use_bias=False, name="4"),
        ]
    )
    weights = models.get_weights(theirs)
    weights["1.weight"] = np.ones(3, dtype=np.float32)
    ours = nn.Sequential(
        nn.Conv2d(2, 3, 3),
        nn.BatchNorm2d(3, eps=1e-3),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(36, 4, bias=False),
    ).eval()
    models.set_weights(ours, weights)
    x = np.random.default_rng(0).random((3, 5, 6, 2), dtype=np.float32)
    with torch.no_grad():
        found = ours(torch.from_numpy(x.transpose(0, 3, 1, 2).copy())).numpy()
    np.testing.assert_allclose(found, np.asarray(theirs(x)), rtol=0, atol=1e-5)
    for model in (theirs, ours):
        with pytest.raises(ModelError, match="lenet5, mini_resnet, mini_vgg, tiny_cnn"):
            models.convert(model, "torch")


def test_layers_without_a_place_in_the_layout_are_refused() -> None:
    import keras

    inner = tiny("tensorflow")
    nested = keras.Sequential([keras.Input((8, 8, 1)), inner])
    with pytest.raises(ModelError, match="'tiny_cnn' is a Functional"):
        models.get_weights(nested)
    with pytest.raises(ModelError, match="no weights yet"):
        models.get_weights(keras.Sequential([keras.layers.Dense(2)]))
    with pytest.raises(ModelError):
        models.get_weights(object())


def test_wrapped_and_half_precision_torch_models() -> None:
    import torch

    model = tiny("torch")
    weights = models.get_weights(model)
    compiled = torch.compile(model)
    assert models.get_weights(torch.nn.DataParallel(compiled)).keys() == weights.keys()
    assert models.spec_of(compiled) == models.spec_of(model)
    half = models.get_weights(model.to(torch.bfloat16))
    for key, value in weights.items():
        np.testing.assert_allclose(half[key], value, rtol=2**-8)
        assert half[key].dtype == np.float32
    models.set_weights(model, weights)
    assert model.head.weight.dtype == torch.bfloat16


def test_a_replaced_head_is_followed_and_other_changes_are_refused() -> None:
    import torch

    model = models.lenet5("torch", input_shape=(8, 8, 1))
    model.head = torch.nn.Linear(84, 3)
    twin = models.convert(model, "tensorflow")
    assert twin.output_shape == (None, 3)
    np.testing.assert_array_equal(models.get_weights(twin)["head.weight"], model.head.weight.detach().numpy())
    model.head = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Linear(84, 3))
    with pytest.raises(ModelError, match=r"missing head.weight .*unexpected head.1.weight"):
        models.convert(model, "tensorflow")


def test_conversion_leaves_the_source_alone_and_copies() -> None:
    model = tiny("torch")
    before = models.get_weights(model)
    copy = models.convert(model, "torch")
    models.set_weights(copy, {key: value + 1 for key, value in before.items()})
    after = models.get_weights(model)
    assert all(np.array_equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_converted_models_of_changed_arguments_keep_them(framework: str) -> None:
    arguments = {"input_shape": (9, 10, 2), "num_classes": 4, "width": 6, "dropout": 0.25, "seed": 5}
    model = models.mini_vgg(framework, **arguments)
    for to in FRAMEWORKS:
        assert models.spec_of(models.convert(model, to)).arguments == arguments
