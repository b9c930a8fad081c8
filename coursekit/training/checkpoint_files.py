"""Checkpoint files: safetensors and JSON in a folder that appears whole or not at all.

    runs/a/step-00000120/arrays.safetensors     every array, little-endian, no code
    runs/a/step-00000120/state.json             the rest, with the checksums of both

A checkpoint is written under a temporary name, flushed to the disk and renamed: a process killed at any moment leaves
either the old state of affairs or the new. What a disk or a copy did to it afterwards is found by the checksums.
Nothing whole is ever replaced: a second checkpoint of the same step (one within the epoch, one at its end) gets a name
of its own, ``step-0000000120-02``, that sorts after the first.
"""

from __future__ import annotations

import contextlib
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
# The checksum closes the text, so that reading and writing need not agree on how values are put into words.
SEAL, END = ', "sha256": "', '"}'


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
    final = _free_name(folder, step)
    temporary = folder / f".{final.name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        temporary.mkdir()
        save_file({name: np.asarray(array, order="C") for name, array in arrays.items()}, temporary / ARRAYS)
        _flush(temporary / ARRAYS)
        body = {"format": FORMAT, "arrays_sha256": _digest(temporary / ARRAYS), "state": dict(state)}
        _write_sealed(temporary / STATE, body)
        _flush(temporary)
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
        body = _unsealed((path / STATE).read_text("utf-8"))
        if body["arrays_sha256"] != _digest(path / ARRAYS):
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


def step_of(path: Path) -> int:
    """Return the step a checkpoint belongs to, from its name; -1 for a name that is not ours."""
    digits = path.name.removeprefix(PREFIX).split("-")[0]
    return int(digits) if digits.isdecimal() else -1


def is_whole(path: Path) -> bool:
    """Tell whether a checkpoint can be read."""
    try:
        read(path)
    except CheckpointError:
        return False
    return True


def set_aside(path: Path) -> None:
    """Take a checkpoint that a resumed run passed over out of the run's way; nothing of it is lost."""
    aside = path.with_name(f"passed-over-{path.name}")
    if aside.exists():
        aside = aside.with_name(f"{aside.name}.{uuid.uuid4().hex[:8]}")
    with contextlib.suppress(OSError):
        path.rename(aside)


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
        _write_sealed(temporary, values)
        temporary.replace(path)
        _flush(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_small(path: Path) -> dict[str, Any]:
    """Read such a file; an absent or damaged one is empty."""
    try:
        return _unsealed(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _free_name(folder: Path, step: int) -> Path:
    name = f"{PREFIX}{step:010d}"
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number:02d}"
    return path


def _damaged(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"checkpoint {path} is damaged ({why})",
        expected="the files as they were written",
        mend="use the checkpoint before it; resume=True does so by itself",
    )


def _write_sealed(path: Path, values: Mapping[str, Any]) -> None:
    """Write JSON whose last entry is the checksum of the text without it."""
    text = json.dumps(values)
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{text[:-1]}{SEAL}{hashlib.sha256(text.encode()).hexdigest()}{END}")
        file.flush()
        os.fsync(file.fileno())


def _unsealed(text: str) -> dict[str, Any]:
    body, _, checksum = text.removesuffix(END).rpartition(SEAL)
    body += "}"
    if not text.endswith(END) or hashlib.sha256(body.encode()).hexdigest() != checksum:
        raise ValueError("its checksum does not match")
    values: dict[str, Any] = json.loads(body)
    return values


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
