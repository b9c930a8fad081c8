"""Code in cells that belong to no exercise: it is not run, and where an exercise seems to need it, that is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from coursekit.grading.release.released import ReleasedExercise
from coursekit.grading.results import Flag

from .cells import python
from .lexing import Lexer
from .names import shown
from .parsing import Cell

_DEFINED: Final = re.compile(r"^(?:async\s+def|def|class)\s+([^\W\d]\w{0,80})")
_WORD: Final = re.compile(r"(?<![\w.])[^\W\d]\w{0,80}(?!\w)")
_BOUND: Final = re.compile(
    r"""
    \b(?:def|class|as|import|for)[ ]+([^\W\d]\w{0,80})
    | (?<!\w)([^\W\d]\w{0,80})[ ]{0,8}(?::[^=\n]{0,80})?=(?!=)
    """,
    re.VERBOSE,
)
_HEAD: Final = re.compile(r"\s*(?:async\s+)?def\b")
_LONGEST: Final = 200_000


class Elsewhere:
    """What the cells that are not run define.

    Args:
        strays: code cells of no exercise; what is longer than two hundred thousand characters in all is passed over.
    """

    def __init__(self, strays: Sequence[Cell]) -> None:
        self._where: dict[str, int] = {}
        left = _LONGEST
        for cell in strays:
            left -= len(cell.source or "")
            if left < 0:
                break
            for name in defined(cell.source or ""):
                self._where[name] = cell.number

    def flags(self, exercise: ReleasedExercise, source: str | None) -> list[Flag]:
        """What to say about an exercise: its function stands elsewhere, or needs what stands elsewhere."""
        if not self._where:
            return []
        wanted = defined(exercise.stub)
        pasted = [name for name in wanted if name in self._where]
        untouched = source is None or source.strip() in ("", exercise.stub.strip())
        if pasted and (untouched or not set(pasted) <= set(defined(source or ""))):
            where = f"Cell {self._where[pasted[0]]} defines {shown(pasted[0])}"
            text = f"{where}, but is not the exercise's cell; it is not run."
            return [Flag(kind="stray-code", text=text)]
        if untouched or source is None:
            return []
        code = _code(source)
        bound = {name for found in _BOUND.findall(code) for name in found}
        # Parameters, and what stands beside them.
        bound |= {name for line in code.split("\n") if _HEAD.match(line) for name in _WORD.findall(line)}
        known = set(_WORD.findall(_code(exercise.setup)))
        needed = sorted((set(_WORD.findall(code)) & set(self._where)) - bound - known)
        if not needed:
            return []
        text = f"Its code uses {shown(needed[0])}, which cell {self._where[needed[0]]} defines; that cell is not run."
        return [Flag(kind="stray-code", text=text)]


def defined(source: str) -> list[str]:
    """Names of the functions and classes that a cell defines at its top level."""
    lexer, found = Lexer(), []
    for line in (python(source).source or "").split("\n"):
        match = _DEFINED.match(line) if lexer.fresh else None
        if match:
            found.append(match[1])
        lexer.feed(line)
    return found


def _code(source: str) -> str:
    lexer = Lexer()
    return "\n".join(lexer.feed(line) for line in source[:_LONGEST].split("\n"))
