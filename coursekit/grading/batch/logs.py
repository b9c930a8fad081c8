"""One log for each submission: what was read, how each run ended, what it printed, what was judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from coursekit.grading.filenames import safe_name
from coursekit.grading.rendering import text
from coursekit.grading.submissions.model import Submission

from .job import Graded

FOLDER: Final = "logs"
# What a terminal would take for a command, and what turns the direction of a line.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def log_path(out: Path, student: str, assignment: str, notebook: str) -> Path:
    """Where the log of a submission is."""
    name = notebook if assignment == notebook else f"{assignment}-{notebook}"
    return out / FOLDER / safe_name(student) / f"{safe_name(name)}.log"


def write_log(out: Path, submission: Submission, graded: Sequence[Graded]) -> Path:
    """Write the log of a submission, unless it stands there already.

    Args:
        out: the run's folder.
        submission: as it was read.
        graded: of its exercises.
    """
    lines = [f"{submission.student}: {submission.path}", f"sha256 {submission.sha256 or '-'}"]
    if submission.problem:
        lines.append(f"problem: {submission.problem}")
    lines += [f"flag {flag.kind}: {flag.text}" for flag in submission.flags]
    for one in graded:
        result = one.result
        lines += ["", f"== {result.exercise_id}: {result.outcome}, {result.seconds:.2f} s, {result.graded_at}"]
        if one.detail:
            lines.append(f"detail: {one.detail}")
        lines += [f"flag {flag.kind}: {flag.text}" for flag in result.flags if flag not in submission.flags]
        lines.append(text.card(result.report))
        if one.output:
            lines += ["-- printed", one.output.rstrip()]
    content = _CONTROL.sub("?", "\n".join(lines)) + "\n"
    path = log_path(out, submission.student, submission.assignment, submission.notebook)
    data = content.encode("utf-8", "replace")
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_bytes(data)
        draft.replace(path)
    return path
