"""Augmentation: random changes of the training images that leave the label true.

Every augmentation is a callable ``augment(images, labels, rng) -> (images, labels)`` on one batch; images are
(n, H, W, C) float32 in [0, 1], every image gets its own draw, the input is left untouched, and ``rng`` alone
decides, so that a resumed run sees the same pictures.

For training only. A validation or test set that is augmented measures something else on every call; give
augmentations to the training loader and to nothing else.

Labels of shape (n, H, W) are taken as masks: flips, crops and rotations move them along with the image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.data import _transforms
from coursekit.errors import ConfigurationError, DataError

F32 = NDArray[np.float32]
Batch = tuple[F32, NDArray[Any]]
Augmentation = Callable[[F32, NDArray[Any], np.random.Generator], Batch]


def _are_masks(images: F32, labels: NDArray[Any]) -> bool:
    return labels.ndim == 3 and labels.shape == images.shape[:3]


class Compose:
    """One augmentation after the other, in the order given."""

    def __init__(self, *augmentations: Augmentation) -> None:
        """Keep the augmentations; a single list of them is taken too."""
        if len(augmentations) == 1 and isinstance(augmentations[0], list | tuple):
            augmentations = tuple(augmentations[0])
        for one in augmentations:
            if not callable(one):
                raise ConfigurationError(
                    f"augmentation {one!r}",
                    expected="callables (images, labels, rng) -> (images, labels)",
                    mend="Compose(RandomCrop(32, padding=4), RandomHorizontalFlip())",
                )
        self.augmentations: tuple[Augmentation, ...] = augmentations

    def __call__(self, images: F32, labels: NDArray[Any], rng: np.random.Generator) -> Batch:
        """Apply all of them."""
        for augmentation in self.augmentations:
            images, labels = augmentation(images, labels, rng)
        return images, labels

    def __repr__(self) -> str:
        """Show what is composed."""
        return f"Compose({', '.join(map(repr, self.augmentations))})"


@dataclass(frozen=True)
class RandomHorizontalFlip:
    """Mirror left to right with probability p. Not for digits or text, which change their meaning."""

    p: float = 0.5

    def __post_init__(self) -> None:
        """Check the probability."""
        if not 0 <= self.p <= 1:
            raise ConfigurationError(f"p={self.p}", expected="a probability in [0, 1]", mend="p=0.5")

    def __call__(self, images: F32, labels: NDArray[Any], rng: np.random.Generator) -> Batch:
        """Flip some of the batch."""
        chosen = rng.random(len(images)) < self.p
        moved = _transforms.flip(labels, chosen) if _are_masks(images, labels) else labels
        return _transforms.flip(images, chosen), moved


@dataclass(frozen=True)
class RandomCrop:
    """Pad with zeros, then cut a window at a random place; padding 4 on 32x32 is the usual CIFAR recipe.

    Args:
        size: height and width of the result, or (height, width).
        padding: pixels of zeros added on every side first.
    """

    size: int | tuple[int, int]
    padding: int = 0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if min(self._size()) < 1 or self.padding < 0:
            raise ConfigurationError(
                f"RandomCrop(size={self.size}, padding={self.padding})",
                expected="a positive size and a padding of 0 or more pixels",
                mend="RandomCrop(32, padding=4)",
            )

    def _size(self) -> tuple[int, int]:
        return (self.size, self.size) if isinstance(self.size, int | np.integer) else self.size

    def __call__(self, images: F32, labels: NDArray[Any], rng: np.random.Generator) -> Batch:
        """Crop every image of the batch at its own place."""
        size, n = self._size(), len(images)
        spare = [images.shape[axis + 1] + 2 * self.padding - size[axis] for axis in (0, 1)]
        if min(spare) < 0:
            raise DataError(
                f"a crop of {size[0]}x{size[1]} out of images of {images.shape[1]}x{images.shape[2]}",
                expected=f"at most the image with its padding of {self.padding} on every side",
                mend="choose a smaller size or more padding",
            )
        top, left = rng.integers(0, spare[0] + 1, n), rng.integers(0, spare[1] + 1, n)
        cut = _transforms.crop(images, top, left, size, self.padding)
        if _are_masks(images, labels):
            labels = _transforms.crop(labels, top, left, size, self.padding)
        return cut.astype(np.float32, copy=False), labels


@dataclass(frozen=True)
class RandomRotation:
    """Turn about the centre by an angle drawn uniformly from [-degrees, degrees]; bilinear.

    Args:
        degrees: the largest angle, 0 to 180.
        fill: value of the corners that come from outside the image.
    """

    degrees: float
    fill: float = 0.0

    def __post_init__(self) -> None:
        """Check the angle."""
        if not 0 <= self.degrees <= 180:
            raise ConfigurationError(
                f"degrees={self.degrees}", expected="an angle from 0 to 180", mend="RandomRotation(15)"
            )

    def __call__(self, images: F32, labels: NDArray[Any], rng: np.random.Generator) -> Batch:
        """Turn every image of the batch by its own angle."""
        angles = rng.uniform(-self.degrees, self.degrees, len(images)).astype(np.float32)
        moved = _transforms.rotate_masks(labels, angles) if _are_masks(images, labels) else labels
        return _transforms.rotate(images, angles, self.fill), moved


@dataclass(frozen=True)
class ColorJitter:
    """Change brightness, contrast and saturation, in this order, each by its own random factor.

    Args:
        brightness: b draws a factor uniformly from [max(0, 1 - b), 1 + b]; the same for the others.
        contrast: towards or away from the mean grey of the image.
        saturation: towards or away from the grey image; grey images stay as they are.

    Results are clipped to [0, 1]: use it before images are standardised.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0

    def __post_init__(self) -> None:
        """Check the strengths."""
        if min(self.brightness, self.contrast, self.saturation) < 0:
            raise ConfigurationError(f"{self}", expected="strengths of 0 or more", mend="ColorJitter(0.2, 0.2, 0.2)")

    def __call__(self, images: F32, labels: NDArray[Any], rng: np.random.Generator) -> Batch:
        """Recolour every image of the batch."""
        for strength, adjust in (
            (self.brightness, _transforms.adjust_brightness),
            (self.contrast, _transforms.adjust_contrast),
            (self.saturation, _transforms.adjust_saturation),
        ):
            if strength:
                factors = rng.uniform(max(0.0, 1 - strength), 1 + strength, len(images))
                images = adjust(images, factors.astype(np.float32))
        return images, labels


