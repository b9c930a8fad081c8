"""What is looked at before the first step, so that a mistake costs a message and not an epoch."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

import numpy as np

from coursekit import losses
from coursekit.backends.base import Backend
from coursekit.data import ArrayDataset, DataSplits
from coursekit.errors import ConfigurationError, CoursekitError, DataError, DataWarning, ModelError


def check_numbers(**arguments: Any) -> None:
    """Check the numeric arguments of Trainer and fit, by name.

    Raises:
        ConfigurationError: a rate that is not positive and finite, a count that is not a positive integer.
    """
    for name, value in arguments.items():
        if value is None and name in ("learning_rate", "clip_norm", "seed"):
            continue
        if name in ("learning_rate", "clip_norm"):
            good = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not good or not (math.isfinite(value) and value > 0):
                raise ConfigurationError(
                    f"{name}={value!r}",
                    expected="a positive number",
                    mend="try 1e-3 for Adam, 1e-2 for SGD" if name == "learning_rate" else "1.0 is a usual choice",
                )
        elif isinstance(value, bool) or not isinstance(value, int | np.integer) or (name != "seed" and value < 1):
            raise ConfigurationError(
                f"{name}={value!r}",
                expected="an integer" if name == "seed" else "a positive integer",
                mend=f"write {name}=1 or more",
            )


def as_dataset(data: Any, role: str) -> Any:
    """Return data as the engine takes them: arrays (images, labels) become an ArrayDataset, all else stays.

    Raises:
        DataError: all three splits at once, or nothing.
    """
    if isinstance(data, DataSplits):
        raise DataError(
            f"all three splits as {role} data",
            expected="one of them",
            mend="write data.train, data.validation or data.test",
        )
    if data is None:
        raise DataError(f"None as {role} data", expected="a data set", mend='data = coursekit.data.load("digits")')
    if isinstance(data, tuple) and len(data) == 2 and all(isinstance(part, np.ndarray) for part in data):
        return ArrayDataset(*data)
    if isinstance(data, np.ndarray):
        raise DataError(
            f"an array of shape {data.shape} as {role} data",
            expected="images together with their labels",
            mend="give the pair (images, labels), or an ArrayDataset",
        )
    return data


def check_batch_size(dataset: ArrayDataset, batch_size: int) -> None:
    """Check a training set against the batch size.

    Raises:
        DataError: a batch larger than the set: every step would see all of it, and never what was asked for.
    """
    if batch_size > len(dataset):
        raise DataError(
            f"batch_size={batch_size} for {len(dataset)} training images",
            expected="a batch no larger than the training set",
            mend=f"use batch_size={len(dataset)} or less",
        )


# Framework losses on class numbers, by name: a head that is too narrow fails in them by an index error, or not at all.
_ON_CLASS_NUMBERS = ("CrossEntropyLoss", "NLLLoss", "cross_entropy", "nll_loss", "SparseCategoricalCrossentropy")


def check_fit(
    backend: Backend, dataset: ArrayDataset, loss: Any, spec: losses.Loss | None, targets: Any, *, learnt: bool
) -> None:
    """Show the model one image and hold its output against the labels.

    Args:
        backend: owns the model.
        dataset: what is to be learnt or judged.
        loss: as the user gave it.
        spec: the same as a ``coursekit.losses`` object, where it is one.
        targets: the labels or masks of the data set.
        learnt: whether the model is to learn from them, and not only to be judged.

    Raises:
        ModelError: the model cannot take these images, or its head is too narrow for the classes.
        DataError: targets that the loss cannot use.
    """
    shape = probe(backend, dataset.images)
    on_classes = _on_class_numbers(loss) if spec is None else spec.target_kind == "class_index"
    classes = dataset.num_classes if on_classes and len(shape) == 2 else 0
    if classes and 1 < shape[1] < classes:
        raise _narrow(shape[1], classes)
    _check_targets((len(dataset), *shape[1:]), targets, spec)
    if learnt and classes and shape[1] > classes:
        warnings.warn(
            f"the model has {shape[1]} outputs for {classes} classes: {shape[1] - classes} of them learn never to "
            f"be chosen. num_classes={classes} fits the data.",
            DataWarning,
            stacklevel=4,
        )


def _on_class_numbers(loss: Any) -> bool:
    return getattr(loss, "__name__", type(loss).__name__) in _ON_CLASS_NUMBERS


def _check_targets(shape: tuple[int, ...], targets: Any, spec: losses.Loss | None) -> None:
    if spec is None:
        return
    if spec.target_kind == "same_shape" and math.prod(shape) == np.size(targets):
        targets = np.reshape(targets, shape)  # (n, 1) outputs on (n,) labels are meant so
    spec.check(shape, targets)


def probe(backend: Backend, images: Any) -> tuple[int, ...]:
    """Return the shape of the model's output for the first of images (n, H, W, C), class axis last.

    Raises:
        ModelError: the model raised on it, or gave something that is no array.
    """
    height, width, channels = images.shape[1:]
    try:
        with backend.evaluating():
            outputs = backend.predict(images[:1])
    except CoursekitError:
        raise
    except Exception as error:
        swapped = channels not in (1, 3, 4) and (height in (1, 3, 4) or width in (1, 3, 4))
        raise ModelError(
            f"the model raised on one image of height {height}, width {width} and {channels} channels: "
            f"{type(error).__name__}: {_short(error)}",
            expected="a model for images of this size",
            mend="give NumPy batches channels last, images.transpose(0, 2, 3, 1), and PyTorch tensors channels first"
            if swapped
            else f"build it with input_shape={(height, width, channels)}",
        ) from error
    return tuple(outputs.shape)


def _short(error: Exception) -> str:
    """The first sentences of an error: TensorFlow's go on with the stack of the graph, screen after screen."""
    text = re.sub(r"\x1b\[\d*m", "", str(error)).partition("Stack trace")[0]
    return " ".join(text.split())[:400]


