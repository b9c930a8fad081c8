"""The models by name: each function checks its arguments, builds in one framework and sets the weights.

All of them share the block names stem, layer1, layer2, ..., head; ``head`` is the last linear layer alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from coursekit._frameworks import require
from coursekit.errors import ConfigurationError, unknown_name

from .initialization import initial_weights
from .spec import ATTRIBUTE, ModelSpec, checked_choice, checked_count, checked_framework, checked_shape
from .weights import set_weights, weight_slots


def lenet5(
    framework: str,
    *,
    input_shape: tuple[int, int, int],
    num_classes: int = 10,
    activation: str = "tanh",
    pooling: str = "average",
    seed: int = 0,
) -> Any:
    """Build LeNet-5 (LeCun et al. 1998), tanh and average pooling: 61,706 parameters for 28x28x1 or 32x32x1.

    Simplified as is usual today: every filter of the second convolution sees all six maps, poolings have no
    weights, tanh is not scaled, and the head is linear. How it is padded from 4x4 up is told by
    :func:`coursekit.models.geometry.lenet5_padding`. It flattens its last map, so the size is fixed when it
    is built.

    Args:
        framework: "torch" or "tensorflow" ("keras" is the same).
        input_shape: (H, W, C), at least 4x4.
        num_classes: width of the head.
        activation: "tanh" or "relu".
        pooling: "average" or "max".
        seed: of the initial weights.

    Returns:
        A ``torch.nn.Module`` of (N, C, H, W) images or a ``keras.Model`` of (N, H, W, C) images, float32;
        both return (N, num_classes) logits.

    Raises:
        ConfigurationError: an argument without meaning.
        MissingExtraError: the framework is not installed.
    """
    arguments = {
        "input_shape": checked_shape(input_shape, smallest=4, any_size=False),
        "num_classes": checked_count("num_classes", num_classes),
        "activation": checked_choice("activation", activation, ("tanh", "relu")),
        "pooling": checked_choice("pooling", pooling, ("average", "max")),
    }
    return _build("lenet5", framework, arguments, seed)


def mini_vgg(
    framework: str,
    *,
    input_shape: tuple[int | None, int | None, int],
    num_classes: int = 10,
    width: int = 16,
    dropout: float = 0.0,
    seed: int = 0,
) -> Any:
    """Build a small VGG (Simonyan and Zisserman 2015) without batch norm.

    Three blocks of convolution, ReLU, convolution, ReLU and max pooling. Global average pooling before the
    head: any size from 8x8 works.

    Args:
        framework: "torch" or "tensorflow" ("keras" is the same).
        input_shape: (H, W, C), at least 8x8; None for H and W builds a model of any size.
        num_classes: width of the head.
        width: filters of the first block; the next have twice and four times as many.
        dropout: share of the pooled features dropped in training, in [0, 1).
        seed: of the initial weights (and of the dropout masks in Keras; PyTorch draws those from its global
            generator).

    Returns:
        A ``torch.nn.Module`` of (N, C, H, W) images or a ``keras.Model`` of (N, H, W, C) images, float32;
        both return (N, num_classes) logits.

    Raises:
        ConfigurationError: an argument without meaning.
        MissingExtraError: the framework is not installed.
    """
    if not isinstance(dropout, (int, float)) or not 0 <= dropout < 1:
        raise ConfigurationError(f"dropout={dropout!r}", expected="a share of at least 0 and less than 1")
    arguments = {
        "input_shape": checked_shape(input_shape, smallest=8, any_size=True),
        "num_classes": checked_count("num_classes", num_classes),
        "width": checked_count("width", width),
        "dropout": float(dropout),
    }
    return _build("mini_vgg", framework, arguments, seed)


def mini_resnet(
    framework: str,
    *,
    input_shape: tuple[int | None, int | None, int] = (32, 32, 3),
    num_classes: int = 10,
    width: int = 16,
    blocks: tuple[int, ...] = (2, 2, 2),
    seed: int = 0,
) -> Any:
    """Build a ResNet for 32x32 images (He et al. 2016, section 4.2); shortcuts are 1x1 projections (option
    B).

    A 3x3 stem without pooling; one stage per entry of ``blocks``, each later one at half the size and twice
    the width; batch norm after every convolution (eps 1e-5, running statistics move by 0.1); global average
    pooling before the head, so any size works. ``blocks=(n, n, n)`` is ResNet-(6n + 2): (2, 2, 2) is
    ResNet-14.

    Args:
        framework: "torch" or "tensorflow" ("keras" is the same).
        input_shape: (H, W, C); None for H and W builds a model of any size.
        num_classes: width of the head.
        width: filters of the stem and the first stage.
        blocks: residual blocks per stage.
        seed: of the initial weights.

    Returns:
        A ``torch.nn.Module`` of (N, C, H, W) images or a ``keras.Model`` of (N, H, W, C) images, float32;
        both return (N, num_classes) logits.

    Raises:
        ConfigurationError: an argument without meaning.
        MissingExtraError: the framework is not installed.
    """
    if not isinstance(blocks, (tuple, list)) or not blocks:
        raise ConfigurationError(f"blocks={blocks!r}", expected="residual blocks per stage, as (2, 2, 2)")
    arguments = {
        "input_shape": checked_shape(input_shape, smallest=1, any_size=True),
        "num_classes": checked_count("num_classes", num_classes),
        "width": checked_count("width", width),
        "blocks": tuple(checked_count("blocks", count) for count in blocks),
    }
    return _build("mini_resnet", framework, arguments, seed)


def tiny_cnn(framework: str, *, input_shape: tuple[int, int, int], num_classes: int = 10, seed: int = 0) -> Any:
    """Build the smallest CNN worth the name.

    Convolution 3x3x8, ReLU, max pooling, convolution 3x3x16, ReLU, max pooling, flatten, head: 1,898
    parameters for 8x8x1. It trains so fast that a training loop's own cost shows; the benchmarks use it.

    Args:
        framework: "torch" or "tensorflow" ("keras" is the same).
        input_shape: (H, W, C), at least 4x4.
        num_classes: width of the head.
        seed: of the initial weights.

    Returns:
        A ``torch.nn.Module`` of (N, C, H, W) images or a ``keras.Model`` of (N, H, W, C) images, float32;
        both return (N, num_classes) logits.

    Raises:
        ConfigurationError: an argument without meaning.
        MissingExtraError: the framework is not installed.
    """
    arguments = {
        "input_shape": checked_shape(input_shape, smallest=4, any_size=False),
        "num_classes": checked_count("num_classes", num_classes),
    }
    return _build("tiny_cnn", framework, arguments, seed)


BUILDERS: dict[str, Callable[..., Any]] = {
    "lenet5": lenet5,
    "mini_resnet": mini_resnet,
    "mini_vgg": mini_vgg,
    "tiny_cnn": tiny_cnn,
}


def names() -> tuple[str, ...]:
    """The names that :func:`build` knows, sorted."""
    return tuple(sorted(BUILDERS))


def build(name: str, framework: str, **arguments: Any) -> Any:
    """Build a model by name; the arguments are those of the function of that name.

    Raises:
        ConfigurationError: an unknown name (the nearest are named) or argument.
        MissingExtraError: the framework is not installed.
    """
    if name not in BUILDERS:
        raise unknown_name("model", name, BUILDERS)
    parameters = inspect.signature(BUILDERS[name]).parameters
    known = [argument for argument in parameters if argument != "framework"]
    for argument in arguments:
        if argument not in known:
            raise unknown_name(f"argument of {name}", argument, known)
    if "input_shape" not in arguments and parameters["input_shape"].default is inspect.Parameter.empty:
        raise ConfigurationError(
            f"{name} without input_shape",
            expected="(H, W, C)",
            mend="pass input_shape=data.train.input_shape",
        )
    return BUILDERS[name](framework, **arguments)


def from_spec(spec: ModelSpec, framework: str) -> Any:
    """Build the model that a specification describes, with its initial weights."""
    return build(spec.architecture, framework, **spec.arguments)


def _build(architecture: str, framework: str, arguments: dict[str, Any], seed: int) -> Any:
    seed = checked_count("seed", seed, least=0)
    model = _skeleton(architecture, checked_framework(framework), arguments, seed)
    shapes = {name: slot.shape for name, slot in weight_slots(model).items()}
    nonlinearity = arguments.get("activation", "relu")
    head = "small" if architecture in ("mini_resnet", "mini_vgg") else "uniform"
    set_weights(model, initial_weights(shapes, seed=seed, nonlinearity=nonlinearity, head=head))
    setattr(model, ATTRIBUTE, ModelSpec(architecture, {**arguments, "seed": seed}))
    return model


def _skeleton(architecture: str, framework: str, arguments: dict[str, Any], seed: int) -> Any:
    if framework == "torch":
        require("torch")
        from . import pytorch

        return pytorch.build(architecture, arguments)
    require("tensorflow")
    require("keras")
    from . import tensorflow

    return tensorflow.build(architecture, arguments, seed)
