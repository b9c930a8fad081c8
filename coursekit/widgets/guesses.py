"""Where guesses and quiz answers are kept: a small local file that survives a crash, or any other keeper.

The file lies beside the progress file. It is read, changed and replaced as a whole: a kernel that dies in the middle
leaves the old one, and a damaged file is set aside, never deleted.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any, Final

from coursekit.errors import CoursekitWarning

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
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "coursekit" / "guesses.json"


class GuessFile(MutableMapping[str, dict[str, Any]]):
    """The file as a mapping; every access reads it, every change writes it.

    What cannot be read counts as empty and what cannot be written is lost, each with a CoursekitWarning: learning goes
    on without a record of it.

    Args:
        path: of the file; by default ``guesses_path()`` at each access.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """The file."""
        return self._path or guesses_path()

    def __getitem__(self, key: str) -> dict[str, Any]:
        """What was answered."""
        return self._load()[key]

    def __setitem__(self, key: str, answer: dict[str, Any]) -> None:
        """Keep an answer, JSON values only."""
        with self._changing() as answers:
            answers[key] = answer

    def __delitem__(self, key: str) -> None:
        """Forget an answer."""
        with self._changing() as answers:
            del answers[key]

    def __iter__(self) -> Iterator[str]:
        """The questions that were answered."""
        return iter(self._load())

    def __len__(self) -> int:
        """How many were answered."""
        return len(self._load())

    def _load(self) -> dict[str, dict[str, Any]]:
        path = self.path
        try:
            data = json.loads(path.read_text("utf-8"))
            if data["version"] != VERSION or not all(type(one) is dict for one in data["guesses"].values()):
                raise ValueError("another version")
            return dict(data["guesses"])
        except FileNotFoundError:
            return {}
        except OSError as error:
            _warn(f"{path} cannot be read ({error.strerror}): earlier guesses are not shown")
            return {}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            aside = path.with_suffix(".damaged.json")
            with contextlib.suppress(OSError):
                path.replace(aside)
            _warn(f"{path} was damaged and is now {aside.name}: your guesses begin anew")
            return {}

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        path = self.path
        with contextlib.ExitStack() as held:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                held.enter_context(_locked(path.with_suffix(".lock")))
            except OSError:
                pass  # the write below says why nothing is kept
            answers = self._load()
            yield answers
            try:
                _write(path, {"version": VERSION, "guesses": answers})
            except OSError as error:
                _warn(f"{path} cannot be written ({error.strerror}): your guess is not kept")


def _write(path: Path, data: dict[str, Any]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        try:
            import fcntl
        except ImportError:  # Windows: one writer at a time is the rule there anyway
            yield
            return
        with contextlib.suppress(OSError):  # file systems without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _warn(text: str) -> None:
    warnings.warn(text + ".", CoursekitWarning, stacklevel=4)
