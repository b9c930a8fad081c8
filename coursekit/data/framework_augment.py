"""Augmentations of torchvision and Keras, turned into callables ``augment(images, labels, rng)``.

Their randomness is seeded from ``rng`` for every batch, so that a resumed run draws the same, and the
frameworks' global generators stay as they were. Like all augmentation: for training only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit import _frameworks
from coursekit.data.augment import Augmentation, Batch
from coursekit.errors import ConfigurationError

F32 = NDArray[np.float32]


def torchvision_transforms(transform: Callable[..., Any], *, per_image: bool = True) -> Augmentation:
    """Use a transform of ``torchvision.transforms.v2`` on NumPy batches.

    Args:
        transform: takes a float32 tensor (C, H, W), returns one; all results need one size.
        per_image: apply it to one image after the other, each with its own draw. With False it is called
            once, as ``transform(images (n, C, H, W), labels)``: one draw per batch, as MixUp and CutMix need.

    Raises:
        MissingExtraError: torch is not installed.
    """
    torch: Any = _frameworks.require("torch")

    def augment(images: F32, labels: NDArray[Any], rng: np.random.Generator) -> Batch:
        batch = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
        # Of the CPU only: torch.manual_seed would also move the generators of the GPUs, which are not forked.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(int(rng.integers(2**63)))
            if per_image:
                result = torch.stack([transform(image) for image in batch])
            else:
                result, mixed = transform(batch, torch.from_numpy(np.array(labels)))
                labels = mixed.numpy()
        nhwc = np.ascontiguousarray(result.numpy().transpose(0, 2, 3, 1), dtype=np.float32)
        return nhwc, labels

    return augment


def keras_layers(layer: Any) -> Augmentation:
    """Use Keras preprocessing layers (``keras.layers.RandomFlip``, or a Sequential of such) on NumPy batches.

    The layers draw per image. Those with a ``value_range`` assume 0..255 unless told ``value_range=(0, 1)``.

    Args:
        layer: a layer or model that maps (n, H, W, C) to (n, H', W', C) with ``training=True``.

    Raises:
        ConfigurationError: not a Keras layer.
        MissingExtraError: Keras is not installed.
    """
    keras: Any = _frameworks.require("keras")
    if not isinstance(layer, keras.layers.Layer):
        raise ConfigurationError(
            f"{layer!r}", expected="a Keras layer", mend="keras_layers(keras.layers.RandomFlip('horizontal'))"
        )

    def augment(images: F32, labels: NDArray[Any], rng: np.random.Generator) -> Batch:
        if not layer.built:
            layer.build(images.shape)
        # A seed generator keeps its two numbers in a variable: the seed, and how often it was asked.
        for variable in layer.variables:
            if variable.path.endswith("seed_generator_state"):
                variable.assign(np.array([rng.integers(2**32), 0], dtype=np.uint32))
        result = layer(keras.ops.convert_to_tensor(images), training=True)
        return np.asarray(keras.ops.convert_to_numpy(result), dtype=np.float32), labels

    return augment
