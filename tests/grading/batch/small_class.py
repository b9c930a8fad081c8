"""A small class of 13.1, written by hand, so that every student is one case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NAME = "13_losses_and_optimizers"
RELEASED = Path(__file__).parents[3] / "exercises"


def write_notebook(folder: Path, student: str, code: str | None, *, name: str = NAME) -> Path:
    """Hand in a notebook with this code for 13.1; None takes the cell away."""
    notebook: dict[str, Any] = json.loads((RELEASED / f"{name}.ipynb").read_text("utf-8"))
    mark = {"exercise": "13.1", "role": "solution"}
    notebook["cells"] = [
        cell for cell in notebook["cells"] if code is not None or cell["metadata"].get("coursekit") != mark
    ]
    for cell in notebook["cells"]:
        if cell["metadata"].get("coursekit") == mark:
            cell["source"] = code
    path = folder / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), "utf-8")
    return path
