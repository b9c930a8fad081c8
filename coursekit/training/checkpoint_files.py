"""Checkpoint files: safetensors and JSON in a folder that appears whole or not at all.

    runs/a/step-00000120/arrays.safetensors     every array, little-endian, no code
    runs/a/step-00000120/state.json             the rest, with the checksums of both

A checkpoint is written under a temporary name, flushed to the disk and renamed: a process killed at any moment leaves
either the old state of affairs or the new. What a disk or a copy did to it afterwards is found by the checksums.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from coursekit.errors import CheckpointError

FORMAT = 1
ARRAYS, STATE = "arrays.safetensors", "state.json"
PREFIX = "step-"


def write(folder: Path, step: int, arrays: Mapping[str, Any], state: Mapping[str, Any]) -> Path:
    """Write a checkpoint.

    Args:
        folder: the run's folder; made if it is missing.
        step: the optimizer step it belongs to, which names it.
        arrays: name -> array.
        state: plain JSON values.

    Returns:
        The checkpoint's own folder.

    Raises:
        OSError: the disk is full, or the folder cannot be written; nothing that was there before is touched.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"{PREFIX}{step:010d}"
    temporary = folder / f".{final.name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        temporary.mkdir()
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, temporary / ARRAYS)
        _flush(temporary / ARRAYS)
        body = {"format": FORMAT, "arrays_sha256": _digest(temporary / ARRAYS), "state": dict(state)}
        _write_json(temporary / STATE, body | {"sha256": _json_digest(body)})
        _flush(temporary)
        if final.exists():  # a damaged one, passed over by the run that now comes by again
            final.rename(folder / f".{final.name}.{uuid.uuid4().hex[:8]}.old.tmp")
        temporary.rename(final)
        _flush(folder)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if type(error).__name__ == "SafetensorError":  # how its Rust half reports a full disk
            raise OSError(str(error)) from error
        raise
    return final


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a checkpoint and check it.

    Args:
        path: the checkpoint's own folder.

    Returns:
        The arrays and the state.

    Raises:
        CheckpointError: a file is missing, truncated or altered, or of a later format.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        body = json.loads((path / STATE).read_text("utf-8"))
        wanted = body.pop("sha256")
        if wanted != _json_digest(body) or body["arrays_sha256"] != _digest(path / ARRAYS):
            raise _damaged(path, "its checksum does not match")
        if body["format"] != FORMAT:
            raise CheckpointError(
                f"checkpoint {path} of format {body['format']}",
                expected=f"format {FORMAT}",
                mend="read it with the version of coursekit that wrote it",
            )
        return load_file(path / ARRAYS), body["state"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        # ValueError covers JSON and UTF-8; the others, JSON that is valid and not ours.
        if isinstance(error, CheckpointError):
            raise
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def list_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of a run, oldest first; they may be damaged."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name.startswith(PREFIX) and path.is_dir())


def remove(path: Path) -> None:
    """Remove a checkpoint; half a checkpoint never has a checkpoint's name."""
    going = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.old.tmp")
    try:
        path.rename(going)
    except OSError:
        return
    shutil.rmtree(going, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what killed processes left under temporary names."""
    if folder.is_dir():
        for path in folder.glob(".*.tmp"):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def write_small(path: Path, values: Mapping[str, Any]) -> None:
    """Replace a small JSON file in one move."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        _write_json(temporary, values)
        temporary.replace(path)
        _flush(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_small(path: Path) -> dict[str, Any]:
    """Read such a file; an absent or unreadable one is empty."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _damaged(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"checkpoint {path} is damaged ({why})",
        expected="the files as they were written",
        mend="use the checkpoint before it; resume=True does so by itself",
    )


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())


def _json_digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows cannot open a folder, and needs no such flush
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
