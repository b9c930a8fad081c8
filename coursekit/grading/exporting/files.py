"""Files that are there whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from coursekit import _whole_files
from coursekit.errors import GradingError


def write_whole(path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    """Write a file beside its place and move it there, so that nobody ever reads half of it.

    Args:
        path: of the file; its folders are made.
        text: what it holds.
        encoding: of the text.

    Raises:
        GradingError: it cannot be written; what was there is still there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _whole_files.write_whole(path, text.encode(encoding))
    except (OSError, LookupError, UnicodeEncodeError) as error:
        raise GradingError(
            f"{path} cannot be written ({error})",
            expected="a path that can be",
            mend="check its rights and the space left",
        ) from error
    return path


def as_csv(rows: Iterable[Iterable[str]]) -> str:
    """Rows as CSV (RFC 4180) with every cell in quotes, so that nothing in one is taken for a separator."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue()
