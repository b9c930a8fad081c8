"""What both sides of the sandbox know of each other."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import coursekit

ENTRY: Final = "coursekit.grading.observing:enter"
"""What runs a student's code: ``"module:function"``, called with a job's items, returns bytes."""


def package_folder() -> Path:
    """The folder of the coursekit that is running."""
    return Path(coursekit.__file__).parent
