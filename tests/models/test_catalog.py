"""The catalogue: published sizes, checked arguments, missing frameworks, and a light import."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from coursekit import models
from coursekit.errors import ConfigurationError, MissingExtraError
from coursekit.models.geometry import lenet5_map


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_published_parameter_counts(framework: str) -> None:
    # LeNet-5 with full connection between S2 and C3, as in every textbook since.
    for shape in [(28, 28, 1), (32, 32, 1)]:
        assert models.count_parameters(models.lenet5(framework, input_shape=shape)) == 61_706
    # ResNet-20 of He et al. 2016, table 6 (0.27 M): 269,722 with option A; option B adds its two projections.
    resnet20 = models.mini_resnet(framework, blocks=(3, 3, 3))
    assert models.count_parameters(resnet20) == 269_722 + (16 * 32 + 2 * 32) + (32 * 64 + 2 * 64)
    assert models.count_parameters(models.tiny_cnn(framework, input_shape=(8, 8, 1))) == 1_898


def test_lenet5_ends_in_the_classical_map() -> None:
    assert lenet5_map(32, 32) == lenet5_map(28, 28) == (5, 5)
    assert all(min(lenet5_map(h, w)) >= 1 for h in range(4, 70) for w in range(4, 70))


def test_models_are_ordinary_ones_of_their_framework() -> None:
    import keras
    import torch

    for name in models.names():
        module = models.build(name, "PyTorch", input_shape=(8, 8, 1))
        assert isinstance(module, torch.nn.Module)
        assert isinstance(module.head, torch.nn.Linear)
        assert module.training
        model = models.build(name, "keras", input_shape=(8, 8, 1))
        assert type(model) is keras.Model or type(model).__name__ == "Functional"
        assert isinstance(model.get_layer("head"), keras.layers.Dense)


@pytest.mark.parametrize(
    ("name", "framework", "arguments", "part"),
    [
        ("mini_resnett", "torch", {}, "mini_resnet"),
        ("lenet5", "jax", {"input_shape": (8, 8, 1)}, "unknown framework 'jax'"),
        ("lenet5", None, {"input_shape": (8, 8, 1)}, "unknown framework None"),
        ("lenet5", "torch", {}, "without input_shape"),
        ("lenet5", "torch", {"input_shape": (8, 8, 1), "width": 4}, "unknown argument of lenet5 'width'"),
        ("lenet5", "torch", {"input_shape": (8, 8)}, "(height, width, channels)"),
        ("lenet5", "torch", {"input_shape": (3, 8, 1)}, "at least 4"),
        ("lenet5", "torch", {"input_shape": (None, 8, 1)}, "flattens"),
        ("lenet5", "torch", {"input_shape": (8, 8, 1), "activation": "gelu"}, "unknown activation"),
        ("lenet5", "torch", {"input_shape": (8, 8, 1), "pooling": ["max"]}, "unknown pooling"),
        ("mini_vgg", "torch", {"input_shape": (7, 8, 1)}, "at least 8"),
        ("mini_vgg", "torch", {"input_shape": (8, 8, 1.0)}, "channels"),
        ("mini_vgg", "torch", {"input_shape": (8, 8, 1), "dropout": 1.0}, "dropout=1.0"),
        ("mini_vgg", "torch", {"input_shape": (8, 8, 1), "dropout": "0"}, "dropout='0'"),
        ("mini_resnet", "torch", {"blocks": (2, 0, 2)}, "blocks=0"),
        ("mini_resnet", "torch", {"blocks": 3}, "blocks=3"),
        ("mini_resnet", "torch", {"width": True}, "width=True"),
        ("mini_resnet", "torch", {"num_classes": 0}, "num_classes=0"),
        ("mini_resnet", "torch", {"seed": -1}, "seed=-1"),
    ],
)
def test_bad_arguments(name: str, framework: Any, arguments: dict[str, Any], part: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        models.build(name, framework, **arguments)
    assert part in str(caught.value)


@pytest.mark.parametrize(("framework", "missing"), [("torch", "torch"), ("tensorflow", "tensorflow")])
def test_a_missing_framework_is_named(framework: str, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=rf"coursekit\[{missing}\]"):
        models.tiny_cnn(framework, input_shape=(8, 8, 1))


def test_importing_the_room_loads_no_framework() -> None:
    code = (
        "import sys, coursekit.models; "
        "print([m for m in ('torch', 'tensorflow', 'keras', 'matplotlib', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_summary_counts_what_the_frameworks_count() -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    for name in models.names():
        for shape in [(8, 8, 1), (33, 31, 3)]:
            model = models.build(name, "torch", input_shape=shape)
            model.head.weight.requires_grad = False
            model.head.eval()
            found = models.summary(model)
            assert model.training
            assert not model.head.training
            assert found.parameters == sum(p.numel() for p in model.parameters())
            assert found.trainable == sum(p.numel() for p in model.parameters() if p.requires_grad)
            with FlopCounterMode(display=False) as counter:
                model.eval()(torch.zeros(1, shape[2], *shape[:2]))
            assert found.macs == counter.get_total_flops() // 2
            keras_model = models.convert(model, "tensorflow")
            keras_model.get_layer("head").trainable = False
            twin = models.summary(keras_model)
            assert twin.macs == found.macs
            assert twin.parameters == sum(int(w.numpy().size) for w in keras_model.weights if is_parameter(w))
            assert twin.trainable == sum(int(w.numpy().size) for w in keras_model.trainable_variables)
            assert {row.name: row for row in found.rows}.keys() == {row.name: row for row in twin.rows}.keys()


def is_parameter(variable: Any) -> bool:
    return "moving" not in variable.path and "seed" not in variable.path


def test_summary_is_a_table_and_says_what_it_does_not_know() -> None:
    model = models.mini_vgg("torch", input_shape=(None, None, 3), width=4)
    text = str(models.summary(model))
    assert text.splitlines()[0] == "mini_vgg (torch), anyxanyx3 -> 10"
    assert text.splitlines()[-1].endswith("?")
    assert len({len(line) for line in text.splitlines()[1:]}) == 1
    assert models.summary(model, input_shape=(16, 16, 3)).macs is not None
    assert models.count_parameters(model, trainable_only=True) == models.count_parameters(model)
