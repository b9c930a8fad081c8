"""From a notebook's cells to attempts: one for every exercise that was released, and what an instructor should see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coursekit.grading.release.marks import grade_id
from coursekit.grading.release.released import ReleasedExercise, ReleasedNotebook
from coursekit.grading.results import Flag

from .bounds import Bounds
from .cells import python
from .names import hidden, shown
from .parsing import Cell
from .straying import Elsewhere


@dataclass(frozen=True)
class Matching:
    """What a notebook's cells are to a released notebook.

    Args:
        attempts: (source or None, flags) of every exercise, in the released order.
        flags: of the whole notebook.
        cells: how many of the exercises have a cell of their own.
    """

    attempts: tuple[tuple[str | None, tuple[Flag, ...]], ...]
    flags: tuple[Flag, ...]
    cells: int


def match(cells: Sequence[Cell], released: ReleasedNotebook, bounds: Bounds) -> Matching:
    """Find the student's code for every exercise.

    An exercise's cell is the one that bears its ``grade_id``; where none does (some editors drop what they do not
    know), the one with coursekit's own marks, else the one whose own id it is.
    """
    marked = {exercise.id: _cells_of(exercise, cells) for exercise in released.exercises}
    ours = {cell.number for found in marked.values() for cell in found}
    strays = [
        cell for cell in cells if cell.kind == "code" and cell.number not in ours and not _is_locked(cell, released)
    ]
    elsewhere = Elsewhere(strays)
    edited = _edited(cells, released)
    attempts = []
    for exercise in released.exercises:
        source, flags = _attempt(exercise, marked[exercise.id], bounds)
        flags += elsewhere.flags(exercise, source)
        check = grade_id(exercise.id, "check")
        if check in edited:
            flags.append(Flag(kind="edited-check", text=f"The check cell was {edited.pop(check)}; it is never run."))
        attempts.append((source, tuple(flags)))
    return Matching(tuple(attempts), tuple(_edits(edited)), sum(map(bool, marked.values())))


def likeness(cells: Sequence[Cell], released: ReleasedNotebook) -> int:
    """How many of a released notebook's marked cells are in a notebook."""
    ids = {exercise.solution_id for exercise in released.exercises} | set(released.locked)
    return len(ids & {name for cell in cells for name in (cell.grade_id, cell.own_id)})


def _cells_of(exercise: ReleasedExercise, cells: Sequence[Cell]) -> list[Cell]:
    by_id = [cell for cell in cells if cell.grade_id == exercise.solution_id]
    by_marks = [cell for cell in cells if not cell.grade_id and cell.marks == (exercise.id, "solution")]
    by_own = [cell for cell in cells if not cell.grade_id and cell.own_id == exercise.solution_id]
    return by_id or by_marks or by_own


def _is_locked(cell: Cell, released: ReleasedNotebook) -> bool:
    return cell.grade_id in released.locked or (not cell.grade_id and cell.own_id in released.locked)


def _attempt(exercise: ReleasedExercise, found: list[Cell], bounds: Bounds) -> tuple[str | None, list[Flag]]:
    flags: list[Flag] = []
    if not found:
        return None, [Flag(kind="missing-cell", text=f"The notebook has no cell for exercise {exercise.id}.")]
    cell = _chosen(exercise, found)
    if len(found) > 1:
        numbers = ", ".join(str(one.number) for one in found[:5])
        taken = f"cell {cell.number} was taken" if cell else "none was taken"
        more = " and more" if len(found) > 5 else ""
        flags.append(Flag(kind="duplicate-cell", text=f"{len(found)} cells bear its id ({numbers}{more}); {taken}."))
    if cell is None:
        one = found[-1]
        if one.kind == "code":
            text = f"The source of cell {one.number} is no text."
            return None, [*flags, Flag(kind="malformed", text=text)]
        kind = shown(one.kind, 20) or "of no type"
        text = f"Its cell {one.number} is no longer code but {kind}; it is not run."
        return None, [*flags, Flag(kind="cell-type", text=text)]
    return _source(cell, bounds, flags), flags


def _chosen(exercise: ReleasedExercise, found: list[Cell]) -> Cell | None:
    """The last code cell that differs from the stub, else the last code cell.

    The last definition is what a notebook that was run from top to bottom ends with, and what nbgrader takes; a copy
    that was left untouched below it is no attempt.
    """
    code = [cell for cell in found if cell.kind == "code" and cell.source is not None]
    stub = _bare(exercise.stub)
    written = [cell for cell in code if _bare(cell.source or "") not in (stub, "")]
    chosen = written or code
    return chosen[-1] if chosen else None


def _source(cell: Cell, bounds: Bounds, flags: list[Flag]) -> str | None:
    text = cell.source or ""
    if len(text.encode("utf-8")) > bounds.source_bytes:
        flags.append(
            Flag(kind="too-long", text=f"Its code is longer than {bounds.source_bytes:,} bytes; it is not run.")
        )
        return None
    unseen = hidden(text)
    if unseen:
        named = ", ".join(unseen[:5])
        flags.append(Flag(kind="hidden-characters", text=f"Its code has characters that are not seen: {named}."))
    if "\ufffd" in text:
        flags.append(Flag(kind="encoding", text="Its code has characters that could not be read (U+FFFD)."))
    code = python(text)
    if code.source is None:
        flags.append(
            Flag(kind="cell-magic", text=f"Its cell is no Python: it begins with {code.magic}; it is not run.")
        )
    elif code.notes:
        flags.append(Flag(kind="magic", text=f"Commands of the notebook were not run: {', '.join(code.notes)}."))
    return code.source


def _bare(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))


def _edited(cells: Sequence[Cell], released: ReleasedNotebook) -> dict[str, str]:
    """``grade_id`` of every locked cell that is not as it was -> what happened to it."""
    seen: dict[str, list[Cell]] = {name: [] for name in released.locked}
    for cell in cells:
        name = cell.grade_id or cell.own_id
        if name in seen:
            seen[name].append(cell)
    edited = {}
    for name, found in seen.items():
        same = [_bare(cell.source or "") == _bare(released.locked[name]) for cell in found]
        if not found:
            edited[name] = "deleted"
        elif not all(same):
            edited[name] = "edited"
        elif len(found) > 1:
            edited[name] = "copied"
    return edited


def _edits(edited: dict[str, str]) -> Iterator[Flag]:
    for what in ("edited", "deleted", "copied"):
        names = sorted(name for name, happened in edited.items() if happened == what)
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            named = ", ".join(shown(name, 60) for name in names[:5])
            yield Flag(kind="edited-cell", text=f"Locked cells were {what}: {named}{more}; none of them is run.")