def _narrow(width: int, classes: int) -> ModelError:
    return ModelError(
        f"a model with {width} outputs for {classes} classes",
        expected=f"{classes} outputs, one per class",
        mend=f"build it with num_classes={classes}, or replace its last layer",
    )


def check_overlap(train: Any, validation: Any) -> None:
    """Warn where validation images are also training images: their figures would flatter."""
    if not (isinstance(train, ArrayDataset) and isinstance(validation, ArrayDataset)):
        return
    if train.input_shape != validation.input_shape:
        raise DataError(
            f"validation images of shape {validation.input_shape} beside training images of {train.input_shape}",
            expected="the same shape",
            mend="prepare both sets alike",
        )
    shared = int(np.isin(validation.fingerprints, train.fingerprints).sum())
    if shared:
        warnings.warn(
            f"{shared} of {len(validation)} validation images are also in the training set: validation figures will be "
            "too good. coursekit.data.find_leaks(train, validation) shows which.",
            DataWarning,
            stacklevel=4,
        )


def check_first_batch(backend: Backend, loss: Any, spec: losses.Loss | None, images: Any, targets: Any) -> None:
    """Look at the first batch of a stream, which cannot be checked as a whole, and show the model its first image.

    Raises:
        DataError: no images, NaN in them, a different number of targets, or targets that the loss cannot use.
        ModelError: the model cannot take these images, or its head is too narrow for these labels.
    """
    values, labels = _as_array(images), _as_array(targets)
    if values.ndim != 4 or len(values) == 0 or labels.ndim == 0 or len(values) != len(labels):
        raise DataError(
            f"a batch with images of shape {values.shape} and targets of shape {labels.shape}",
            expected="images with four axes, and one target per image",
            mend="let each batch be a pair (images, labels)",
        )
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise DataError(
            "NaN or infinity in the images of the first batch",
            expected="finite numbers",
            mend="look for a division by a standard deviation of 0, or a damaged file",
        )
    if values.dtype.kind in "iu" or high > 20:
        warnings.warn(
            f"images with values from {low:g} to {high:g}, dtype {values.dtype}: networks expect about -3 to 3. "
            "Divide by 255.",
            DataWarning,
            stacklevel=4,
        )
    if hasattr(images, "detach"):  # PyTorch's own layout
        values, labels = np.moveaxis(values, 1, -1), np.moveaxis(labels, 1, -1) if labels.ndim == 4 else labels
    shape = probe(backend, values)
    on_classes = _on_class_numbers(loss) if spec is None else spec.target_kind == "class_index"
    if on_classes and len(shape) == 2 and labels.ndim == 1 and 1 < shape[1] <= labels.max():
        raise _narrow(shape[1], int(labels.max()) + 1)
    _check_targets((len(values), *shape[1:]), labels, spec)


def _as_array(batch: Any) -> Any:
    if hasattr(batch, "detach"):  # a tensor of PyTorch, which may lie on a GPU and be of a dtype that NumPy lacks
        batch = batch.detach().cpu()
        batch = batch.float() if batch.is_floating_point() else batch
    return np.asarray(batch)
