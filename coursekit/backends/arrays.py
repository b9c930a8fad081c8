"""What all backends do with named arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.errors import ModelError


def check_arrays(arrays: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that arrays fit a model, before any of them is written.

    Args:
        arrays: name -> array.
        shapes: the model's own names and shapes.

    Raises:
        ModelError: names or shapes that are not the model's; all of them are listed.
    """
    faults = [f"no {name}" for name in shapes if name not in arrays]
    faults += [f"{name}, which the model has not" for name in arrays if name not in shapes]
    for name, shape in shapes.items():
        if name in arrays and np.shape(arrays[name]) != tuple(shape):
            faults.append(f"{name} of shape {np.shape(arrays[name])} for {tuple(shape)}")
    if faults:
        raise ModelError(
            "weights that do not fit the model: " + "; ".join(faults),
            expected="its own names and shapes",
            mend="use weights of a model that was built alike",
        )


def under(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the arrays whose names begin with ``prefix``, without it."""
    return {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}
