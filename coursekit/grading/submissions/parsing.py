"""From a file's bytes to cells: whatever the bytes are, and whatever stands where something else was expected."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from coursekit.grading.results import Flag

from .bounds import Bounds, RefusedError
from .cells import normal

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LONGEST_INTEGER: Final = 300


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook.

    Args:
        number: in the notebook, from 1, as people count.
        kind: ``"code"``, ``"markdown"``, ``"raw"``, or whatever else stood there as text, or nothing.
        source: with ``\\n`` as line end; None where it is no text.
        grade_id: nbgrader's; empty without, as the others.
        own_id: the cell's own.
        marks: coursekit's: an exercise's id, and the cell's role in it.
    """

    number: int
    kind: str
    source: str | None
    grade_id: str
    own_id: str
    marks: tuple[str, str]


@dataclass
class Notebook:
    """What could be read of a notebook.

    Args:
        cells: in their order; what was no cell is left out, and flagged.
        name: of the released notebook that it says it is; empty where it does not say.
        flags: of the whole file.
    """

    cells: list[Cell] = field(default_factory=list)
    name: str = ""
    flags: list[Flag] = field(default_factory=list)

    def flag(self, kind: str, text: str) -> None:
        """Add a flag."""
        self.flags.append(Flag(kind=kind, text=text))


def parse(data: bytes, bounds: Bounds) -> Notebook:
    """Read a notebook.

    Args:
        data: the file.
        bounds: of its size in memory.

    Raises:
        RefusedError: it is no notebook, and says why. Nothing else is raised.
    """
    notebook = Notebook()
    content = _json(_text(data, notebook), bounds, notebook)
    if not isinstance(content, dict):
        raise RefusedError(f"not a notebook: its JSON is {_kind(content)}, not an object")
    version = content.get("nbformat")
    cells = content.get("cells")
    if not isinstance(cells, list) and isinstance(content.get("worksheets"), list):
        sheets = [sheet.get("cells") for sheet in content["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise RefusedError("not a notebook: it has no list of cells")
    if len(cells) > bounds.cells:
        raise RefusedError(f"{len(cells):,} cells, and {bounds.cells:,} are read")
    if type(version) is not int or version != 4:
        told = f"{version}" if type(version) is int and abs(version) < 1000 else _kind(version)
        notebook.flag(
            "format", f"The notebook's format is not 4 but {told}; its cells were read as far as they can be."
        )
    notebook.name = _text_at(content, "metadata", "coursekit", "notebook")
    notebook.cells = [_cell(number, cell) for number, cell in enumerate(cells, 1) if isinstance(cell, dict)]
    odd = len(cells) - len(notebook.cells) + sum(cell.source is None for cell in notebook.cells)
    if odd:
        notebook.flag("malformed", f"{odd} of {len(cells)} cells are no cells, or their source is no text.")
    return notebook


def _text(data: bytes, notebook: Notebook) -> str:
    if data.startswith(b"PK\x03\x04"):
        raise RefusedError("not a notebook but a zip archive")
    if not data.strip():
        raise RefusedError("an empty file")
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        notebook.flag("encoding", "The file has bytes that are no UTF-8; they were replaced by U+FFFD.")
    else:
        if not encoding.startswith("utf-8"):
            notebook.flag("encoding", f"The file is written in {encoding.upper()}, not in UTF-8.")
    return text.removeprefix(codecs.BOM_UTF8.decode("utf-8"))


def _json(text: str, bounds: Bounds, notebook: Notebook) -> Any:
    # Before anything is made of it: an empty list takes 60 bytes of memory for 3 of the file.
    if text.count("[") + text.count("{") > bounds.values:
        raise RefusedError(f"more than {bounds.values:,} lists and objects")
    twice: list[bool] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) != len(pairs) and not twice:
            twice.append(True)
        return built

    try:
        content = json.loads(text, object_pairs_hook=build, parse_int=_integer)
    except RecursionError:
        raise RefusedError("not a notebook: lists inside lists without end") from None
    except json.JSONDecodeError as error:
        raise RefusedError(f"not JSON ({error.msg}, line {error.lineno}, column {error.colno})") from None
    if twice:
        notebook.flag("duplicate-keys", "An object in the file has a key twice; the last one counts, as in Jupyter.")
    return content


def _integer(digits: str) -> int:
    # Python refuses to read integers of more than 4,300 digits, by an error that says nothing about the file.
    return int(digits) if len(digits) <= _LONGEST_INTEGER else 0


def _cell(number: int, cell: dict[str, Any]) -> Cell:
    kind = cell.get("cell_type")
    source = _source(cell.get("source", cell.get("input", "")))
    return Cell(
        number=number,
        kind=kind if isinstance(kind, str) else "",
        source=source,
        grade_id=_text_at(cell, "metadata", "nbgrader", "grade_id"),
        own_id=_text_at(cell, "id"),
        marks=(_text_at(cell, "metadata", "coursekit", "exercise"), _text_at(cell, "metadata", "coursekit", "role")),
    )


def _source(value: Any) -> str | None:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    # A surrogate alone is no character: it could be neither stored nor compiled.
    return normal(_SURROGATE.sub("\ufffd", value)) if isinstance(value, str) else None


def _text_at(value: Any, *keys: str) -> str:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")
