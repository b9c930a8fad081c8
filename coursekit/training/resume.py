"""What a run is made of, as arrays and JSON: taken by checkpoints, given back by ``fit(resume=True)``."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coursekit.backends.base import Backend
from coursekit.data import ArrayDataset
from coursekit.errors import CheckpointError, CheckpointWarning
from coursekit.training import checkpoint_files as files
from coursekit.training.history import History
from coursekit.training.loop import Run

PARTS = ("backend", "callbacks", "meter")


def capture(run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything the rest of the run depends on. The loader needs no state: its order follows from seed and epoch."""
    state = run.state
    arrays: dict[str, Any] = {}
    backend_arrays, backend = run.backend.get_state()
    callback_arrays, callbacks = run.callbacks.get_state()
    meter_arrays = state.meter.get_state() if state.in_epoch else {}
    for part, own in zip(PARTS, (backend_arrays, callback_arrays, meter_arrays), strict=True):
        arrays |= {f"{part}/{name}": array for name, array in own.items()}
    return arrays, {
        "identity": run.identity,
        "epoch": state.epoch,
        "step": state.step,
        "epoch_step": state.epoch_step,
        "in_epoch": state.in_epoch,
        "stop_reason": state.stop_reason,
        "base_rate": state.base_rate,
        "last_rate": state.last_rate,
        "epochs_before": run.epochs_before,
        "logs": state.logs,
        "history": state.history.to_json(),
        "backend": backend,
        "callbacks": callbacks,
    }


def restore(run: Run, arrays: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Put a run where ``capture`` found it.

    Raises:
        CheckpointError: the checkpoint is of another model, other data or other settings; nothing is changed then.
    """
    _check_identity(values["identity"], run.identity)
    state = run.state
    own = {part: {n[len(part) + 1 :]: a for n, a in arrays.items() if n.startswith(part + "/")} for part in PARTS}
    run.backend.set_state(own["backend"], values["backend"])
    run.callbacks.set_state(own["callbacks"], values["callbacks"])
    if values["in_epoch"]:
        state.meter.set_state(own["meter"])
    for name in ("epoch", "step", "epoch_step", "in_epoch", "stop_reason", "base_rate", "last_rate", "logs"):
        setattr(state, name, values[name])
    run.epochs_before = values["epochs_before"]
    state.history = History.from_json(values["history"])


def load_newest(folder: Path) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Read the newest checkpoint that is whole; None where there is no checkpoint at all.

    Raises:
        CheckpointError: there are checkpoints, and all of them are damaged.
    """
    candidates = files.list_checkpoints(folder)
    for path in reversed(candidates):
        try:
            return files.read(path)
        except CheckpointError as error:
            warnings.warn(f"{error} It is passed over.", CheckpointWarning, stacklevel=4)
    if candidates:
        raise CheckpointError(
            f"all {len(candidates)} checkpoints in {folder} are damaged",
            expected="at least one that is whole",
            mend="start anew with resume=False; the folder is then kept under another name",
        )
    return None


def find_newest(backend: Backend, folders: Sequence[Path]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Read the newest whole checkpoint in any of the folders; None where all are empty.

    Raises:
        CheckpointError: all checkpoints of a folder are damaged, or processes of one run find different ones.
    """
    found = [one for folder in folders if (one := load_newest(folder)) is not None]
    newest = max(found, key=lambda one: (one[1]["step"], not one[1]["in_epoch"]), default=None)
    if backend.world > 1:
        step = -1.0 if newest is None else float(newest[1]["step"])
        steps, squares = backend.all_reduce(np.array([step, step * step]))
        if squares * backend.world != steps * steps:
            raise CheckpointError(
                f"process {backend.rank} of {backend.world} finds "
                + ("no checkpoint" if newest is None else f"a checkpoint of step {step:.0f}")
                + ", and the others something else",
                expected="one folder that all processes see",
                mend="put it on a file system that all machines share",
            )
    return newest


def identity(backend: Any, train: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same for a run to go on: model, data, and the settings that decide every number."""
    shapes = sorted((name, list(array.shape)) for name, array in backend.get_weights().items())
    return {
        "framework": backend.name,
        "model": hashlib.sha256(repr(shapes).encode()).hexdigest()[:16],
        "parameters": sum(math.prod(shape) for _, shape in shapes),
        "data": _data_identity(train),
        **settings,
    }


def _data_identity(train: Any) -> str | None:
    if not isinstance(train, ArrayDataset):
        return None  # a stream cannot be known before it is gone through
    digest = hashlib.sha256(train.fingerprints.tobytes())
    digest.update(train.labels.tobytes())
    return digest.hexdigest()[:16]


_WHAT = {
    "framework": "framework",
    "model": "model",
    "parameters": "number of parameters",
    "data": "training data",
}


def _check_identity(saved: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    differing = [name for name in current if saved.get(name) != current[name]]
    if differing:
        details = "; ".join(
            f"another {_WHAT.get(name, name)}: the checkpoint has {saved.get(name)!r}, this run {current[name]!r}"
            for name in differing
        )
        raise CheckpointError(
            f"the checkpoint is of a different run: {details}",
            expected="the same model, training data and settings as when the run began",
            mend="restore them, or start anew with resume=False (the old checkpoints are kept under another name)",
        )
