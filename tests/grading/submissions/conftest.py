"""The corpus of tests/attacks/notebooks is a package of its own, under a name that no other can have."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

NAME = "hostile_notebooks"

if NAME not in sys.modules:
    folder = Path(__file__).parents[2] / "attacks" / "notebooks"
    spec = importlib.util.spec_from_file_location(
        NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[NAME])
