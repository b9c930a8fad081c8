"""Texts as other programs may be given them: visible, in valid Unicode, and no formula."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
# What makes a spreadsheet compute a cell (OWASP, CSV Injection), at the beginning, and where a program that takes the
# semicolon for the separator would see a beginning.
_FORMULA: Final = re.compile(r"((?:\A|;)[\s'\"]*)([=+\-@\uff1d\uff0b\uff0d\uff20|])")


def visible(text: str, *, keep: str = "") -> str:
    r"""Write control characters, directions of writing and what is no Unicode as ``\xNN`` or ``\uNNNN``.

    Args:
        text: anything.
        keep: control characters that may stay, such as line feeds in a text of several lines.
    """
    return "".join(one if one in keep or not _hidden(one) else _escaped(one) for one in text)


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _BIDI


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def cell(text: str) -> str:
    """A text as a cell that no spreadsheet computes: what looks like a formula gets an apostrophe before it."""
    return _FORMULA.sub(r"\1'\2", visible(text))


def number(value: float) -> str:
    """Points without a superfluous ``.0``."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