@dataclass(frozen=True)
class Mixup:
    """Mix every image with another of the batch, and their labels (Zhang et al. 2018, arXiv:1710.09412).

    ``x = lam x_i + (1 - lam) x_j``, ``y = lam y_i + (1 - lam) y_j`` with lam from Beta(alpha, alpha), one per
    batch, as in the authors' code. Put it last: what follows would see mixed pictures.

    Args:
        alpha: positive; 0.2 mixes mildly, 1 makes every lam equally likely.
        num_classes: width of the soft labels.

    Returns labels (n, num_classes) float32, whose rows sum to 1; the loss has to accept probabilities.
    """

    alpha: float = 0.2
    num_classes: int = 10

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not self.alpha > 0 or self.num_classes < 2:
            raise ConfigurationError(
                f"{self}",
                expected="a positive alpha and at least 2 classes",
                mend="Mixup(0.2, num_classes=10)",
            )

    def __call__(self, images: F32, labels: NDArray[Any], rng: np.random.Generator) -> Batch:
        """Mix the batch with a permutation of itself."""
        soft = self._soft(labels)
        lam, other = np.float32(rng.beta(self.alpha, self.alpha)), rng.permutation(len(images))
        return images * lam + images[other] * (1 - lam), soft * lam + soft[other] * (1 - lam)

    def _soft(self, labels: NDArray[Any]) -> F32:
        if labels.ndim == 2 and labels.shape[1] == self.num_classes:
            return labels.astype(np.float32, copy=False)
        if labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.max(initial=0) >= self.num_classes:
            raise DataError(
                f"labels of shape {labels.shape} and dtype {labels.dtype} for {self}",
                expected=f"class numbers below {self.num_classes}, or soft labels (n, {self.num_classes})",
                mend="give Mixup the number of classes of the data",
            )
        return np.asarray(np.eye(self.num_classes, dtype=np.float32)[labels])
