"""The models as Keras functional models. Loaded only when a Keras model is built.

Images come in as (N, H, W, C) float32, logits go out as (N, num_classes). Every layer carries the name of the
PyTorch module it stands for, dots included.

Keras's "same" equals PyTorch's symmetric padding at stride 1 only: at stride 2 it pads an even side below and
to the right alone. Hence "same" at stride 1, and an explicit ZeroPadding2D at stride 2.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from .geometry import BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM, lenet5_padding


def lenet5(image: Any, *, num_classes: int, activation: str, pooling: str) -> Any:
    """LeNet-5 (LeCun et al. 1998): two convolutions, each followed by a pooling, then three dense layers."""
    pad1, pad2 = lenet5_padding(*image.shape[1:3])
    pool = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}[pooling]

    x = layers.Conv2D(6, 5, padding="same" if pad1 else "valid", name="stem.conv")(image)
    x = layers.Activation(activation, name="stem.act")(x)
    x = pool(2, name="stem.pool")(x)
    x = layers.Conv2D(16, 5, padding="same" if pad2 else "valid", name="layer1.conv")(x)
    x = layers.Activation(activation, name="layer1.act")(x)
    x = pool(2, name="layer1.pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(120, name="layer2.fc")(x)
    x = layers.Activation(activation, name="layer2.act")(x)
    x = layers.Dense(84, name="layer3.fc")(x)
    x = layers.Activation(activation, name="layer3.act")(x)
    return layers.Dense(num_classes, name="head")(x)


def mini_vgg(image: Any, *, num_classes: int, width: int, dropout: float, seed: int) -> Any:
    """Three VGG blocks (Simonyan and Zisserman 2015) of doubling width, global average pooling, a head."""
    x = image
    for i in range(3):
        x = vgg_block(x, width * 2**i, name=f"layer{i + 1}")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(dropout, seed=seed, name="dropout")(x)
    return layers.Dense(num_classes, name="head")(x)


def vgg_block(x: Any, filters: int, name: str) -> Any:
    """Two 3x3 convolutions with ReLU, then a 2x2 max pooling."""
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}.conv1")(x)
    x = layers.ReLU(name=f"{name}.relu1")(x)
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}.conv2")(x)
    x = layers.ReLU(name=f"{name}.relu2")(x)
    return layers.MaxPooling2D(2, name=f"{name}.pool")(x)


def mini_resnet(image: Any, *, num_classes: int, width: int, blocks: tuple[int, ...]) -> Any:
    """ResNet for 32x32 images (He et al. 2016, section 4.2): stages of doubling width, global pooling."""
    x = layers.Conv2D(width, 3, padding="same", use_bias=False, name="stem.conv")(image)
    x = _batch_norm("stem.bn")(x)
    x = layers.ReLU(name="stem.relu")(x)
    for i, depth in enumerate(blocks):
        for j in range(depth):
            stride = 2 if i > 0 and j == 0 else 1
            x = residual_block(x, width * 2**i, stride, name=f"layer{i + 1}.{j}")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return layers.Dense(num_classes, name="head")(x)


def residual_block(x: Any, filters: int, stride: int, name: str) -> Any:
    """Two 3x3 convolutions and a shortcut around them (He et al. 2016, figure 2).

    The shortcut is the identity, or a 1x1 convolution with batch norm where the shape changes (option B).
    """
    if stride == 1:
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}.conv1")(x)
    else:
        y = layers.ZeroPadding2D(1, name=f"{name}.pad1")(x)
        y = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}.conv1")(y)
    y = _batch_norm(f"{name}.bn1")(y)
    y = layers.ReLU(name=f"{name}.relu1")(y)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}.conv2")(y)
    y = _batch_norm(f"{name}.bn2")(y)
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        projection = layers.Conv2D(filters, 1, strides=stride, use_bias=False, name=f"{name}.shortcut.conv")
        shortcut = _batch_norm(f"{name}.shortcut.bn")(projection(x))
    y = layers.Add(name=f"{name}.add")([y, shortcut])
    return layers.ReLU(name=f"{name}.relu2")(y)


def tiny_cnn(image: Any, *, num_classes: int) -> Any:
    """Two convolutions of 8 and 16 filters, each followed by a pooling, and a head: as small as can be."""
    x = layers.Conv2D(8, 3, padding="same", name="stem.conv")(image)
    x = layers.ReLU(name="stem.relu")(x)
    x = layers.MaxPooling2D(2, name="stem.pool")(x)
    x = layers.Conv2D(16, 3, padding="same", name="layer1.conv")(x)
    x = layers.ReLU(name="layer1.relu")(x)
    x = layers.MaxPooling2D(2, name="layer1.pool")(x)
    x = layers.Flatten(name="flatten")(x)
    return layers.Dense(num_classes, name="head")(x)


def _batch_norm(name: str) -> Any:
    return layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON, momentum=1 - BATCH_NORM_MOMENTUM, name=name)


BUILDERS: dict[str, Callable[..., Any]] = {
    "lenet5": lenet5,
    "mini_resnet": mini_resnet,
    "mini_vgg": mini_vgg,
    "tiny_cnn": tiny_cnn,
}


def build(architecture: str, arguments: dict[str, Any], seed: int) -> Any:
    """Build a functional model from checked arguments; Python's global random state is left as it was."""
    rest = dict(arguments)
    image = keras.Input(rest.pop("input_shape"), name="image")
    if architecture == "mini_vgg":
        rest["seed"] = seed  # of the dropout masks; PyTorch draws them from its global generator
    state = random.getstate()  # Keras draws every default initializer's seed from it
    try:
        logits: Any = BUILDERS[architecture](image, **rest)
    finally:
        random.setstate(state)
    return keras.Model(image, logits, name=architecture)
