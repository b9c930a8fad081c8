"""A student's cell as plain Python: what only a notebook understands is taken out, and every line keeps its number.

IPython's own transformation would make *calls* of magics and shell escapes. Here they become ``pass`` and a comment: a
harmless ``%matplotlib inline`` or ``!pip list`` costs no points, and nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .lexing import Lexer
from .names import shown

TRANSPARENT: Final = frozenset({"capture", "lprun", "matplotlib", "memit", "mprun", "prun", "time", "timeit"})
"""Cell magics whose body is Python that runs in the notebook's namespace, or nearly."""

_QUIET: Final = TRANSPARENT | {
    "autoreload", "config", "history", "load_ext", "lsmagic", "pdb", "pinfo", "pip", "pylab", "reload_ext", "reset",
    "store", "tb", "tensorflow_version", "who", "who_ls", "whos", "xmode",
}  # fmt: skip
_QUIET_COMMANDS: Final = frozenset({"conda", "date", "ls", "nvidia-smi", "pip", "pip3", "pwd", "uname"})
# x = !ls, and x, y = %magic: what stands before the first = is names alone.
_ASSIGNED: Final = re.compile(r"^(\s*)([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*)\s*=\s*([!%])(?!=)(.*)$", re.DOTALL)
_ESCAPED: Final = re.compile(r"^(\s*)(%%|%|!!|!|\?\??|[,;/](?=\S))(.*)$", re.DOTALL)
_INSTALLED: Final = re.compile(r"^(\s*)((?:pip3?|conda|mamba)\s+(?:install|list|show|freeze|uninstall|update)\b.*)$")
_CELL_MAGIC: Final = re.compile(r"^%%\s*([^\W\d]\w*)?")
_NAME: Final = re.compile(r"[^\W\d][\w.-]{0,40}")
_PROMPT: Final = re.compile(r"^\s*(?:>>>|\.\.\.)(?: |$)")


@dataclass(frozen=True)
class Code:
    """What a cell gives.

    Args:
        source: Python; None where the cell is not Python at all.
        notes: what was taken out and may be missed: ``"!wget"``, ``"%run"``; each once, at most a few.
        magic: the cell magic because of which there is no source: ``"%%bash"``.
    """

    source: str | None
    notes: tuple[str, ...] = ()
    magic: str = ""


def normal(text: str) -> str:
    """Text with ``\\n`` as its only line end, without the mark that some editors put before it."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def python(text: str) -> Code:
    """Make Python of a cell.

    Args:
        text: the cell's source, with whatever line ends.
    """
    lines = _as_typed(normal(text).split("\n"))
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    while first < len(lines) and (found := _CELL_MAGIC.match(lines[first])):
        name = found[1] or ""
        if name not in TRANSPARENT:
            return Code(None, magic=shown("%%" + name, 40))
        lines[first] = "# " + lines[first]
        first = next((number for number in range(first + 1, len(lines)) if lines[number].strip()), len(lines))
    notes: dict[str, None] = {}
    return Code("\n".join(_neutral(lines, lambda note: notes.setdefault(shown(note, 40)))), tuple(notes)[:5])


def _as_typed(lines: list[str]) -> list[str]:
    """Without what notebooks forgive: prompts that were pasted with the code, and a cell indented as a whole."""
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith(">>> "):
        lines = [_PROMPT.sub("", line) for line in lines]
        first = next((line for line in lines if line.strip()), "")
    margin = first[: len(first) - len(first.lstrip(" \t"))]
    return [line.removeprefix(margin) for line in lines] if margin else lines


def _neutral(lines: list[str], note: Callable[[str], object]) -> list[str]:
    """Every line that is no Python as ``pass``, where a statement may stand; lines it goes on in as comments."""
    lexer, result, goes_on = Lexer(), [], False
    for line in lines:
        if goes_on:
            goes_on = line.endswith("\\")
            result.append("# " + line.rstrip("\\"))
            continue
        fresh = lexer.fresh
        foreign = _foreign(line, note) if fresh else None
        code = lexer.feed(line if foreign is None else foreign)
        # A question mark is no sign of Python's: the line asks for help.
        if foreign is None and fresh and lexer.fresh and code.rstrip().endswith("?"):
            foreign = f"{_indent(line)}pass  # {line.strip()}"
        goes_on = foreign is not None and line.endswith("\\")
        result.append(line if foreign is None else foreign.rstrip("\\"))
    return result


def _foreign(line: str, note: Callable[[str], object]) -> str | None:
    """What stands in the place of a line that is no Python; None for Python."""
    assigned = _ASSIGNED.match(line)
    if assigned:
        note(assigned[3] + _first_word(assigned[4]))
        names = re.sub(r"\s*,\s*", " = ", assigned[2])
        return f"{assigned[1]}{names} = None  # {line.strip()}"
    installed = _INSTALLED.match(line)
    if installed:
        return f"{installed[1]}pass  # {installed[2]}"
    escaped = _ESCAPED.match(line)
    if escaped is None:
        return None
    indent, sign, rest = escaped.groups()
    name = _first_word(rest)
    if sign in ("%", "%%") and name == "time" and rest.strip() != "time":
        # %time runs a statement whose names stay: the statement is the student's code.
        return indent + rest.lstrip().removeprefix("time").lstrip()
    quiet = sign.startswith("?") or name in (_QUIET if sign.startswith("%") else _QUIET_COMMANDS)
    if not quiet:
        note(sign + name)
    return f"{indent}pass  # {line.strip()}"


def _first_word(text: str) -> str:
    found = _NAME.match(text.lstrip())
    return found.group() if found else ""


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
