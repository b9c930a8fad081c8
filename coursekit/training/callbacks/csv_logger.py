"""CSVLogger: the figures of each epoch as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from coursekit.training.callbacks.epoch_log import EpochLog, Row


class CSVLogger(EpochLog):
    """Write a CSV file with one row per epoch: "epoch", then every figure under its name.

    Numbers are written so that they read back bit for bit; NaN is ``nan``. A figure that a row does not have (earlier
    runs may have had others) is empty. On a resume no row is lost and none is there twice.

    Args:
        path: the file; its folder is made where there is none.
        append: keep the rows of earlier runs in the file; otherwise a new run replaces them.
    """

    def _read(self) -> list[Row]:
        with self.path.open(encoding="utf-8", newline="") as file:
            rows: list[Row] = list(csv.DictReader(file))
        return [{name: value for name, value in row.items() if value not in ("", None)} for row in rows]

    def _text(self, rows: Sequence[Row]) -> str:
        self._columns = list(dict.fromkeys(name for row in rows for name in row))
        text = io.StringIO(newline="")
        if self._columns:
            csv.writer(text, lineterminator="\n").writerow(self._columns)
        return text.getvalue() + "".join(self._joined(row) for row in rows)

    def _line(self, row: Row) -> str | None:
        return self._joined(row) if set(row) <= set(self._columns) else None

    def _joined(self, row: Row) -> str:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerow([row.get(name, "") for name in self._columns])
        return text.getvalue()
