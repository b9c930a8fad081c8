"""The ledger: one JSON line for each graded exercise, on the disk before anything else knows of it.

    DIR/run.json        format, when it began, and the secret that all seeds come from (readable by its owner alone)
    DIR/results.jsonl   what was graded, in the order in which it was done; a later line replaces an earlier one
    DIR/gradebook.sqlite   the grades, made from the ledger; see coursekit.grading.gradebook
    DIR/.lock           held by the grader that is at work

A process that is killed leaves at most half a line at the end, which the next one cuts off. Everything else, the
gradebook too, can be made from these two files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from coursekit._whole_files import write_whole
from coursekit.errors import GradingError
from coursekit.grading.results import Key

from .job import Graded

FORMAT: Final = 1
RESULTS: Final = "results.jsonl"
RUN: Final = "run.json"
GRADEBOOK: Final = "gradebook.sqlite"


class Ledger:
    """The results of a folder; a context manager that holds the folder's lock.

    Args:
        folder: made if it is not there.

    Raises:
        GradingError: (on entering) another grader is at work in it, it cannot be written, or it holds something else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[Key, Graded] = {}
        self.prints: dict[Key, str] = {}
        self.secret = ""
        self._stack = contextlib.ExitStack()
        self._file: Any = None

    def __enter__(self) -> Ledger:
        """Lock, read, and be ready to append."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._stack.enter_context(_locked(self.folder / ".lock"))
            self.secret = _run_secret(self.folder)
            self._read(self.folder / RESULTS)
            self._file = self._stack.enter_context((self.folder / RESULTS).open("ab"))
        except OSError as error:
            self._stack.close()
            raise GradingError(
                f"the folder {self.folder} ({error.strerror or error})",
                expected="a folder that can be written",
                mend="choose another one with --out",
            ) from error
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Let the folder go."""
        self._stack.close()

    def seed(self, exercise_id: str) -> int:
        """The seed of an exercise: the same for the whole class, and for whoever grades this folder again."""
        digest = hashlib.sha256(f"{self.secret}:{exercise_id}".encode()).digest()
        return int.from_bytes(digest[:4], "big")

    def append(self, graded: Graded, fingerprint: str) -> Graded:
        """Keep a result: on the disk when this returns.

        Args:
            graded: what came of a job; the time is set here.
            fingerprint: of the grader, so that a changed one grades again.
        """
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        graded = Graded.from_dict(graded.to_dict() | {"result": graded.result.to_dict() | {"graded_at": stamp}})
        line = json.dumps({"grader": fingerprint, **graded.to_dict()}, ensure_ascii=True, separators=(",", ":"))
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.known[graded.result.key] = graded
        self.prints[graded.result.key] = fingerprint
        return graded

    def _read(self, path: Path) -> None:
        if not path.exists():
            return
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        for number, line in enumerate(content[:whole].splitlines(), 1):
            try:
                data = json.loads(line)
                fingerprint = data.pop("grader")
                graded = Graded.from_dict(data)
            except (ValueError, KeyError, TypeError) as error:
                raise GradingError(
                    f"line {number} of {path} cannot be read ({type(error).__name__}: {error})",
                    expected="the results of an earlier run, as it wrote them",
                    mend="restore the file, take the line away (it is graded again), or choose another --out",
                ) from error
            self.known[graded.result.key] = graded
            self.prints[graded.result.key] = fingerprint
        if whole < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)


def _run_secret(folder: Path) -> str:
    path = folder / RUN
    if path.exists():
        try:
            found = json.loads(path.read_text("utf-8"))
            if found["format"] != FORMAT or not isinstance(found["secret"], str):
                raise ValueError(f"format {found['format']}")
        except (ValueError, KeyError, TypeError) as error:
            raise GradingError(
                f"{path} ({error})", expected=f"format {FORMAT}", mend="restore the file, or choose another --out"
            ) from error
        return str(found["secret"])
    if (folder / RESULTS).exists():
        raise GradingError(
            f"{folder} has results and no {RUN}", expected=RUN, mend="restore it, or choose another --out"
        )
    secret = secrets.token_hex(16)
    began = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    write_whole(path, json.dumps({"format": FORMAT, "began": began, "secret": secret}).encode(), mode=0o600)
    return secret


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        try:
            import fcntl
        except ImportError:  # Windows, where nothing is graded but what is trusted
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise GradingError(
                f"another grader is at work in {path.parent}",
                expected="one at a time",
                mend="wait for it, or choose another --out",
            ) from error
        yield
