"""JSONLogger: the figures of each epoch as a line of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from coursekit.training.callbacks.epoch_log import EpochLog, Row


class JSONLogger(EpochLog):
    """Write a file of JSON lines, one object per epoch: ``{"epoch": 1, "loss": 0.5, ...}``.

    Numbers are written so that they read back bit for bit. JSON has no NaN and no infinity: both become null. On a
    resume no line is lost and none is there twice.

    Args:
        path: the file; its folder is made where there is none.
        append: keep the lines of earlier runs in the file; otherwise a new run replaces them.
    """

    def _read(self) -> list[Row]:
        rows: list[Row] = []
        for line in self.path.read_text("utf-8").splitlines():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                break  # half a line of a process that was killed; only the last one can be
        return rows

    def _text(self, rows: Sequence[Row]) -> str:
        return "".join(self._line(row) for row in rows)

    def _line(self, row: Row) -> str:
        values = {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in row.items()}
        return json.dumps(values, allow_nan=False) + "\n"
