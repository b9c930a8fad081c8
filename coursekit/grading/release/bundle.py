"""The zip for a class: exercises, chapters, a page on how to begin; no answers. The same bytes for the same files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Final

from coursekit.errors import GradingError
from coursekit.grading.registry import answers, exercise

from .drafting import write_atomically
from .leaks import holds_whole, leaked_lines
from .released import from_dict, load_notebook

ROOT: Final = "coursekit-exercises"
_DATE: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
_MARKERS: Final = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME")


def bundle(
    exercises: Path, target: Path, *, notebooks: Path | None = None, only: Collection[str] | None = None
) -> list[str]:
    """Write the zip for a class.

    Everything is stored and not compressed: a compressor's bytes differ from one version to the next.

    Args:
        exercises: folder of released notebooks.
        target: the zip to write.
        notebooks: folder of the chapters; left out where it is None or not there.
        only: names of notebooks, without ``.ipynb``: these exercises, and the chapters of the same names.

    Returns:
        The names in the zip.

    Raises:
        ConfigurationError: an exercise that nobody knows.
        GradingError: no released exercises, or something among the files that would give an answer away.
    """
    held: list[str] = []
    files: dict[str, bytes] = {}
    for path in _chosen(exercises, only):
        notebook = load_notebook(path)
        ids = [one.id for one in from_dict(notebook, path.stem, str(path)).exercises]
        _refuse_markers(notebook, path)
        public = [text for one in ids for text in (exercise(one).starter, exercise(one).statement)]
        lines = leaked_lines(notebook, (answers(one).solution for one in ids), public)
        if lines:
            raise _secret(path, lines[0])
        held += ids
        files[f"exercises/{path.name}"] = path.read_bytes()
    if not held:
        raise GradingError(
            f"no released exercises in {exercises}", expected="released notebooks", mend="run coursekit release first"
        )
    for path in _chosen(notebooks, only) if notebooks is not None else ():
        notebook = load_notebook(path)
        _refuse_markers(notebook, path)
        # A chapter teaches single lines of what is asked for; no whole solution.
        for one in held:
            if holds_whole(notebook, answers(one).solution):
                raise _secret(path, f"the whole solution of {one}")
        files[f"notebooks/{path.name}"] = path.read_bytes()
    files["README.md"] = readme(held, with_chapters=any(name.startswith("notebooks/") for name in files)).encode()
    write_atomically(target, _zipped(files))
    return sorted(files)


def _chosen(folder: Path, only: Collection[str] | None) -> list[Path]:
    return [path for path in _notebooks(folder) if only is None or path.stem in only]


def readme(ids: Iterable[str], *, with_chapters: bool) -> str:
    """The page that comes with the exercises."""
    from coursekit import __version__

    rows = [(one, exercise(one)) for one in ids]
    table = "\n".join(f"| {one} | {found.title} | {found.points} |" for one, found in rows)
    chapters = "- `notebooks/`: the chapters; read them first.\n" if with_chapters else ""
    return f"""\
# Exercises

- `exercises/`: the notebooks to work in; each says how.
{chapters}
| exercise | title | points |
|---|---|---|
{table}

To check your work you need coursekit {__version__} with the extras of the frameworks that you use, and JupyterLab; your
instructor says where from. `coursekit doctor` says whether all is there; then open a notebook:

    jupyter lab exercises

The check under each task runs on your own machine and is advice: it costs no points, however often you try. Grades come
from new random inputs, on what you hand in: the notebook, saved, under the name that it has here.
"""


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(str(PurePosixPath(ROOT, name)), _DATE)
            entry.create_system = 3  # Unix, wherever this runs, so that the mode counts
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def _notebooks(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.ipynb") if path.is_file())


def _refuse_markers(notebook: dict[str, Any], path: Path) -> None:
    for cell in notebook["cells"]:
        for marker in _MARKERS:
            if any(line.strip().strip("#").strip() == marker for line in cell["source"].splitlines()):
                raise _secret(path, f"a marker, {marker}")


def _secret(path: Path, what: str) -> GradingError:
    return GradingError(
        f"{path} gives an answer away: {what!r}",
        expected="released notebooks, and chapters without solutions",
        mend="release the exercises again (coursekit release), or take the solution out of the chapter",
    )
