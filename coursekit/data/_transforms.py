"""Deterministic image transforms on batches, the arithmetic under the augmentations.

All take and return images (n, H, W, C) float32 and leave their input untouched. Results agree with
``torchvision.transforms.v2.functional``, which names and conventions follow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
# ITU-R BT.601 luma, with torchvision's four digits.
_LUMA = np.array([0.2989, 0.587, 0.114], dtype=np.float32)


def flip(images: NDArray[Any], chosen: NDArray[np.bool_]) -> NDArray[Any]:
    """Mirror the chosen ones of images (n, H, W, C) or masks (n, H, W) left to right."""
    result = images.copy()
    result[chosen] = images[chosen, :, ::-1]
    return result


def crop(
    images: NDArray[Any],
    top: NDArray[np.int64],
    left: NDArray[np.int64],
    size: tuple[int, int],
    padding: int = 0,
) -> NDArray[Any]:
    """Cut one window of ``size`` out of every image (n, H, W, C) or mask (n, H, W), after zero padding."""
    flat = images.reshape(*images.shape[:2], -1)
    channels = flat.shape[2] // images.shape[2]
    if padding:
        n, height, width = flat.shape
        padded = np.zeros((n, height + 2 * padding, width + 2 * padding * channels), dtype=flat.dtype)
        padded[:, padding:-padding, padding * channels : -padding * channels] = flat
        flat = padded
    # Rows and channels as one axis: every window is then copied in runs of whole rows.
    windows = np.lib.stride_tricks.sliding_window_view(flat, (size[0], size[1] * channels), axis=(1, 2))
    cut = windows[np.arange(len(images)), top, left * channels]
    result: NDArray[Any] = cut.reshape(len(images), *size, *images.shape[3:])
    return result


def _source(angles: F32, height: int, width: int) -> tuple[F32, F32]:
    """Return where every pixel of the turned images comes from: x and y, (n, H, W) each, in pixel indices."""
    turn = np.deg2rad(angles.astype(np.float64)).astype(np.float32)[:, np.newaxis, np.newaxis]
    x = (np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2))[np.newaxis, np.newaxis, :]
    y = (np.arange(height, dtype=np.float32) - np.float32((height - 1) / 2))[np.newaxis, :, np.newaxis]
    cos, sin = np.cos(turn), np.sin(turn)
    # One pixel beyond the border everything is fill, so that coordinates need not go further.
    from_x = np.clip(cos * x - sin * y + np.float32((width - 1) / 2), -1, width)
    from_y = np.clip(sin * x + cos * y + np.float32((height - 1) / 2), -1, height)
    return from_x, from_y


def rotate(images: F32, angles: F32, fill: float = 0.0) -> F32:
    """Turn image i counter-clockwise by ``angles[i]`` degrees about its centre; bilinear."""
    n, height, width, channels = images.shape
    # One plane per channel: gathering and blending then run along whole rows instead of triples.
    padded = np.full((channels, n, height + 3, width + 3), fill, dtype=np.float32)
    padded[:, :, 1 : height + 1, 1 : width + 1] = images.transpose(3, 0, 1, 2)
    x, y = _source(angles, height, width)
    left, top = np.floor(x), np.floor(y)
    dx, dy = x - left, y - top
    row = width + 3
    start = (np.arange(n) * (height + 3) * row)[:, np.newaxis, np.newaxis]
    first = start + (top.astype(np.intp) + 1) * row + left.astype(np.intp) + 1
    result = np.empty_like(images)
    for channel, plane in enumerate(padded.reshape(channels, -1)):
        upper, lower = plane.take(first), plane.take(first + row)
        upper += (plane.take(first + 1) - upper) * dx
        lower += (plane.take(first + (row + 1)) - lower) * dx
        result[..., channel] = upper + (lower - upper) * dy
    return result


def rotate_masks(masks: NDArray[Any], angles: F32) -> NDArray[Any]:
    """Turn masks (n, H, W) like ``rotate``, by the nearest pixel; 0 outside."""
    n, height, width = masks.shape
    padded = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    x, y = _source(angles, height, width)
    image = np.arange(n)[:, np.newaxis, np.newaxis]
    return padded[image, np.rint(y).astype(np.intp) + 1, np.rint(x).astype(np.intp) + 1]


def _gray(images: F32) -> F32:
    return images if images.shape[-1] == 1 else (images[..., :3] @ _LUMA)[..., np.newaxis]


def _blend(images: F32, other: F32, factors: F32) -> F32:
    weight = factors.astype(np.float32)[:, np.newaxis, np.newaxis, np.newaxis]
    result = images * weight
    result += other * (1 - weight)
    return np.clip(result, 0, 1, out=result)


def adjust_brightness(images: F32, factors: F32) -> F32:
    """Multiply image i by ``factors[i]`` and clip to [0, 1]."""
    result = images * factors.astype(np.float32)[:, np.newaxis, np.newaxis, np.newaxis]
    return np.clip(result, 0, 1, out=result)


def adjust_contrast(images: F32, factors: F32) -> F32:
    """Blend image i with its mean grey: factor 0 is flat grey, 1 the image; clipped to [0, 1]."""
    return _blend(images, _gray(images).mean(axis=(1, 2, 3), keepdims=True), factors)


def adjust_saturation(images: F32, factors: F32) -> F32:
    """Blend image i with its grey version: factor 0 is grey, 1 the image; clipped to [0, 1]."""
    return images.copy() if images.shape[-1] == 1 else _blend(images, _gray(images), factors)
