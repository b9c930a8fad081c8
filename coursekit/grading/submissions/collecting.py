"""All that a class handed in: every notebook once, and a list of the files that are not graded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from coursekit.grading.release.released import ReleasedNotebook
from coursekit.grading.results import Flag

from .bounds import DEFAULT, Bounds
from .finding import find
from .found import Ignored
from .model import Submission
from .reading import Reading, read_closely


@dataclass(frozen=True)
class Collected:
    """What a class handed in.

    Args:
        submissions: by student, assignment and notebook; no two of the same three.
        ignored: every file that is not graded, with the reason; by path.
    """

    submissions: tuple[Submission, ...]
    ignored: tuple[Ignored, ...]


def collect(path: Path, released: Mapping[str, ReleasedNotebook], bounds: Bounds = DEFAULT) -> Collected:
    """Find and read everything, one notebook at a time.

    Where several files of one student are copies of the same released notebook, one is taken, by what does not change
    from day to day: first those that can be read, then those whose name is the released notebook's, then those in which
    more of the exercises' cells are left, then the one that stands highest, then the first by its path. It is flagged,
    and the others are listed.

    Raises:
        GradingError: as ``find`` does.
    """
    groups: dict[tuple[str, str, str], list[tuple[tuple[bool, int, int, int, str, int], Reading]]] = {}
    with find(path, released, bounds) as finding:
        ignored = list(finding.ignored)
        for number, found in enumerate(finding.notebooks):
            reading = read_closely(found, released, bounds)
            one = reading.submission
            if not one.notebook:
                ignored.append(Ignored(path=one.path, kind="no-notebook", reason=one.problem.rstrip(".")))
                continue
            rank = (bool(one.problem), reading.name_rank, -reading.cells, found.depth, found.path, number)
            groups.setdefault((one.student, one.assignment, one.notebook), []).append((rank, reading))
    submissions = []
    for _, readings in sorted(groups.items()):
        first, *others = (reading.submission for _, reading in sorted(readings, key=lambda pair: pair[0]))
        submissions.append(_with_others(first, others))
        ignored += [
            Ignored(path=other.path, kind="duplicate", reason=f"{first.path} of the same student was taken")
            for other in others
        ]
    return Collected(tuple(submissions), tuple(sorted(ignored)))


def _with_others(first: Submission, others: list[Submission]) -> Submission:
    if not others:
        return first
    named = ", ".join(other.path for other in others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    same = bool(first.sha256) and all(other.sha256 == first.sha256 for other in others)
    text = (
        f"The student handed in this notebook {len(others) + 1} times{', always the same' if same else ''}: not taken"
    )
    return replace(first, flags=(*first.flags, Flag(kind="duplicate-notebook", text=f"{text}: {named}.")))
