"""Things in a student's folder that are no regular files, or have names that do harm."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from .corpus import NOTHING, Case
from .course import ANSWERS, as_bytes, honest, notebook

WRONG = as_bytes(notebook({key: source + "  # other" for key, source in ANSWERS.items()}))


def _notebook(folder: Path, name: str = "course.ipynb", data: bytes | None = None) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(honest() if data is None else data)


def _link_to_neighbour(folder: Path) -> None:
    (folder / "course.ipynb").symlink_to(folder.parents[1] / "ada" / "week1" / "course.ipynb")


def _link_to_system(folder: Path) -> None:
    (folder / "course.ipynb").symlink_to("/etc/passwd")


def _link_to_itself(folder: Path) -> None:
    (folder / "course.ipynb").symlink_to("course.ipynb")


def _link_folder(folder: Path) -> None:
    _notebook(folder)
    (folder / "up").symlink_to(folder.parents[1], target_is_directory=True)
    (folder.parent / "week2").symlink_to(folder.parents[1] / "ada" / "week1", target_is_directory=True)


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "course.ipynb")


def _socket(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # a socket's name has at most 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("course.ipynb")
    finally:
        os.chdir(here)


def _huge(folder: Path) -> None:
    with (folder / "course.ipynb").open("wb") as stream:
        stream.truncate(200 * 1024 * 1024)


def _folder_as_notebook(folder: Path) -> None:
    (folder / "course.ipynb").mkdir()
    _notebook(folder / "course.ipynb", "inner.txt")
    _notebook(folder, "mine.ipynb")


def _two_files(folder: Path) -> None:
    _notebook(folder)
    _notebook(folder, "another.ipynb", WRONG)
    _notebook(folder, "course-Copy1.ipynb", WRONG)
    _notebook(folder, "a/course.ipynb", WRONG)


def _two_cases(folder: Path) -> None:
    _notebook(folder, "COURSE.ipynb", WRONG)
    _notebook(folder)


def _broken_and_good(folder: Path) -> None:
    _notebook(folder, data=b"{")
    _notebook(folder, "course (1).ipynb")


def _odd_names(folder: Path) -> None:
    _notebook(folder)
    _notebook(folder, "\x1b[31m\n\u202egnp.txt", b"")
    _notebook(folder, os.fsdecode(b"\xff\xfe.txt"), b"")


def _checkpoints(folder: Path) -> None:
    _notebook(folder)
    _notebook(folder, ".ipynb_checkpoints/course-checkpoint.ipynb", WRONG)


def _many_files(folder: Path) -> None:
    _notebook(folder, "z.ipynb")
    for number in range(5_100):
        (folder / f"{number:04}.txt").touch()


def _deep(folder: Path) -> None:
    _notebook(folder)
    _notebook(folder, "/".join("deep") + "/a/b/c/d/e/f/course.ipynb", WRONG)


def _case(name: str, tries: str, put: object, *, flags: str = "", ignored: str = "", **more: object) -> Case:
    return Case(
        name=name, tries=tries, put=put, flags=frozenset(flags.split()), ignored=frozenset(ignored.split()), **more
    )  # type: ignore[arg-type]  # the keywords are a Case's own


CASES = [
    _case("link-to-neighbour", "hand in another's work by a link", _link_to_neighbour, problem="link", sources=NOTHING),
    _case("link-to-system", "show a file of the grader's machine", _link_to_system, problem="link", sources=NOTHING),
    _case("link-to-itself", "a loop", _link_to_itself, problem="link", sources=NOTHING),
    _case("linked-folders", "a loop of folders, and another's folder", _link_folder, ignored="link"),
    _case("pipe", "make the reader wait for ever", _pipe, problem="pipe", sources=NOTHING),
    _case("socket", "something that is no file", _socket, problem="pipe", sources=NOTHING),
    _case("two-hundred-megabytes", "memory", _huge, problem="too large: 200.0 MiB", sources=NOTHING),
    _case("folder-as-notebook", "a folder with a notebook's name", _folder_as_notebook, ignored="other"),
    _case(
        "two-files",
        "several answers: the one of the right name counts",
        _two_files,
        flags="duplicate-notebook",
        ignored="duplicate",
    ),
    _case(
        "two-letter-cases",
        "two names that are one on other systems",
        _two_cases,
        flags="duplicate-notebook",
        ignored="duplicate",
    ),
    _case(
        "broken-and-good",
        "nothing: the one that can be read counts",
        _broken_and_good,
        flags="duplicate-notebook",
        ignored="duplicate",
    ),
    _case("odd-names", "the terminal of whoever lists the files", _odd_names, ignored="other"),
    _case("checkpoints", "nothing: what Jupyter leaves", _checkpoints, ignored="hidden"),
    _case("many-files", "time, by 5,100 files", _many_files, ignored="limit"),
    _case("deep-folders", "a path without end", _deep, ignored="limit"),
    _case(
        "only-a-script",
        "something else than a notebook",
        lambda f: _notebook(f, "course.py", b"pass"),
        found=False,
        ignored="other",
    ),
    _case(
        "another-archive",
        "an archive that is not read",
        lambda f: _notebook(f, "course.tar.gz", b"x"),
        found=False,
        ignored="archive",
    ),
    _case("saved-as-text", "nothing: what a browser makes of a notebook", lambda f: _notebook(f, "course.ipynb.txt")),
]
