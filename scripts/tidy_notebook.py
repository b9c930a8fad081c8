"""Make an executed chapter fit to be shared: ``python scripts/tidy_notebook.py notebooks/1*.ipynb``.

A widget that was saved lives no longer: in its place JupyterLab shows "model not found", and not the picture that was
saved beside it. So only the picture stays; a run brings the widget back.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"


def tidy(book: dict[str, Any]) -> dict[str, Any]:
    """Take out, in place, what belongs to the run and not to the chapter; the notebook again."""
    book["metadata"].pop("widgets", None)
    for cell in book["cells"]:
        cell["metadata"].pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if len(data) > 1:
                data.pop(VIEW, None)
            output.get("metadata", {}).pop(VIEW, None)
    return book


def main() -> None:
    """Tidy each file named on the command line."""
    for path in map(Path, sys.argv[1:]):
        book = tidy(json.loads(path.read_text("utf-8")))
        path.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
