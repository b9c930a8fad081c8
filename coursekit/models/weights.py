"""One weight layout for both frameworks: names, shapes and orders of PyTorch, arrays of NumPy.

The canonical layout is ``dict[str, float32 array]``: "layer1.0.conv1.weight" is OIHW, "head.weight" is (out,
in) with the columns of a flattened map in C, H, W order, "stem.bn.running_mean" and "stem.bn.running_var" are
batch norm's.

The two frameworks do not *move* the running variance alike: PyTorch adds the unbiased variance of a batch to
it, Keras the biased one. What has been learnt converts exactly; training on from there differs by n / (n - 1)
in that update, where n counts the batch's pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit._frameworks import framework_of
from coursekit.errors import ModelError

from .initialization import Weights


@dataclass(frozen=True)
class WeightSlot:
    """One array of a model: where it is, and how it is read and written in the canonical layout.

    Attributes:
        name: canonical name.
        shape: canonical shape.
        trainable: whether an optimizer moves it (frozen weights and running statistics are not).
        read: returns a copy, float32.
        write: takes a float32 array of ``shape``.
    """

    name: str
    shape: tuple[int, ...]
    trainable: bool
    read: Callable[[], NDArray[np.float32]]
    write: Callable[[NDArray[np.float32]], None]


def unwrapped(model: Any) -> Any:
    """The model itself, without DistributedDataParallel or ``torch.compile`` around it."""
    if framework_of(model) == "tensorflow":
        return model
    from . import layout_pytorch

    return layout_pytorch.unwrapped(model)


def weight_slots(model: Any) -> dict[str, WeightSlot]:
    """Return canonical name -> slot for a model of either framework.

    Raises:
        ModelError: a model of neither framework, or a Keras layer whose weights have no place in the layout.
    """
    if framework_of(model) == "tensorflow":
        from . import layout_tensorflow

        return layout_tensorflow.slots(model)
    from . import layout_pytorch

    return layout_pytorch.slots(layout_pytorch.unwrapped(model))


def get_weights(model: Any) -> Weights:
    """Copy a model's weights into the canonical layout.

    Args:
        model: ``torch.nn.Module`` or ``keras.Model``; weights of any floating-point type, on any device.

    Returns:
        canonical name -> float32 array; changing it does not change the model.

    Raises:
        ModelError: as :func:`weight_slots`.
    """
    return {name: slot.read() for name, slot in weight_slots(model).items()}


def set_weights(model: Any, weights: Mapping[str, Any]) -> None:
    """Write canonical weights into a model, in place. All of them, or after an error none.

    Args:
        model: ``torch.nn.Module`` or ``keras.Model``.
        weights: canonical name -> array of real numbers; exactly the model's names and shapes.

    Raises:
        ModelError: names missing or left over, shapes that differ, arrays that are not of real numbers; all
            are listed.
    """
    slots = weight_slots(model)
    shapes = {name: slot.shape for name, slot in slots.items()}
    arrays = checked_weights(weights, shapes)
    for name, slot in slots.items():
        slot.write(arrays[name])


def checked_weights(weights: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> Weights:
    """Return ``weights`` as float32 arrays once names and shapes are exactly those of ``shapes``.

    Raises:
        ModelError: as :func:`set_weights`.
    """
    found = {name: np.asarray(array) for name, array in weights.items()}
    faults = [f"missing {name} {shape}" for name, shape in shapes.items() if name not in found]
    faults += [f"unexpected {name} {array.shape}" for name, array in found.items() if name not in shapes]
    for name, shape in shapes.items():
        if name in found and found[name].shape != shape:
            faults.append(f"{name} has shape {found[name].shape} for {shape}")
        elif name in found and found[name].dtype.kind not in "fiu":
            faults.append(f"{name} has dtype {found[name].dtype}")
    if faults:
        raise ModelError(
            "weights that do not fit the model: " + "; ".join(faults),
            expected=f"the model's own {len(shapes)} names and shapes",
            mend="use weights of the same architecture and arguments (input shape, classes, width, blocks)",
        )
    return {name: np.ascontiguousarray(found[name], dtype=np.float32) for name in shapes}
