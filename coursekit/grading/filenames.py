"""File names for what strangers are called: students' names come from folders and archives that anybody may have made.

    safe_name("jdoe")             -> "jdoe"
    safe_name("Ada Lovelace")     -> "Ada-Lovelace~767402161715"
    safe_name("../../etc/passwd") -> "etc-passwd~3754d6cb3a38"

A name that is not kept as it is gets a digest of what it was, so that two names never share a file: not where they
differ in forbidden characters alone, and not on file systems that take upper and lower case, or composed and
decomposed letters, for the same (macOS, Windows). The ``~`` before a digest is itself forbidden, so that nobody can
take the file of another by being called like it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

LIMIT: Final = 96
"""Bytes of UTF-8 that are kept of a name; with the digest and any suffix, a file name stays far below 255."""
_DIGITS: Final = 12
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|\Z)", re.IGNORECASE)


def safe_name(text: str) -> str:
    """The file name, or the stem of one, that stands for a text. Different texts have different names.

    The name is one path component of letters, digits and ``-_.@~``, at most 110 bytes long, that begins with none of
    ``-.~``, ends with no dot, and is no device of Windows. It depends on the text alone. A suffix (``".html"``) may be
    appended; names of one's own (``"index"``) belong in another folder, since a student may be called so.

    Args:
        text: anything, also empty, also with the surrogates that stand for bytes which are not UTF-8.

    Returns:
        The text itself where it is lower case (as case folding and NFKC normalisation leave it) and has nothing else to
        be mended; else what is left of it, ``~``, and 48 bits of its SHA-256 digest.
    """
    kept = "".join(one if _allowed(one) else "-" for one in unicodedata.normalize("NFC", text))
    kept = re.sub("-{2,}", "-", kept).encode("utf-8", "replace")[:LIMIT].decode("utf-8", "ignore").strip("-.")
    if kept == text == _folded(text) and text and not _DEVICES.match(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    stem = "_" + kept if not kept or _DEVICES.match(kept) else kept
    return f"{stem}~{digest}"


def _allowed(character: str) -> bool:
    return character in "-_.@" or unicodedata.category(character)[0] in "LNM"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
