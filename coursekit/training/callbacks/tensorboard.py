"""TensorBoard: the figures of a run as event files."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from time import time
from typing import Any, ClassVar

from coursekit._frameworks import installed, missing_extra, require
from coursekit.training.callback import Callback
from coursekit.training.state import TrainState


class TensorBoard(Callback):
    """Write event files for ``tensorboard --logdir <log_dir>``; neither framework is needed for it.

    ``training`` and ``validation`` below the folder hold one value per epoch under the same names, so that their curves
    share a panel; ``steps`` holds loss and learning rate of every optimizer step. All of it is written when an epoch
    ends. A new or resumed run tells TensorBoard to forget what the folder has from there on.

    Args:
        log_dir: the run's own folder.
        per_step: write ``steps``, too.

    Raises:
        MissingExtraError: tensorboard is not installed.
    """

    order: ClassVar[int] = 50

    def __init__(self, log_dir: str | os.PathLike[str], *, per_step: bool = True) -> None:
        if not installed("tensorboard"):
            raise missing_extra("tensorboard")
        self.log_dir, self.per_step = Path(log_dir), per_step
        self._files: dict[str, EventFile] = {}
        self._steps_written = 0

    def on_train_begin(self, state: TrainState) -> None:
        """Open new files from where the run is."""
        self._files = {}
        self._steps_written = len(state.history.steps["loss"])

    def on_epoch_end(self, state: TrainState) -> None:
        """Write the epoch, and its steps."""
        if not state.is_main:
            return
        parts: dict[str, dict[str, float]] = {"training": {}, "validation": {}}
        for name, value in state.logs.items():
            parts["validation" if name.startswith("val_") else "training"][name.removeprefix("val_")] = value
        for part, values in parts.items():
            if values:
                self._file(part, state.epoch).add({state.epoch: values})
        if self.per_step:
            first, losses = self._steps_written, state.history.steps["loss"]
            rates = state.history.steps["learning_rate"]
            self._file("steps", first + 1).add(
                {step + 1: {"loss": losses[step], "learning_rate": rates[step]} for step in range(first, len(losses))}
            )
            self._steps_written = len(losses)

    def _file(self, part: str, begins: int) -> EventFile:
        if part not in self._files:
            self._files[part] = EventFile(self.log_dir / part, begins)
        return self._files[part]


class EventFile:
    """One event file, opened for each addition, so that there is nothing to close.

    Args:
        folder: where it lies; made where there is none.
        begins: values of this step and later ones in older files of the folder are no longer shown.
    """

    def __init__(self, folder: Path, begins: int) -> None:
        self._event = require("tensorboard.compat.proto.event_pb2")
        self._summary = require("tensorboard.compat.proto.summary_pb2").Summary
        # Not EventFileWriter: it would import TensorFlow wherever that is installed.
        self._record_writer = require("tensorboard.summary.writer.record_writer").RecordWriter
        folder.mkdir(parents=True, exist_ok=True)
        now = time()
        # TensorBoard reads the files of a folder in the order of their names.
        self.path = folder / f"events.out.tfevents.{now:017.6f}.{socket.gethostname()}.{os.getpid()}"
        start = self._event.SessionLog(status=self._event.SessionLog.START)
        self._write(
            [
                self._event.Event(wall_time=now, file_version="brain.Event:2"),
                self._event.Event(wall_time=now, step=begins, session_log=start),
            ]
        )

    def add(self, values: Mapping[int, Mapping[str, float]]) -> None:
        """Write scalars: step -> tag -> value."""
        now = time()
        self._write(
            [
                self._event.Event(
                    wall_time=now,
                    step=step,
                    summary=self._summary(
                        value=[self._summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
                    ),
                )
                for step, scalars in values.items()
            ]
        )

    def _write(self, events: list[Any]) -> None:
        with self.path.open("ab") as file:
            writer = self._record_writer(file)
            for event in events:
                writer.write(event.SerializeToString())
