"""Where guesses and quiz answers are kept: a small local file that survives a crash, or any other keeper.

The file lies beside the progress file. It is read, changed and replaced as a whole: a kernel that dies in the middle
leaves the old one, and a damaged file is set aside, never deleted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any, Final

from coursekit._whole_files import Notes, user_data_folder

VERSION: Final = 1
ENVIRONMENT: Final = "COURSEKIT_GUESSES"

Store = MutableMapping[str, dict[str, Any]]
"""Key of a question -> what was answered; a plain ``{}`` forgets it with the kernel."""


def guesses_path() -> Path:
    """The file: ``$COURSEKIT_GUESSES``, or beside ``$COURSEKIT_PROGRESS``, or where the platform keeps user data."""
    if named := os.environ.get(ENVIRONMENT):
        return Path(named).expanduser()
    if beside := os.environ.get("COURSEKIT_PROGRESS"):
        return Path(beside).expanduser().with_name("guesses.json")
    return user_data_folder() / "guesses.json"


class GuessFile(MutableMapping[str, dict[str, Any]]):
    """The file as a mapping; every access reads it, every change writes it.

    What cannot be read counts as empty and what cannot be written is lost, each with a CoursekitWarning: learning goes
    on without a record of it.

    Args:
        path: of the file; by default ``guesses_path()`` at each access.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._notes = Notes(lambda: self.path, "guesses", version=VERSION, said="your earlier guesses")

    @property
    def path(self) -> Path:
        """The file."""
        return self._path or guesses_path()

    def __getitem__(self, key: str) -> dict[str, Any]:
        """What was answered."""
        return self._notes.load()[key]

    def __setitem__(self, key: str, answer: dict[str, Any]) -> None:
        """Keep an answer, JSON values only."""
        with self._notes.changing() as answers:
            answers[key] = answer

    def __delitem__(self, key: str) -> None:
        """Forget an answer."""
        with self._notes.changing() as answers:
            del answers[key]

    def __iter__(self) -> Iterator[str]:
        """The questions that were answered."""
        return iter(self._notes.load())

    def __len__(self) -> int:
        """How many were answered."""
        return len(self._notes.load())
