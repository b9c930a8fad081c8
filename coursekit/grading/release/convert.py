"""From a notebook with solutions to the one that learners get: a pure function of plain data.

The rules are nbgrader's (https://nbgrader.readthedocs.io, "Creating and grading assignments"), so that its
``generate_assignment`` makes the same cells of the same source: regions between ``BEGIN SOLUTION`` and ``END SOLUTION``
become the stub, at the indentation of the first marker; hidden tests and mark schemes go; what a student must not
change is locked; every marked cell carries a checksum.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from coursekit.errors import GradingError

from .marks import FORMAT, points_of

CODE_STUB: Final = "raise NotImplementedError"
TEXT_STUB: Final = "YOUR ANSWER HERE"
_KERNEL: Final = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# The rest of a cell's metadata belongs to the editor that wrote it: run times, folded outputs, selections.
_KEPT_METADATA: Final = ("nbgrader", "tags")
_KEPT_MARKS: Final = ("exercise", "role")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def release_notebook(source: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Make the released notebook of one with solutions.

    Args:
        source: a notebook of format 4 as plain data; it is not changed.
        name: of the notebook, without ``.ipynb``.

    Returns:
        A notebook of format 4.5; the same for the same source, whoever ran it and when.

    Raises:
        GradingError: a marker without its other half, a marker in a cell of another kind, a solution cell without
            markers, a ``grade_id`` that is missing or there twice, or no notebook of format 4.
    """
    if source.get("nbformat") != 4:
        raise GradingError(
            f"{name}: a notebook of format {source.get('nbformat')}",
            expected="format 4",
            mend="save it again in Jupyter",
        )
    kept = [cell for cell in source["cells"] if cell.get("metadata", {}).get("coursekit", {}).get("role") != "author"]
    cells = [_cell(cell, f"{name}, cell {number}") for number, cell in enumerate(kept, 1)]
    _name_cells(cells, name)
    return {
        "cells": cells,
        "metadata": {
            "coursekit": {"format": FORMAT, "notebook": name},
            "kernelspec": dict(_KERNEL),
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def notebook_text(notebook: Mapping[str, Any]) -> str:
    """A notebook as it stands in a file: keys sorted, sources by lines, as Jupyter writes it."""
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    return json.dumps({**notebook, "cells": cells}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def replace_regions(source: str, what: str, stub: str | None, where: str) -> tuple[str, list[str]]:
    """Replace every region of a source.

    Args:
        source: of a cell.
        what: ``"SOLUTION"``: a region lies between lines that hold ``BEGIN SOLUTION`` and ``END SOLUTION``.
        stub: what stands in its place, indented as its first marker is; None for nothing.
        where: names the cell in errors.

    Returns:
        The source without the regions, and the regions.

    Raises:
        GradingError: a marker without its other half.
    """
    kept: list[str] = []
    regions: list[str] = []
    inside: list[str] | None = None
    for line in source.split("\n"):
        begins, ends = f"BEGIN {what}" in line, f"END {what}" in line
        if begins if inside is not None else ends:
            raise _half(f"BEGIN {what}" if begins else f"END {what}", what, where)
        if begins:
            inside = []
            indent = line[: len(line) - len(line.lstrip())]
            kept += [(indent + part).rstrip() for part in stub.split("\n")] if stub is not None else []
        elif ends and inside is not None:
            regions.append("\n".join(inside))
            inside = None
        else:
            (kept if inside is None else inside).append(line)
    if inside is not None:
        raise _half(f"BEGIN {what}", what, where)
    return "\n".join(kept), regions


def checksum(cell: Mapping[str, Any]) -> str:
    """nbgrader's checksum of a marked cell: MD5 of what must stay as it is (``nbgrader.utils.compute_checksum``)."""
    marks = cell["metadata"]["nbgrader"]
    grade, solution = bool(marks.get("grade")), bool(marks.get("solution"))
    locked = not solution and (grade or bool(marks.get("locked")))
    parts = [cell["source"], cell["cell_type"], str(grade), str(solution), str(locked), marks["grade_id"]]
    parts += [str(float(marks["points"]))] if grade else []
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _cell(cell: Mapping[str, Any], where: str) -> dict[str, Any]:
    given = cell.get("metadata", {})
    marks, ours = dict(given.get("nbgrader", {})), given.get("coursekit", {})
    where = f"{where} ({marks['grade_id']})" if marks.get("grade_id") else where
    code = cell["cell_type"] == "code"
    metadata: dict[str, Any] = {key: given[key] for key in _KEPT_METADATA if given.get(key)}
    if ours:
        metadata["coursekit"] = {key: ours[key] for key in _KEPT_MARKS if key in ours}
    released: dict[str, Any] = {
        "cell_type": cell["cell_type"],
        "id": cell.get("id", ""),
        "metadata": metadata,
        "source": _released_source(cell, marks, ours.get("stub", CODE_STUB if code else TEXT_STUB), where),
    }
    if code:
        released |= {"execution_count": None, "outputs": []}
    if cell.get("attachments"):
        released["attachments"] = cell["attachments"]
    if marks.get("grade") or marks.get("solution") or marks.get("locked"):
        if not marks.get("grade_id"):
            raise GradingError(
                f"{where}: a marked cell without grade_id",
                expected="a name in its nbgrader metadata",
                mend='give it one, such as "ex-14-1-check"',
            )
        if marks.get("grade"):
            points_of(marks, where)
        metadata["deletable"] = False
        if not marks.get("solution"):
            metadata["editable"] = False
        metadata["nbgrader"] = {**marks, "cell_type": cell["cell_type"]}
        metadata["nbgrader"]["checksum"] = checksum(released)
    return released


def _released_source(cell: Mapping[str, Any], marks: Mapping[str, Any], stub: str, where: str) -> str:
    text: str = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    text, solutions = replace_regions(text, "SOLUTION", stub, where)
    text, tests = replace_regions(text, "HIDDEN TESTS", None, where)
    text, schemes = replace_regions(text, "MARK SCHEME", None, where)
    solution, grade, task = (bool(marks.get(key)) for key in ("solution", "grade", "task"))
    for regions, right, what, kind in (
        (solutions, solution, "solution", "solution"),
        (tests, grade, "hidden tests", "check"),
        (schemes, task, "a mark scheme", "task"),
    ):
        if regions and not right:
            raise GradingError(
                f"{where}: {what} in a cell that is no {kind} cell",
                expected=f"{what} in cells whose nbgrader metadata says so",
                mend=f"move the region, or mark the cell as a {kind} cell",
            )
    if solution and not solutions:
        raise GradingError(
            f"{where}: a solution cell without markers",
            expected="### BEGIN SOLUTION and ### END SOLUTION around what learners write",
            mend="add the two lines; without them the whole solution would be released",
        )
    return text


def _name_cells(cells: list[dict[str, Any]], name: str) -> None:
    """Give every cell an id: its grade_id, else its own, else one by its place."""
    graded = [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if "checksum" in _marks(cell)]
    twice = sorted({one for one in graded if graded.count(one) > 1})
    if twice:
        raise GradingError(
            f"{name}: grade_id {', '.join(twice)} more than once",
            expected="a grade_id of its own for every marked cell",
            mend="delete the copies",
        )
    taken = set(graded)
    for number, cell in enumerate(cells, 1):
        if "checksum" in _marks(cell):
            cell["id"] = _marks(cell)["grade_id"]
        elif cell["id"] in taken or not _ID.fullmatch(cell["id"]):
            cell["id"] = f"cell-{number}"
        if not _ID.fullmatch(cell["id"]):
            raise GradingError(
                f"{name}: grade_id {cell['id']!r}",
                expected="up to 64 letters, digits, - and _",
                mend="rename it: it is the cell's id, too",
            )
        taken.add(cell["id"])


def _marks(cell: Mapping[str, Any]) -> dict[str, Any]:
    marks: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return marks


def _half(marker: str, what: str, where: str) -> GradingError:
    return GradingError(
        f"{where}: {marker} without its other half",
        expected=f"regions that begin with ### BEGIN {what}, end with ### END {what}, and hold no other",
        mend="add the marker that is missing",
    )
