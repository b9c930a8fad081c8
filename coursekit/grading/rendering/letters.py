"""Text that strangers wrote, made safe to look at: letters that steer the page or the terminal become visible."""

from __future__ import annotations

import unicodedata
from typing import Final

# Joiners: without them Persian words and family emoji fall apart. They turn nothing around.
_KEPT: Final = frozenset("\n\t\u200c\u200d")


def visible(text: str) -> str:
    """Show every control and formatting character as its number, ``[U+202E]``.

    A right-to-left override shows ``exe.jpg`` where ``gpj.exe`` is written, an escape sequence paints a terminal, and a
    lone surrogate (a file name that is no UTF-8) cannot be written at all.

    Args:
        text: anything.
    """
    if text.isprintable():
        return text
    return "".join(f"[U+{ord(one):04X}]" if _hidden(one) else one for one in text)


def _hidden(one: str) -> bool:
    return one not in _KEPT and (unicodedata.category(one) in ("Cc", "Cf", "Cs") or one in "\u2028\u2029")
