"""Releasing: every notebook of solutions/ is converted, held against its exercises, and written to exercises/."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from coursekit.errors import GradingError, unknown_name
from coursekit.grading.registry import answers, exercise, exercise_ids

from .convert import notebook_text, release_notebook, replace_regions
from .drafting import statement_text, write_atomically
from .leaks import leaked_lines
from .released import ReleasedExercise, ReleasedNotebook, from_dict, load_notebook

State = Literal["current", "new", "changed", "without source"]


@dataclass(frozen=True)
class Release:
    """What became of one notebook.

    Args:
        name: of the notebook.
        path: of the released file.
        state: before the release: ``"current"``, ``"new"`` (there was none), ``"changed"`` (another one is there), or
            ``"without source"``: a file in exercises/ that nothing in solutions/ makes; it is left alone.
        exercises: their ids.
    """

    name: str
    path: Path
    state: State
    exercises: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line."""
        return f"{self.path}: {self.state}" + (f" ({', '.join(self.exercises)})" if self.exercises else "")


def release(
    solutions: Path, exercises: Path, *, only: Iterable[str] | None = None, check: bool = False
) -> list[Release]:
    """Release notebooks. Nothing is written unless all of them are right.

    Args:
        solutions: folder of the notebooks with solutions.
        exercises: folder of the released ones; made where there is none.
        only: names of notebooks, without ``.ipynb``; all by default.
        check: write nothing, only say what is out of date.

    Returns:
        One entry a notebook; all are ``"current"`` where nothing was, or is, to be done.

    Raises:
        ConfigurationError: a name in ``only`` that nobody knows.
        GradingError: a notebook that cannot be released; the message names the cell.
    """
    paths = {path.stem: path for path in sorted(solutions.glob("*.ipynb"))}
    if not paths:
        raise GradingError(
            f"no notebooks in {solutions}",
            expected="the notebooks with solutions",
            mend="run this in the folder of the coursekit clone, or name your own with --solutions and --exercises",
        )
    chosen = list(paths) if only is None else list(only)
    for name in chosen:
        if name not in paths:
            raise unknown_name("notebook", name, paths)
    done, files = [], {}
    for name in chosen:
        notebook = prepare(paths[name])
        target, text = exercises / f"{name}.ipynb", notebook_text(notebook)
        old = target.read_text(encoding="utf-8") if target.exists() else None
        state: State = "new" if old is None else "current" if old == text else "changed"
        files[target] = text if state != "current" else None
        done.append(Release(name, target, state, tuple(one.id for one in from_dict(notebook, name).exercises)))
    if only is None:
        strays = sorted(path for path in exercises.glob("*.ipynb") if path.stem not in paths)
        done += [Release(path.stem, path, "without source") for path in strays]
    for target, new in files.items():
        if new is not None and not check:
            write_atomically(target, new.encode())
    return done


def prepare(path: Path) -> dict[str, Any]:
    """Convert one notebook with solutions, and hold the result against the exercises that it names.

    Args:
        path: of the notebook with solutions.

    Returns:
        The released notebook, as plain data.

    Raises:
        GradingError: markers, marks or cells that are wrong; an exercise that nobody knows; a statement, a stub or
            points that differ from the exercise's; an answer that can be read in the result.
    """
    source, name = load_notebook(path), path.stem
    notebook = release_notebook(source, name)
    held = from_dict(notebook, name, str(path))
    for one in held.exercises:
        _compare(one, held, str(path))
    _keep_secret(notebook, source, held, str(path))
    return notebook


def _compare(one: ReleasedExercise, notebook: ReleasedNotebook, where: str) -> None:
    if one.id not in exercise_ids():
        near = difflib.get_close_matches(one.id, exercise_ids(), n=3, cutoff=0.5)
        raise GradingError(
            f"{where}: exercise {one.id!r}, which nobody knows",
            expected=f"one of {', '.join(exercise_ids())}",
            mend=f"did you mean {' or '.join(near)}?" if near else "write its files in coursekit/autograders first",
        )
    theirs = exercise(one.id)
    cell = f"{where}, {one.solution_id.removesuffix('-solution')}"
    if one.points != theirs.points:
        raise GradingError(
            f"{cell}-check with {one.points} points", expected=f"the exercise's {theirs.points}", mend=_REDRAFT
        )
    if one.stub.rstrip() != theirs.starter.rstrip():
        lines = difflib.ndiff(theirs.starter.rstrip().splitlines(), one.stub.rstrip().splitlines())
        first = next((line for line in lines if line[:1] in "+-"), "")
        raise GradingError(f"{cell}-solution: {first!r}", expected="the exercise's starter", mend=_REDRAFT)
    statement = notebook.locked.get(one.solution_id.removesuffix("solution") + "statement")
    if statement is None or statement.rstrip() != statement_text(theirs):
        found = "missing" if statement is None else "another text"
        raise GradingError(f"{cell}-statement: {found}", expected="the exercise's statement", mend=_REDRAFT)


_REDRAFT = "coursekit.grading.release.drafting.update(path) writes the cells of an exercise anew from its files"


def _keep_secret(notebook: dict[str, Any], source: Mapping[str, Any], held: ReleasedNotebook, where: str) -> None:
    regions = [
        region
        for cell in source["cells"]
        for what in ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
        for region in replace_regions(cell["source"], what, None, where)[1]
    ]
    known = [answers(one.id).solution for one in held.exercises]
    theirs = [exercise(one.id) for one in held.exercises]
    public = [text for one in theirs for text in (one.starter, one.statement)]
    lines = leaked_lines(notebook, [*regions, *known], public)
    if lines:
        raise GradingError(
            f"{where}: an answer can be read in the released notebook: {lines[0]!r}",
            expected="solutions between markers, and nowhere else",
            mend="take it out of the other cells and of the metadata, or put markers around it",
        )
