"""Reports as JSON."""

from __future__ import annotations

import json

from coursekit.grading.report import Report


def dumps(report: Report) -> str:
    """One line of JSON, keys in a fixed order."""
    return json.dumps(report.to_dict(), ensure_ascii=False, allow_nan=False)


def loads(line: str) -> Report:
    """Read what ``dumps`` wrote.

    Raises:
        ValueError: anything else.
    """
    try:
        return Report.from_dict(json.loads(line))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a report: {error}") from error
