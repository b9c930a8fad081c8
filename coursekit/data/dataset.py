"""ArrayDataset: images and labels in memory, checked once. DataSplits: the three sets of an experiment."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from coursekit.data import _checks
from coursekit.data._fingerprint import fingerprints
from coursekit.errors import DataError

Selection = slice | NDArray[np.integer] | NDArray[np.bool_] | list[int]


@dataclass(frozen=True, eq=False, repr=False)
class ArrayDataset:
    """Images with their labels, in memory, in the one layout used everywhere.

    Arrays that already have the right dtype and layout are kept, not copied; change them in place and the
    data set changes with them. Values are never scaled: uint8 images become float32 with the *same*
    values 0..255, and a DataWarning says to divide by 255.

    Args:
        images: (N, H, W, C) float32, meant to be in [0, 1]. Other numeric dtypes are converted.
        labels: (N,) int64 class numbers from 0. Floating point labels (N,) or (N, k) without class names
            are taken as targets of a regression.
        class_names: one name per class; left out, they are "0", "1", ...
        name: what the set is called in reports.
        boxes: (N, 4) float32, one box per image: x1, y1, x2, y2 in pixels, x2 and y2 exclusive.
        masks: (N, H, W) uint8 or int64, the class of every pixel.
        true_labels: (N,) int64, the labels before label noise, where a source knows them.

    Raises:
        DataError: an empty set, channels first, lengths that differ, NaN, one-hot labels, labels out of
            range, dtypes that are no numbers. Each message says how to mend it.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64] | NDArray[np.float32]
    class_names: tuple[str, ...] = ()
    name: str = ""
    boxes: NDArray[np.float32] | None = None
    masks: NDArray[np.integer] | None = None
    true_labels: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Check everything, and convert what can be converted without guessing."""
        images = _checks.checked_images(self.images)
        labels, names = _checks.checked_labels(self.labels, len(images), self.class_names)
        self._set(images, labels, names)
        object.__setattr__(self, "boxes", _checks.checked_boxes(self.boxes, len(images)))
        object.__setattr__(self, "masks", _checks.checked_masks(self.masks, images.shape))
        if self.true_labels is not None:
            truth, _ = _checks.checked_labels(self.true_labels, len(images), names)
            object.__setattr__(self, "true_labels", truth)

    def _set(self, images: NDArray[np.float32], labels: NDArray[np.generic], names: tuple[str, ...]) -> None:
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "class_names", names)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    @overload
    def __getitem__(self, index: Selection) -> ArrayDataset: ...
    @overload
    def __getitem__(self, index: int | np.integer) -> tuple[NDArray[np.float32], NDArray[np.generic]]: ...
    def __getitem__(
        self, index: Selection | int | np.integer
    ) -> ArrayDataset | tuple[NDArray[np.float32], NDArray[np.generic]]:
        """Select images.

        Args:
            index: a slice (shares memory), an array of indices or a boolean array (copies) gives an
                ArrayDataset. One integer gives the pair (image (H, W, C), label), as a torch DataLoader asks.

        Raises:
            DataError: nothing selected, or an array that is no index.
            IndexError: an index beyond the last image.
        """
        if isinstance(index, slice):
            return self._take(index)
        selection = np.asarray(index)
        if selection.ndim == 0 and selection.dtype.kind in "iu":
            one = operator.index(selection.item())
            label: NDArray[np.generic] = self.labels[one]
            return self.images[one], label
        if selection.ndim != 1 or (selection.size and selection.dtype.kind not in "iub"):
            raise DataError(
                f"an index of shape {selection.shape} and dtype {selection.dtype}",
                expected="a slice, one integer, a 1-D array of integers or a boolean array",
                mend="np.flatnonzero(condition) gives the indices where a condition holds",
            )
        if selection.dtype.kind == "b":
            if len(selection) != len(self):
                raise DataError(
                    f"a boolean index of length {len(selection)} for {len(self)} images",
                    expected="one value per image",
                    mend="compute it from this data set's own labels",
                )
            selection = np.flatnonzero(selection)
        return self._take(selection.astype(np.intp, copy=False))

    def _take(self, index: slice | NDArray[np.intp]) -> ArrayDataset:
        # What was checked once stays right in every selection, so that a batch costs no second check.
        images = self.images[index]
        if len(images) == 0:
            raise DataError(
                f"a selection of no image out of {len(self)}",
                expected="at least one image",
                mend="check the condition or the bounds of the slice",
            )
        chosen = object.__new__(ArrayDataset)
        chosen._set(np.ascontiguousarray(images), np.ascontiguousarray(self.labels[index]), self.class_names)
        object.__setattr__(chosen, "name", self.name)
        for field in ("boxes", "masks", "true_labels"):
            values = getattr(self, field)
            object.__setattr__(chosen, field, None if values is None else np.ascontiguousarray(values[index]))
        if "fingerprints" in self.__dict__:
            chosen.__dict__["fingerprints"] = self.fingerprints[index]
        return chosen

    def __iter__(self) -> Iterator[tuple[NDArray[np.float32], NDArray[np.generic]]]:
        """Go through the pairs (image, label)."""
        return zip(self.images, self.labels, strict=True)

    def __repr__(self) -> str:
        """Name, size and kind on one line."""
        height, width, channels = self.input_shape
        kind = f"{self.num_classes} classes" if self.class_names else "regression"
        more = "".join(f", {field}" for field in ("boxes", "masks") if getattr(self, field) is not None)
        title = f"{self.name!r}, " if self.name else ""
        return f"ArrayDataset({title}{len(self)} images {height}x{width}x{channels}, {kind}{more})"

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        _, height, width, channels = self.images.shape
        return height, width, channels

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 for regression."""
        return len(self.class_names)

    @property
    def is_classification(self) -> bool:
        """Whether labels are class numbers."""
        return bool(self.class_names)

    def class_labels(self) -> NDArray[np.int64]:
        """Return the labels as class numbers, (N,) int64; a DataError for a regression."""
        if not self.class_names:
            raise DataError(
                f"labels of dtype {self.labels.dtype}, which are the targets of a regression",
                expected="class numbers",
                mend="build the ArrayDataset with whole-number labels",
            )
        return self.labels.astype(np.int64, copy=False)

    def class_counts(self) -> NDArray[np.int64]:
        """Count the images of every class: (num_classes,) int64, zeros included."""
        return np.bincount(self.class_labels(), minlength=self.num_classes).astype(np.int64, copy=False)

    @cached_property
    def fingerprints(self) -> NDArray[np.uint64]:
        """One uint64 per image, computed once: equal for equal images, almost surely different for others."""
        return fingerprints(self.images)


