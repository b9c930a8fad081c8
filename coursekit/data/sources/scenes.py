"""Procedural scenes: one shape on a textured ground, with label, bounding box and mask, drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coursekit.data.dataset import ArrayDataset, DataSplits
from coursekit.data.sources._paint import DOMAINS, Layers, value_noise
from coursekit.data.sources._shapes import SHAPES
from coursekit.data.splits import allocate, stratified_split
from coursekit.errors import ConfigurationError, unknown_name

F32 = NDArray[np.float32]
_BLOCK_PIXELS = 1 << 17
_PEBBLES = 3
_TILT = 0.45


def scenes(
    *,
    classes: int | Sequence[str] = 3,
    n: int = 1000,
    size: int = 32,
    imbalance: Sequence[float] | None = None,
    label_noise: float = 0.0,
    domain: str = "default",
    fractions: Sequence[float] = (0.7, 0.15, 0.15),
    seed: int = 0,
) -> DataSplits:
    """Draw scenes and split them, stratified, into train, validation and test.

    Label noise goes into the training set only: validation and test labels stay true, so that they measure
    what it costs. The wrong training labels are ``np.flatnonzero(train.labels != train.true_labels)``.

    Args:
        classes: 2 to 8, or names out of disc, square, triangle, cross, ring, star, crescent, stripes.
        n: images in all three sets together.
        size: height and width in pixels, 16 to 512.
        imbalance: one positive number per class, the ratios of the class sizes. None: equal sizes.
        label_noise: share of the training labels replaced by a wrong class, in [0, 1).
        domain: "default", "night", "sketch" or "fog": other colours, textures and contrast.
        fractions: shares of train, validation and test.
        seed: of everything; the same arguments give the same arrays.

    Returns:
        Splits of images (H, W, 3) float32 in [0, 1] with all that draw_scenes gives.

    Raises:
        ConfigurationError: an argument out of its range, an unknown class or domain.
        DataError: too few images for three sets.
    """
    if not 0 <= label_noise < 1:
        raise ConfigurationError(f"label_noise={label_noise}", expected="a share in [0, 1)", mend="0.1 is ten per cent")
    whole = draw_scenes(n, classes=classes, size=size, imbalance=imbalance, domain=domain, seed=seed)
    splits = stratified_split(whole, fractions, seed)
    if label_noise == 0:
        return splits
    return DataSplits(_mislabel(splits.train, label_noise, seed), splits.validation, splits.test, splits.name)


def draw_scenes(
    n: int = 1000,
    *,
    classes: int | Sequence[str] = 3,
    size: int = 32,
    imbalance: Sequence[float] | None = None,
    domain: str = "default",
    seed: int = 0,
) -> ArrayDataset:
    """Draw one set of scenes; the arguments are those of ``scenes``.

    Returns:
        n scenes in random order. images (n, H, W, 3) float32 in [0, 1]. masks (n, H, W) uint8: 0 is the
        ground, 1 + label the shape, a pixel counting where its centre lies inside the outline. boxes (n, 4)
        float32: the smallest box around the mask, x1, y1, x2, y2 with x2, y2 exclusive. true_labels (n,).
    """
    names = _class_names(classes)
    if domain not in DOMAINS:
        raise unknown_name("domain", domain, DOMAINS)
    if not 16 <= size <= 512:
        raise ConfigurationError(f"size={size}", expected="16 to 512 pixels", mend="size=32 is fast, 64 is pretty")
    counts = _class_sizes(n, len(names), imbalance)
    rng = np.random.default_rng([seed & 0xFFFFFFFFFFFFFFFF, list(DOMAINS).index(domain)])
    labels = rng.permutation(np.repeat(np.arange(len(names)), counts))
    images = np.empty((n, size, size, 3), dtype=np.float32)
    masks = np.empty((n, size, size), dtype=np.uint8)
    block = max(1, _BLOCK_PIXELS // size**2)
    for start in range(0, n, block):
        part = slice(start, start + block)
        layers = _layers(rng, labels[part], names, size)
        np.clip(DOMAINS[domain](layers).transpose(0, 2, 3, 1), 0, 1, out=images[part])
        masks[part] = (layers.distance <= 0) * (labels[part, np.newaxis, np.newaxis] + 1)
    name = "scenes" if domain == "default" else f"scenes ({domain})"
    return ArrayDataset(images, labels, names, name, boxes=mask_boxes(masks), masks=masks, true_labels=labels)


def mask_boxes(masks: NDArray[np.integer]) -> F32:
    """Return the smallest boxes around the pixels that are not 0.

    Args:
        masks: (n, H, W); every mask needs one such pixel.

    Returns:
        (n, 4) float32: x1, y1, x2, y2, where x2 and y2 are exclusive: x2 - x1 is the width in pixels.
    """
    columns, rows = (masks != 0).any(axis=1), (masks != 0).any(axis=2)
    x1, y1 = columns.argmax(axis=1), rows.argmax(axis=1)
    x2 = columns.shape[1] - columns[:, ::-1].argmax(axis=1)
    y2 = rows.shape[1] - rows[:, ::-1].argmax(axis=1)
    return np.stack([x1, y1, x2, y2], axis=1).astype(np.float32)


def _layers(rng: np.random.Generator, labels: NDArray[np.int64], names: tuple[str, ...], size: int) -> Layers:
    n = len(labels)
    dice = rng.random((n, 16), dtype=np.float32)
    radius = size * (np.float32(0.25) + np.float32(0.14) * dice[:, 8])
    # Shapes never touch the border, so that a box or mask never ends for lack of picture.
    room = size - 2 * (radius + 1)
    x, y = radius + 1 + room * dice[:, 9], radius + 1 + room * dice[:, 10]
    u, v = _turned(x, y, _TILT * (2 * dice[:, 11] - 1), size)
    distance = np.empty_like(u)
    scale = radius[:, np.newaxis, np.newaxis]
    for label in np.unique(labels):
        chosen = labels == label
        distance[chosen] = SHAPES[names[label]](u[chosen] / scale[chosen], v[chosen] / scale[chosen])
    distance *= scale
    return Layers(
        distance=distance,
        u=u,
        v=v,
        coarse=value_noise(rng, n, size, 3),
        fine=value_noise(rng, n, size, 9),
        grain=rng.standard_normal((n, size, size), dtype=np.float32),
        pebbles=_pebbles(rng, n, size),
        dice=dice[:, :8],
    )


def _turned(x: F32, y: F32, angle: F32, size: int) -> tuple[F32, F32]:
    """Return the pixel centres relative to (x, y), turned by -angle: two arrays (n, size, size)."""
    centre = np.arange(size, dtype=np.float32) + np.float32(0.5)
    dx = (centre - x[:, np.newaxis])[:, np.newaxis, :]
    dy = (centre - y[:, np.newaxis])[:, :, np.newaxis]
    cos, sin = (f(angle).astype(np.float32)[:, np.newaxis, np.newaxis] for f in (np.cos, np.sin))
    return cos * dx + sin * dy, cos * dy - sin * dx


def _pebbles(rng: np.random.Generator, n: int, size: int) -> F32:
    """Return the coverage (n, size, size) of a few small discs, clutter that a classifier has to see past."""
    cover = np.zeros((n, size, size), dtype=np.float32)
    centre = np.arange(size, dtype=np.float32) + np.float32(0.5)
    for _ in range(_PEBBLES):
        x, y, r = (rng.random((n, 1), dtype=np.float32) for _ in range(3))
        radius = (size * (np.float32(0.025) + np.float32(0.045) * r))[..., np.newaxis]
        dx = ((centre - x * size) ** 2)[:, np.newaxis, :]
        dy = ((centre - y * size) ** 2)[:, :, np.newaxis]
        np.maximum(cover, np.clip(radius + np.float32(0.5) - np.sqrt(dx + dy), 0, 1), out=cover)
    return cover


def _class_names(classes: int | Sequence[str]) -> tuple[str, ...]:
    if isinstance(classes, int | np.integer):
        if not 2 <= classes <= len(SHAPES):
            raise ConfigurationError(
                f"classes={classes}",
                expected=f"2 to {len(SHAPES)}, or a list of names",
                mend=f"one of {list(SHAPES)}",
            )
        return tuple(SHAPES)[: int(classes)]
    names = (classes,) if isinstance(classes, str) else tuple(classes)
    for name in names:
        if name not in SHAPES:
            raise unknown_name("scene class", name, SHAPES)
    if len(names) < 2 or len(set(names)) < len(names):
        raise ConfigurationError(
            f"classes={names}", expected="at least two different names", mend="classes=('disc', 'square')"
        )
    return names


def _class_sizes(n: int, classes: int, imbalance: Sequence[float] | None) -> NDArray[np.int64]:
    ratios = np.ones(classes) if imbalance is None else np.asarray(imbalance, dtype=np.float64)
    if ratios.shape != (classes,) or not (np.isfinite(ratios).all() and (ratios > 0).all()):
        raise ConfigurationError(
            f"imbalance={imbalance} for {classes} classes",
            expected="one positive number per class",
            mend=f"imbalance={tuple(range(classes, 0, -1))}, for example",
        )
    if n < classes:
        raise ConfigurationError(
            f"n={n} for {classes} classes", expected="at least one image per class", mend="raise n"
        )
    sizes: NDArray[np.int64] = allocate(np.array([n]), ratios / ratios.sum())[0]
    return sizes


def _mislabel(dataset: ArrayDataset, share: float, seed: int) -> ArrayDataset:
    rng = np.random.default_rng([seed & 0xFFFFFFFFFFFFFFFF, 1 << 20])
    wrong = rng.permutation(len(dataset))[: round(share * len(dataset))]
    labels = dataset.class_labels().copy()
    labels[wrong] = (labels[wrong] + rng.integers(1, dataset.num_classes, len(wrong))) % dataset.num_classes
    return ArrayDataset(
        dataset.images,
        labels,
        dataset.class_names,
        dataset.name,
        boxes=dataset.boxes,
        masks=dataset.masks,
        true_labels=dataset.true_labels,
    )
