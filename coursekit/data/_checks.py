"""What makes arrays a data set: every check of images, labels, boxes and masks, and the error it raises."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.errors import DataError, DataWarning

_CHANNELS = (1, 3, 4)
_CHUNK = 1024


def checked_images(images: ArrayLike) -> NDArray[np.float32]:
    """Return images as C-contiguous float32 (N, H, W, C), the same memory where it already is.

    Values are never scaled. Images that look like 0..255 are accepted and warned about.

    Raises:
        DataError: not numeric, not four axes, channels first, no images, NaN or infinite values.
    """
    array = np.asarray(images)
    if array.dtype.kind not in "fiub":
        raise DataError(
            f"images of dtype {array.dtype}",
            expected="numbers, best float32 in [0, 1]",
            mend="stack equally sized images with np.stack(...) and convert with .astype('float32')",
        )
    _check_layout(array.shape)
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = _not_finite(array)
        raise DataError(
            f"NaN or infinite values in {len(bad)} of {len(array)} images, the first at index {bad[0]}",
            expected="finite values",
            mend="find where they arise (a division by zero, a broken file) or drop those images",
        )
    # Standardised images reach about 3 and have negative values; pixels of 0..255 do not look like that.
    if (high > 2 and low >= 0) or high > 20:
        warnings.warn(
            f"images of dtype {array.dtype} hold values from {low:g} to {high:g}, and are used as they are. "
            "Expected: float32 in [0, 1]. To mend it: divide by 255 before building the data set: "
            "images.astype('float32') / 255.",
            DataWarning,
            stacklevel=4,
        )
    return np.ascontiguousarray(array, dtype=np.float32)


def _check_layout(shape: tuple[int, ...]) -> None:
    if len(shape) == 3:
        raise DataError(
            f"images of shape {shape}",
            expected="four axes (N, H, W, C)",
            mend="images[..., np.newaxis] for grey images, images[np.newaxis] for a single image",
        )
    if len(shape) != 4:
        raise DataError(
            f"images of shape {shape}",
            expected="four axes (N, H, W, C)",
            mend="reshape them to (number of images, height, width, channels)",
        )
    if 0 in shape:
        raise DataError(
            f"an empty set: images of shape {shape}",
            expected="at least one image, and no axis of length 0",
            mend="check the filter, the index or the path that selected these images",
        )
    # Square feature maps such as (N, 4, 4, 64) are channels last, although 4 might be a number of channels.
    if shape[-1] not in _CHANNELS and shape[1] in _CHANNELS and shape[1] != shape[2]:
        raise DataError(
            f"images of shape {shape}, which look like channels first (N, C, H, W)",
            expected="channels last (N, H, W, C)",
            mend="images.transpose(0, 2, 3, 1); a reshape would scramble the pixels",
        )


def _not_finite(array: NDArray[np.generic]) -> NDArray[np.int64]:
    found = [
        start + np.flatnonzero(~np.isfinite(array[start : start + _CHUNK]).all(axis=(1, 2, 3)))
        for start in range(0, len(array), _CHUNK)
    ]
    return np.concatenate(found).astype(np.int64)


def checked_labels(
    labels: ArrayLike, n: int, class_names: Sequence[str]
) -> tuple[NDArray[np.int64] | NDArray[np.float32], tuple[str, ...]]:
    """Return labels as int64 (N,) with their class names, or as float32 (N,) or (N, k) for regression.

    Raises:
        DataError: another length than the images, one-hot rows, a stray axis, NaN, values that are no class.
    """
    array = np.asarray(labels)
    names = checked_names(class_names)
    if array.dtype.kind not in "fiub":
        raise DataError(
            f"labels of dtype {array.dtype}",
            expected="class numbers 0, 1, 2, ...",
            mend="class_names, labels = np.unique(labels, return_inverse=True)",
        )
    if array.ndim == 0 or len(array) != n:
        raise DataError(
            f"{n} images and labels of shape {array.shape}",
            expected="one label per image",
            mend="select images and labels with the same index",
        )
    if array.ndim > 1:
        _check_axes(array)
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise DataError("labels with NaN or infinite values", expected="finite values", mend="drop those images")
        if not names:
            return np.ascontiguousarray(array, dtype=np.float32), ()
        if array.ndim > 1 or (array != np.floor(array)).any():
            raise DataError(
                f"{len(names)} class names and labels that are no class numbers",
                expected="whole numbers for classification, or no class_names for regression",
                mend="leave class_names out if the labels are quantities to regress on",
            )
    whole = np.ascontiguousarray(array, dtype=np.int64)
    _check_range(whole, names)
    return whole, names or tuple(str(i) for i in range(int(whole.max()) + 1))


def checked_names(class_names: Sequence[str]) -> tuple[str, ...]:
    """Return class names as a tuple of distinct strings."""
    if isinstance(class_names, str):
        raise DataError(
            f"class_names={class_names!r}",
            expected="a sequence of names",
            mend=f"class_names=({class_names!r},)",
        )
    names = tuple(str(name) for name in class_names)
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise DataError(f"class names given twice: {', '.join(twice)}", expected="distinct names", mend="rename them")
    return names


def _check_axes(array: NDArray[np.generic]) -> None:
    if array.ndim == 2 and array.shape[1] > 1 and is_one_hot(array):
        raise DataError(
            f"one-hot labels of shape {array.shape}",
            expected="class numbers of shape (N,)",
            mend="labels.argmax(axis=1)",
        )
    if array.dtype.kind != "f":
        raise DataError(
            f"labels of shape {array.shape}",
            expected="class numbers of shape (N,)",
            mend="labels.reshape(-1) if the second axis has length 1; label maps belong into masks=",
        )


def is_one_hot(array: NDArray[np.generic]) -> bool:
    """Say whether every row of (N, k) holds a single 1 and zeros."""
    ones, zeros = array == 1, array == 0
    return bool((ones | zeros).all() and (ones.sum(axis=1) == 1).all())


def _check_range(labels: NDArray[np.int64], names: tuple[str, ...]) -> None:
    low, high = int(labels.min()), int(labels.max())
    if low < 0:
        raise DataError(
            f"a negative label ({low}) at index {int(labels.argmin())}",
            expected="class numbers from 0",
            mend="number the classes from 0, and drop images without a label",
        )
    if names and high >= len(names):
        raise DataError(
            f"label {high} at index {int(labels.argmax())} with {len(names)} class names",
            expected=f"labels from 0 to {len(names) - 1}",
            mend="subtract 1 if the labels count from 1, or complete class_names",
        )


def checked_boxes(boxes: ArrayLike | None, n: int) -> NDArray[np.float32] | None:
    """Return boxes (x1, y1, x2, y2) in pixels as float32 (N, 4)."""
    if boxes is None:
        return None
    array = np.ascontiguousarray(boxes, dtype=np.float32)
    if array.shape != (n, 4):
        raise DataError(
            f"{n} images and boxes of shape {array.shape}",
            expected=f"shape ({n}, 4): x1, y1, x2, y2 in pixels",
            mend="give one box per image",
        )
    if not np.isfinite(array).all() or (array[:, 2:] < array[:, :2]).any():
        bad = ~np.isfinite(array).all(axis=1) | (array[:, 2:] < array[:, :2]).any(axis=1)
        raise DataError(
            f"a box that is no box at index {int(bad.argmax())}: {array[bad.argmax()].tolist()}",
            expected="x1 <= x2 and y1 <= y2",
            mend="convert (x, y, width, height) to (x, y, x + width, y + height)",
        )
    return array


def checked_masks(masks: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.integer] | None:
    """Return masks (N, H, W) as uint8 or int64, the class of every pixel (0 is the background)."""
    if masks is None:
        return None
    array = np.asarray(masks)
    if array.shape != shape[:3] or array.dtype.kind not in "iub":
        raise DataError(
            f"masks of shape {array.shape} and dtype {array.dtype} for images of shape {shape}",
            expected=f"whole numbers of shape {shape[:3]}",
            mend="masks.argmax(axis=-1) if they are one-hot, masks[..., 0] if they have a channel axis",
        )
    kind = np.uint8 if array.dtype in (np.bool_, np.uint8) else np.int64
    return np.ascontiguousarray(array, dtype=kind)
