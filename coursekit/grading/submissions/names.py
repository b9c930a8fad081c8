"""Names that strangers chose: made safe to print, and read for what they say about student and notebook."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

NOTEBOOK: Final = re.compile(r"\.ipynb(?:\.(?:json|txt))?$", re.IGNORECASE)
"""Browsers that take a notebook for text save it as ``name.ipynb.json`` or ``name.ipynb.txt``."""

_COPY: Final = re.compile(r"(?:[ _-]?\(\d{1,3}\)|[ _-]Copy\d{0,3}|-\d{1,3})$", re.IGNORECASE)
_MOODLE: Final = re.compile(r"^(?P<student>.+_\d+)_assignsubmission_(?:file|onlinetext)_?(?P<rest>.*)$", re.DOTALL)


def is_notebook_or_archive(name: str) -> bool:
    """Whether a file's name is that of something that is read."""
    return bool(NOTEBOOK.search(name)) or name.lower().endswith(".zip")


def shown(text: str, limit: int = 200) -> str:
    """A name as it can be printed and stored anywhere: NFC; what cannot be seen is spelled ``\\u{202e}``, also ``\\``.

    Two different names stay different; of a long one, the middle is replaced by a digest of the whole.
    """
    text = unicodedata.normalize("NFC", text)
    return _cut(_spelled(text), limit)


def shown_path(parts: Iterable[str], limit: int = 400) -> str:
    """A path as it can be printed and stored anywhere, as ``shown`` does it for each part."""
    return _cut("/".join(map(shown, parts)), limit)


def _cut(safe: str, limit: int) -> str:
    if len(safe) <= limit:
        return safe
    digest = hashlib.sha256(safe.encode("utf-8")).hexdigest()[:8]
    return f"{safe[: limit // 2]}[...{digest}...]{safe[-(limit // 2) :]}"


def _spelled(text: str) -> str:
    return "".join(one if one != "\\" and _visible(one) else f"\\u{{{ord(one):x}}}" for one in text)


def _visible(one: str) -> bool:
    # Cc, Cf (bidi, zero width), Cs (undecodable bytes of a file's name), Co, Cn; line and paragraph separators.
    return one == " " or (unicodedata.category(one)[0] not in "CZ")


def hidden(text: str) -> list[str]:
    """The characters of a text that a reader does not see and that may deceive: ``["U+202E"]``, each once, sorted.

    Tabs, line ends and form feeds are no deceit; nor are the joiners that emoji and some scripts are written with.
    """
    suspects = {one for one in set(text) - set("\t\n\r\f\u200c\u200d") if unicodedata.category(one) in ("Cc", "Cf")}
    return sorted(f"U+{ord(one):04X}" for one in suspects)


def alike(one: str, other: str) -> bool:
    """Whether two names differ in letter case and composition of accents at most."""
    return folded(one) == folded(other)


def folded(text: str) -> str:
    """A name by which those are found that differ in letter case or in the composition of accents alone."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def notebook_named(stem: str, notebooks: Collection[str]) -> tuple[str, int]:
    """The released notebook that a name names, and how well.

    Args:
        stem: a file's name without its ending.
        notebooks: names of the released ones.

    Returns:
        Its name, or an empty one; 0 where it is exactly that, 1 where it differs in letter case or is marked as a
        copy (``-Copy1``, `` (2)``, ``-3``), 2 where it names none.
    """
    if stem in notebooks:
        return stem, 0
    for candidate in (stem, _COPY.sub("", stem)):
        for name in sorted(notebooks):
            if alike(candidate, name):
                return name, 1
    return "", 2


@dataclass(frozen=True)
class Label:
    """What a name says: empty where it says nothing."""

    student: str
    assignment: str
    stem: str


def read_label(stem: str, notebooks: Collection[str]) -> Label:
    """Read the name of a file that stands in no student's folder.

    The first that fits:

    1. Moodle's ``{student}_{id}_assignsubmission_file_{anything}``;
    2. the name of a released notebook alone: it names no student;
    3. ``{student}__{notebook}`` and ``{student}_{notebook}``, with the longest released name that fits;
    4. ``{student}__{assignment}``, parted at the last two underscores;
    5. ``{student}``.

    Of a notebook's name, letter case does not count, and it may be marked as a copy.
    """
    moodle = _MOODLE.match(stem)
    if moodle:
        return Label(moodle["student"], "", moodle["rest"])
    if notebook_named(stem.lstrip("_"), notebooks)[0]:
        return Label("", "", stem)
    bare = _COPY.sub("", stem)
    for candidate in dict.fromkeys((stem, bare)):
        whole = folded(candidate)
        for name in sorted(notebooks, key=lambda name: (-len(name), name)):
            for joint in ("__", "_"):
                ending = joint + folded(name)
                # Folding may change the length (ß becomes ss), so that the cut is looked for, not computed.
                if whole.endswith(ending) and len(whole) > len(ending):
                    cuts = (at for at in range(1, len(candidate)) if folded(candidate[at:]) == ending)
                    cut = next(cuts, 0)
                    if cut:
                        return Label(candidate[:cut], "", stem[cut + len(joint) :])
    student, joint, assignment = stem.rpartition("__")
    if joint and student and assignment:
        return Label(student, assignment, assignment)
    return Label(stem, "", stem)


def student_of_folder(name: str) -> str:
    """The student whom a folder belongs to: its name, less what Moodle adds to it."""
    moodle = _MOODLE.match(name)
    return moodle["student"] if moodle and not moodle["rest"] else name