@dataclass(frozen=True, eq=False)
class DataSplits:
    """The three sets of an experiment: fit on train, choose on validation, report on test.

    Args:
        train: learnt from.
        validation: used to choose (early stopping, learning rates, models).
        test: used once, at the end.
        name: what the data are called in reports.

    Raises:
        DataError: sets whose images differ in shape or whose classes differ.
    """

    train: ArrayDataset
    validation: ArrayDataset
    test: ArrayDataset
    name: str = ""

    def __post_init__(self) -> None:
        """Check that the three sets belong together."""
        for title, split in (("validation", self.validation), ("test", self.test)):
            if split.input_shape != self.train.input_shape:
                raise DataError(
                    f"train images {self.train.input_shape} and {title} images {split.input_shape}",
                    expected="the same height, width and channels in all three sets",
                    mend="resize all images before splitting",
                )
            if split.class_names != self.train.class_names:
                raise DataError(
                    f"train classes {self.train.class_names} and {title} classes {split.class_names}",
                    expected="the same class names in the same order",
                    mend="number the classes once, over all data, before splitting",
                )

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        return self.train.input_shape

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name per class."""
        return self.train.class_names

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.train.num_classes

    def __iter__(self) -> Iterator[ArrayDataset]:
        """Unpack as ``train, validation, test = splits``."""
        return iter((self.train, self.validation, self.test))
