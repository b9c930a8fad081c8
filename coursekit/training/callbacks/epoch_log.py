"""EpochLog: the base of loggers that keep a file with one row per epoch."""

from __future__ import annotations

import os
import warnings
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from coursekit._whole_files import write_whole
from coursekit.backends.base import Arrays
from coursekit.errors import CoursekitWarning
from coursekit.training.callback import Callback
from coursekit.training.history import History
from coursekit.training.state import TrainState

Row = dict[str, Any]


class EpochLog(Callback):
    """Write a row per epoch, and be right after every resume.

    The history is the truth and the file its picture: a row is appended and flushed when an epoch ends; when a run is
    resumed, its rows are written anew from the history, so that neither rows of epochs that will be done again nor
    half a row from a killed process remain. A row that cannot be written (a full disk) costs a warning and is written
    with the next one.

    Args:
        path: the file; its folder is made where there is none.
        append: keep the rows of earlier runs in the file; otherwise a new run replaces them.
    """

    order: ClassVar[int] = 50

    def __init__(self, path: str | os.PathLike[str], *, append: bool = False) -> None:
        self.path, self.append = Path(path), append
        self._rows_before = 0
        self._told = False
        self._behind = False

    @abstractmethod
    def _read(self) -> list[Row]:
        """The rows of the file, up to one that is damaged."""

    @abstractmethod
    def _text(self, rows: Sequence[Row]) -> str:
        """A whole file with these rows."""

    @abstractmethod
    def _line(self, row: Row) -> str | None:
        """The text that adds a row to the file as it is; None where it must be written anew."""

    def on_train_begin(self, state: TrainState) -> None:
        """Begin the file; or, when the run is resumed, bring it to where the run is."""
        if not state.is_main:
            return
        rows = self._read() if self.path.exists() else []
        if state.step == 0 or not self._told:  # a new run, or one that had no such logger when it was saved
            self._rows_before = len(rows) if self.append else 0
        self._told = False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._write(rows[: self._rows_before] + _rows(state.history))

    def on_epoch_end(self, state: TrainState) -> None:
        """Add the epoch's row."""
        if not state.is_main:
            return
        rows = _rows(state.history)
        line = None if self._behind else self._line(rows[-1])
        self._behind = True  # until the row is whole
        try:
            if line is None:
                self._write(self._read()[: self._rows_before] + rows)
            else:
                with self.path.open("a", encoding="utf-8", newline="") as file:
                    file.write(line)
            self._behind = False
        except OSError as error:
            warnings.warn(
                f"epoch {state.epoch} could not be written to {self.path} ({error}); the run goes on, and the row will "
                "be written with the next one",
                CoursekitWarning,
                stacklevel=2,
            )

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """How many rows in the file are not this run's."""
        return {}, {"rows_before": self._rows_before}

    def set_state(self, arrays: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        """Know this run's rows again."""
        del arrays
        self._rows_before, self._told = extra["rows_before"], True

    def _write(self, rows: Sequence[Row]) -> None:
        # As a whole: a process that is killed now leaves the old file.
        write_whole(self.path, self._text(rows).encode())


def _rows(history: History) -> list[Row]:
    return [
        {"epoch": epoch, **{name: values[position] for name, values in history.items()}}
        for position, epoch in enumerate(history.epochs)
    ]
