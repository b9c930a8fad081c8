"""A course folder for nbgrader: ``source/`` and ``release/``, an assignment for each notebook, and its configuration.

nbgrader is not needed to write it. From there on it goes nbgrader's own way: ``nbgrader generate_assignment --force``
tells its gradebook of the assignment and writes the same released cells once more, ``nbgrader autograde`` takes the
points that each check cell returns.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from .convert import CODE_STUB, TEXT_STUB, notebook_text
from .drafting import write_atomically
from .release import prepare
from .released import load_notebook

CONFIGURATION: Final = f"""\
# Written by coursekit, once; yours from then on.
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "coursekit"
# The stub of coursekit's exercises: nbgrader then releases the same cells as coursekit does.
c.ClearSolutions.code_stub = {{"python": {CODE_STUB!r}}}
c.ClearSolutions.text_stub = {TEXT_STUB!r}
# Importing a framework takes longer than nbgrader's 30 seconds on a busy machine.
c.Execute.timeout = 300
"""


def nbgrader_layout(solutions: Path, course: Path, *, only: Iterable[str] | None = None) -> list[Path]:
    """Write assignments into a course folder of nbgrader's.

    Args:
        solutions: folder of the notebooks with solutions.
        course: the course folder; its ``nbgrader_config.py`` is written where there is none, and never changed.
        only: names of notebooks; all by default.

    Returns:
        The notebooks that were written: ``source/NAME/NAME.ipynb`` and ``release/NAME/NAME.ipynb`` for each.

    Raises:
        GradingError: a notebook that cannot be released.
    """
    wanted = None if only is None else set(only)
    paths = [path for path in sorted(solutions.glob("*.ipynb")) if wanted is None or path.stem in wanted]
    files: dict[Path, str] = {}
    for path in paths:
        released = prepare(path)
        place = Path(path.stem, path.name)
        files[course / "source" / place] = _source_text(path, released["metadata"])
        files[course / "release" / place] = notebook_text(released)
    for target, text in files.items():
        write_atomically(target, text.encode())
    if not (course / "nbgrader_config.py").exists():
        write_atomically(course / "nbgrader_config.py", CONFIGURATION.encode())
    return list(files)


def _source_text(path: Path, metadata: dict[str, Any]) -> str:
    """A notebook with solutions, without what only its authors see: nbgrader would release that."""
    notebook = load_notebook(path)
    kept = [cell for cell in notebook["cells"] if cell["metadata"].get("coursekit", {}).get("role") != "author"]
    for cell in kept:
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
    return notebook_text({"cells": kept, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
