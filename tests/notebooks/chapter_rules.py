"""What a chapter's notebook must keep to: each rule a function from a notebook to what breaks it, in words."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Cell = dict[str, Any]
Notebook = dict[str, Any]

LINES, WIDTH, WORDS, BYTES, COMPARED = 12, 100, 80, 3_000_000, 12
CHECKED = "# NBVAL_CHECK_OUTPUT"
# A space of names (w3.org, purl.org), or a page worth reading: nothing that is fetched.
HOSTS = {
    "arxiv.org", "creativecommons.org", "doi.org", "docs.pytorch.org", "jupyter.org", "keras.io", "matplotlib.org",
    "numpy.org", "proceedings.mlr.press", "purl.org", "pytorch.org", "scikit-learn.org", "www.tensorflow.org",
    "www.w3.org",
}  # fmt: skip
_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|work|tmp|usr|Users|opt|mnt|var|private)/\w|\b[A-Z]:\\\w|site-packages")
_HOST = re.compile(r"\b(?:https?|ftp|git)://([^/\s\"'<>)\]:]+)|\b(localhost|\d+\.\d+\.\d+\.\d+):\d+")
_TORCH, _TENSORFLOW = {"torch", "nn", "F"}, {"tf", "tensorflow", "keras"}


def read(path: Path) -> Notebook:
    """A notebook, its sources and its texts of outputs as one string each."""
    book: Notebook = json.loads(path.read_text("utf-8"))
    for cell in book["cells"]:
        cell["source"] = "".join(cell["source"])
    return book


def code(book: Notebook) -> list[Cell]:
    """The code cells."""
    return [cell for cell in book["cells"] if cell["cell_type"] == "code"]


def notes(book: Notebook) -> list[Cell]:
    """The markdown cells."""
    return [cell for cell in book["cells"] if cell["cell_type"] == "markdown"]


def tags(cell: Cell) -> list[str]:
    """The tags of a cell."""
    return list(cell["metadata"].get("tags", []))


def words(text: str) -> int:
    """How many words a note has; the bars of a table and signs that stand alone are none."""
    return len(re.findall(r"\S*\w\S*", text))


def texts(cell: Cell) -> Iterator[str]:
    """What a cell shows as text, one output after the other; images are left out."""
    for output in cell.get("outputs", []):
        yield "".join(output.get("text", ""))
        for kind, value in output.get("data", {}).items():
            if not kind.startswith("image/") or kind == "image/svg+xml":
                yield "".join(value) if isinstance(value, list) else str(value)


def headings(book: Notebook) -> list[str]:
    """Every heading as it reads: without its number, code marks and anchors."""
    found = [line for cell in notes(book) for line in re.findall(r"^#{1,4} +(.+?) *#*$", cell["source"], re.M)]
    return [re.sub(r"^\d+(\.\d+)*\.? +", "", line.replace("`", "")) for line in found]


def sections(book: Notebook) -> Iterator[tuple[str, str, list[Cell]]]:
    """Heading of the second level, why the frameworks are not compared in it (mostly ""), the code cells under it."""
    title, apart, cells = "", "the opening", []
    for cell in book["cells"]:
        found = re.search(r"^## +(.+)$", cell["source"], re.M) if cell["cell_type"] == "markdown" else None
        if found:
            yield title, apart, cells
            title, cells = found[1], []
            apart = cell["metadata"].get("coursekit", {}).get("apart", "")
        elif cell["cell_type"] == "code":
            cells.append(cell)
    yield title, apart, cells


def ids(book: Notebook) -> Iterator[str]:
    """Ids are words that say what a cell is for, each used once: exercises, links and tests rest on them."""
    seen: set[str] = set()
    for place, cell in enumerate(book["cells"]):
        name = cell.get("id", "")
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]+)?", name):
            yield f"cell {place} has the id {name!r}: no readable words"
        if name in seen:
            yield f"{name}: the id of two cells"
        seen.add(name)


def lengths(book: Notebook) -> Iterator[str]:
    """Short cells and short notes; the tag ``long`` needs a reason, and a cell that is long."""
    for cell in book["cells"]:
        long = ""
        if cell["cell_type"] == "code":
            lines = cell["source"].splitlines()
            if len(lines) > LINES:
                long = f"{len(lines)} lines"
            if (widest := max(map(len, lines), default=0)) > WIDTH:
                yield f"{cell['id']}: a line of {widest} characters"
        elif words(cell["source"]) > WORDS:
            long = f"{words(cell['source'])} words"
        reason = cell["metadata"].get("coursekit", {}).get("reason", "")
        if long and "long" not in tags(cell):
            yield f"{cell['id']}: {long}"
        if long and "long" in tags(cell) and not (isinstance(reason, str) and words(reason) >= 3):
            yield f"{cell['id']}: {long}, tagged long, and no reason in metadata.coursekit.reason"
        if not long and ("long" in tags(cell) or reason):
            yield f"{cell['id']}: an exception that it does not need"


def saved(book: Notebook) -> Iterator[str]:
    """Saved as it was run from top to bottom: outputs, no error, nothing on stderr."""
    for count, cell in enumerate((cell for cell in code(book) if cell["source"].strip()), 1):
        if cell["execution_count"] != count:
            yield f"{cell['id']}: saved as execution {cell['execution_count']}, where a run from the top makes {count}"
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                yield f"{cell['id']}: saved with the error {output['ename']}"
            if output.get("name") == "stderr":
                yield f"{cell['id']}: noise on stderr: {''.join(output['text'])[:80]!r}"
    if not any(cell["outputs"] for cell in code(book)):
        yield "no cell has an output"


def widgets(book: Notebook) -> Iterator[str]:
    """No widget is saved, only the picture in its place: of a saved one JupyterLab says "model not found"."""
    if "widgets" in book["metadata"]:
        yield "metadata.widgets: the state of widgets"
    for cell in code(book):
        for output in cell["outputs"]:
            if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
                yield f"{cell['id']}: a widget, and not only its picture; scripts/tidy_notebook.py takes it out"


def places(book: Notebook) -> Iterator[str]:
    """Nothing of the machine on which it was written: no paths, no addresses but those of pages worth reading."""
    for cell in book["cells"]:
        for text in (cell["source"], *texts(cell)):
            for found in _PATH.finditer(text):
                yield f"{cell['id']}: a path of some machine: {text[found.start() : found.end() + 30]!r}"
            for found in _HOST.finditer(text):
                if (host := found[1] or found[2]) not in HOSTS:
                    yield f"{cell['id']}: an address at {host}"


def links(book: Notebook, folder: Path) -> Iterator[str]:
    """Every link to a file leads to one."""
    for cell in notes(book):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", cell["source"]):
            if not re.match(r"[a-z]+:", target) and not (folder / target).exists():
                yield f"{cell['id']}: a link to {target}, which is not there"


def compared(book: Notebook) -> Iterator[str]:
    """Key results are compared at each run: text, and enough of them."""
    found = [cell for cell in code(book) if cell["source"].startswith(CHECKED)]
    if len(found) < COMPARED:
        yield f"only {len(found)} cells begin with {CHECKED}"
    for cell in found:
        if not "".join(texts(cell)).strip():
            yield f"{cell['id']}: compared, and prints nothing"
        if any("<svg" in text for text in texts(cell)) or any(
            kind.startswith("image/") for output in cell["outputs"] for kind in output.get("data", {})
        ):
            yield f"{cell['id']}: a figure is compared"
    for cell in code(book):
        if "NBVAL_CHECK" in cell["source"] and cell not in found:
            yield f"{cell['id']}: {CHECKED} is not its first line"


def helpers(book: Notebook) -> Iterator[str]:
    """Figures come from coursekit, and nothing is installed or hidden."""
    for cell in code(book):
        if re.search(r"\b(matplotlib|pyplot|plt)\b", cell["source"]):
            yield f"{cell['id']}: raw matplotlib"
        if re.search(r"^\s*[!%]", cell["source"], re.M):
            yield f"{cell['id']}: a magic or a shell command"
        if re.search(r"filterwarnings|simplefilter\(.ignore|redirect_stderr", cell["source"]):
            yield f"{cell['id']}: hides warnings"


def frameworks(cell: Cell) -> set[str]:
    """Which of the two a code cell computes with; to import one, or to print its version, is not yet to use it."""
    tree = ast.parse(cell["source"])
    versions = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "__version__"
    }
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in versions}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    named |= texts & {"torch", "tensorflow"}
    return {name for name, of in (("torch", _TORCH), ("tensorflow", _TENSORFLOW)) if named & of}


def parity(book: Notebook) -> Iterator[str]:
    """A section with both frameworks has a cell, tagged ``parity``, that asserts how well they agree.

    Where nothing is computed in both of them, the section's heading says so: a reason in ``metadata.coursekit.apart``.
    """
    for title, apart, cells in sections(book):
        used = set[str]().union(*map(frameworks, cells))
        asserting = [cell for cell in cells if "parity" in tags(cell)]
        if len(used) == 2 and not asserting and words(apart) < 2:
            yield f"{title}: both frameworks, and no cell tagged parity"
        for cell in asserting:
            if not re.search(r"\bassert(_allclose|_equal|_array_equal)?\b", cell["source"]):
                yield f"{cell['id']}: tagged parity, and asserts nothing"
            elif not re.search(r"[ar]tol|_tol\b|tolerance|<|==|equal", cell["source"]):
                yield f"{cell['id']}: tagged parity, and asserts no agreement"


def questions(book: Notebook) -> Iterator[str]:
    """Five to eight questions, and guesses before runs."""
    source = "\n".join(cell["source"] for cell in code(book))
    if not 5 <= (count := len(re.findall(r"\bquiz\(", source))) <= 8:
        yield f"{count} questions"
    if not re.search(r"\bpredict\(", source):
        yield "nothing is predicted"
