"""Models as files: safetensors in the canonical layout, one file for both frameworks.

The header says which architecture and arguments the weights belong to, and holds a SHA-256 over these and all
arrays: a file that was cut short or changed in a single bit is refused. Nothing in a file is ever executed.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from coursekit._whole_files import write_whole
from coursekit.errors import CheckpointError, ConfigurationError, CoursekitError, ModelError

from .catalog import from_spec
from .conversion import described
from .initialization import Weights
from .spec import ModelSpec, checked_framework
from .weights import set_weights

FORMAT = "coursekit.model"
FORMAT_VERSION = "1"


def save(model: Any, path: str | os.PathLike[str]) -> Path:
    """Write a model to one file; ``path`` holds either the old file or the whole new one at every moment.

    Args:
        model: built by ``coursekit.models`` in either framework.
        path: of the file, usually ``*.safetensors``; its folder is made if need be.

    Returns:
        The path.

    Raises:
        ModelError: a model that was not built by ``coursekit.models``.
        CheckpointError: the file could not be written; an older one under that name is untouched.
    """
    from safetensors.numpy import save as serialized

    spec, weights = described(model)
    metadata = {"format": FORMAT, "version": FORMAT_VERSION, "spec": spec.to_json()}
    metadata["sha256"] = checksum(metadata["spec"], weights)
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, serialized(dict(weights), metadata))
    except OSError as error:
        raise CheckpointError(
            f"{target} could not be written ({error})",
            mend="free space, or choose another folder",
        ) from error
    return target


def load(path: str | os.PathLike[str], framework: str) -> Any:
    """Build the model of a file in either framework, whichever one saved it.

    Args:
        path: of a file that :func:`save` wrote.
        framework: "torch" or "tensorflow" ("keras" is the same).

    Raises:
        CheckpointError: no such file, a damaged one, or one of another kind or a newer version.
        ConfigurationError: an unknown framework.
        MissingExtraError: the framework is not installed.
    """
    framework = checked_framework(framework)
    spec, weights = read(path)
    try:
        model = from_spec(spec, framework)
        set_weights(model, weights)
    except (ConfigurationError, ModelError) as error:
        raise _unfit(path, f"holds no model that this version can build ({error.given})") from error
    return model


def read(path: str | os.PathLike[str]) -> tuple[ModelSpec, Weights]:
    """Read a file of :func:`save` without any framework.

    Returns:
        The model's specification and its canonical weights.

    Raises:
        CheckpointError: as :func:`load`.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(os.fspath(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise _unfit(path, "is not a model file of coursekit")
            if metadata.get("version") != FORMAT_VERSION:
                raise _unfit(path, f"has format version {metadata.get('version')}, not {FORMAT_VERSION}")
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping: only keys()
    except FileNotFoundError as error:
        raise CheckpointError(f"{os.fspath(path)} does not exist", mend="save(model, path) writes it") from error
    except (SafetensorError, OSError) as error:
        raise _unfit(path, f"cannot be read ({error})") from error
    if metadata.get("sha256") != checksum(metadata.get("spec", ""), weights):
        raise _unfit(path, "is damaged: its checksum differs")
    try:
        return ModelSpec.from_json(metadata["spec"]), weights
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unfit(path, "does not say which model it holds") from error


def checksum(spec: str, weights: Weights) -> str:
    """SHA-256 over the specification and every array's name, type, shape and little-endian bytes."""
    digest = hashlib.sha256(spec.encode())
    for name in sorted(weights):
        array = weights[name]
        digest.update(f"\n{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _unfit(path: str | os.PathLike[str], what: str) -> CoursekitError:
    return CheckpointError(
        f"{os.fspath(path)} {what}",
        expected="a whole file written by coursekit.models.save",
        mend="save the model again, or use an older file",
    )
