"""What was handed in, once it has been read: plain text and flags. Nothing of it has been run."""

from __future__ import annotations

from dataclasses import dataclass

from coursekit.grading.results import Flag


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One exercise of one submission.

    Args:
        exercise_id: ``"14.1"``.
        source: the student's own code for it, as Python: magics and shell escapes neutralised, line numbers kept. The
            setup of the released notebook is not in it. None: there is no code to run (see ``flags`` for why).
        flags: what an instructor should look at in this exercise.
    """

    exercise_id: str
    source: str | None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One notebook that one student handed in.

    Args:
        student: the folder's or file's name, without control characters.
        assignment: nbgrader's folder, else what the file's name says, else the released notebook's name.
        notebook: name of the released notebook that it is a copy of, without ``.ipynb``; empty where that is unknown.
        path: where it was found, for people: ``"ada/week3/14.ipynb"``, ``"all.zip!ada/14.ipynb"``; safe to print.
        sha256: of the file's bytes; empty where they were not read.
        attempts: every exercise of the released notebook, in its order.
        flags: of the whole file.
        problem: why it could not be read, in one sentence; empty where it could. Every attempt then has no source.
    """

    student: str
    assignment: str
    notebook: str
    path: str
    sha256: str
    attempts: tuple[Attempt, ...]
    flags: tuple[Flag, ...] = ()
    problem: str = ""
