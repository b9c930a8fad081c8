"""Where statements begin in a cell that need not be Python: line by line, without a parser that strangers could upset.

``tokenize`` and ``ast`` stop at the first ``!pip install "x``, and a parser can be driven out of its stack.
"""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""
    (?P<comment>\#.*) | (?P<triple>\"\"\"|''') | (?P<quote>["']) | (?P<open>[(\[{]) | (?P<close>[)\]}])
    | [^#"'()\[\]{}]+
    """,
    re.VERBOSE | re.DOTALL,
)
_END: Final = {
    '"""': re.compile(r'(?:[^\\"]|\\.|"(?!""))*"""', re.DOTALL),
    "'''": re.compile(r"(?:[^\\']|\\.|'(?!''))*'''", re.DOTALL),
    '"': re.compile(r'(?:[^\\"]|\\.)*"', re.DOTALL),
    "'": re.compile(r"(?:[^\\']|\\.)*'", re.DOTALL),
}


class Lexer:
    """Reads a cell line by line and knows whether the next one begins a statement.

    It knows brackets, strings, comments and backslashes; that is enough. Code that is no Python does not make it raise.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._string = ""
        self._continued = False

    @property
    def fresh(self) -> bool:
        """Whether the next line begins a statement (or is blank)."""
        return not (self._depth or self._string or self._continued)

    def feed(self, line: str) -> str:
        """Read a line of Python, without its line end; returns it with strings and comments blanked out.

        Args:
            line: as it stands. A line that is no Python is not fed at all: it leaves nothing open.
        """
        code: list[str] = []
        at = 0
        self._continued = False
        while at < len(line):
            if self._string:
                end = _END[self._string].match(line, at)
                if end is None:
                    return self._unended(line, code)
                at, self._string = end.end(), ""
                code.append('""')
                continue
            token = _TOKEN.match(line, at)
            if token is None or token["comment"]:
                return "".join(code)
            at = token.end()
            self._string = token["triple"] or token["quote"] or ""
            self._depth = max(0, self._depth + bool(token["open"]) - bool(token["close"]))
            if not self._string:
                code.append(token.group())
        if self._string:
            return self._unended(line, code)
        self._continued = _ends_in_backslash(line)
        return "".join(code)

    def _unended(self, line: str, code: list[str]) -> str:
        # In single quotes, a string goes on in the next line after a backslash alone; else it is an error of this line.
        if len(self._string) == 1 and not _ends_in_backslash(line):
            self._string = ""
        return "".join(code)


def _ends_in_backslash(line: str) -> bool:
    return bool((len(line) - len(line.rstrip("\\"))) % 2)
