"""One notebook, read without trust: whatever is in the file, there is a Submission, and it says what was odd."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coursekit.grading.release.released import ReleasedNotebook
from coursekit.grading.results import Flag

from .bounds import DEFAULT, Bounds, RefusedError
from .found import Found
from .matching import likeness, match
from .model import Attempt, Submission
from .names import notebook_named, shown
from .parsing import Cell, Notebook, parse


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A submission, and how sure it is that it is what it was taken for.

    Args:
        submission: as it was read.
        name_rank: 0 where the file's name is the released notebook's, 1 where it differs in letter case or is marked
            as a copy, 2 otherwise.
        cells: how many of the exercises have a cell of their own.
    """

    submission: Submission
    name_rank: int
    cells: int


def read(found: Found, released: Mapping[str, ReleasedNotebook], bounds: Bounds = DEFAULT) -> Submission:
    """Read a notebook that was handed in.

    Args:
        found: as ``find`` found it.
        released: name -> released notebook.
        bounds: how much is read.

    Returns:
        A Submission, whatever is in the file: this never raises for it. Where ``notebook`` is empty, it belongs to no
        released notebook, and there is no attempt; ``problem`` then says so.
    """
    return read_closely(found, released, bounds).submission


def read_closely(found: Found, released: Mapping[str, ReleasedNotebook], bounds: Bounds = DEFAULT) -> Reading:
    """As ``read``, with what is needed to choose between two files of one student."""
    digest = ""
    try:
        if found.refusal:
            raise RefusedError(found.refusal)
        data = found.file.read(bounds.notebook_bytes)
        digest = hashlib.sha256(data).hexdigest()
        notebook = parse(data, bounds)
    except RefusedError as error:
        return _unread(found, released, digest, error.given)
    except Exception as error:  # whatever else a file can bring about must not end the others' grading
        return _unread(found, released, digest, f"could not be read ({type(error).__name__})")
    name, flags = _belongs(found, notebook, released)
    if not name:
        problem = "It belongs to no released notebook: neither its name nor its cells are one's."
        return Reading(submission=_submission(found, "", digest, (), notebook.flags, problem), name_rank=2, cells=0)
    matching = match(notebook.cells, released[name], bounds)
    attempts = tuple(
        Attempt(exercise_id=exercise.id, source=source, flags=of_it)
        for exercise, (source, of_it) in zip(released[name].exercises, matching.attempts, strict=True)
    )
    flags = [*notebook.flags, *flags, *matching.flags]
    rank = 0 if found.stem == name else 1 if notebook_named(found.stem, [name])[0] else 2
    return Reading(submission=_submission(found, name, digest, attempts, flags), name_rank=rank, cells=matching.cells)


def _belongs(found: Found, notebook: Notebook, released: Mapping[str, ReleasedNotebook]) -> tuple[str, list[Flag]]:
    """The released notebook that a file is a copy of: it says so, or its name, its folder or its cells do."""
    flags: list[Flag] = []
    if notebook.name in released:
        return notebook.name, flags
    if notebook.name:
        text = f"It says that it is a copy of {shown(notebook.name, 60)}, which was not released."
        flags.append(Flag(kind="format", text=text))
    name = notebook_named(found.stem, released)[0] or notebook_named(found.assignment, released)[0]
    return name or _alike(notebook.cells, released), flags


def _alike(cells: Sequence[Cell], released: Mapping[str, ReleasedNotebook]) -> str:
    """The notebook with which it shares the most marked cells; none where two are equal in that."""
    counts = sorted(((likeness(cells, one), name) for name, one in released.items()), reverse=True)
    if not counts or not counts[0][0] or (len(counts) > 1 and counts[1][0] == counts[0][0]):
        return ""
    return counts[0][1]


def _unread(found: Found, released: Mapping[str, ReleasedNotebook], digest: str, reason: str) -> Reading:
    name, rank = notebook_named(found.stem, released)
    name = name or notebook_named(found.assignment, released)[0]
    if not name and len(released) == 1:
        name = next(iter(released))
    attempts = tuple(
        Attempt(exercise_id=exercise.id, source=None) for exercise in (released[name].exercises if name else ())
    )
    problem = f"{reason[:1].upper()}{reason[1:]}."
    return Reading(submission=_submission(found, name, digest, attempts, (), problem), name_rank=rank, cells=0)


def _submission(
    found: Found,
    name: str,
    digest: str,
    attempts: tuple[Attempt, ...],
    flags: Sequence[Flag],
    problem: str = "",
) -> Submission:
    return Submission(
        student=found.student,
        assignment=found.assignment or name,
        notebook=name,
        path=found.path,
        sha256=digest,
        attempts=attempts,
        flags=(*found.flags, *flags),
        problem=problem,
    )
