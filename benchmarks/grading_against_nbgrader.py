"""The same 20 submissions under ``nbgrader autograde`` and under ``coursekit grade``, one after the other.

    python -m benchmarks.grading_against_nbgrader --students 20

14.1 (PyTorch) and 14.2 (TensorFlow), each in a notebook of its own: right code in several styles, and every known
mistake. nbgrader runs one notebook after the other in a fresh kernel; ours has two workers. Start-up (importing the
framework in the sandbox) is shown apart and included. Takes a quarter of an hour; no part of ``make bench``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.classroom import hand_in
from benchmarks.harness import save

EXERCISES = {"14.1": ("torch", 50.0), "14.2": ("tensorflow", 15.0)}
"""Exercise -> server, and how many times nbgrader's throughput is wanted."""


def course(folder: Path, exercise_id: str, students: int) -> tuple[str, Path]:
    """A course of one assignment with one exercise, handed in by a class; returns its name and the released folder."""
    from coursekit.grading.release.drafting import update
    from coursekit.grading.release.nbgrader_course import nbgrader_layout
    from coursekit.grading.release.release import release

    name = f"exercise_{exercise_id.replace('.', '_')}"
    update(folder / "solutions" / f"{name}.ipynb", [exercise_id], title=f"Exercise {exercise_id}")
    release(folder / "solutions", folder / "exercises")
    nbgrader_layout(folder / "solutions", folder)
    hand_in(folder / "exercises" / f"{name}.ipynb", folder / "submitted", students, exercises=[exercise_id])
    return name, folder / "exercises"


def by_nbgrader(folder: Path, name: str, students: int) -> tuple[float, dict[str, float]]:
    """Seconds of ``nbgrader autograde`` for the whole class, and the points of its gradebook."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COURSEKIT_PROGRESS": str(folder / "progress.json"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }

    def run(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments], cwd=folder, env=environment, check=True, capture_output=True
        )

    run("generate_assignment", name, "--force")
    began = perf_counter()
    run("autograde", name)
    seconds = perf_counter() - began
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        points = {one.student.id: float(one.score) for one in book.assignment_submissions(name)}
    assert len(points) == students
    return seconds, points


def by_us(folder: Path, released: Path, workers: int) -> tuple[float, dict[str, float]]:
    """Seconds of ``coursekit grade``, from the command's start to its end, and the points of its gradebook."""
    from coursekit.grading.gradebook import Gradebook

    out = folder / "out"
    command = [sys.executable, "-m", "coursekit", "grade", str(folder / "submitted"), "--out", str(out)]
    began = perf_counter()
    subprocess.run([*command, "--released", str(released), "--workers", str(workers), "--no-progress"], check=True)
    seconds = perf_counter() - began
    with Gradebook(out / "gradebook.sqlite", create=False) as book:
        return seconds, {result.student: float(result.report.points) for result in book.results()}


def start_up(server: str) -> float:
    """Seconds until a sandbox of that framework is warm."""
    from coursekit.grading.batch.executors import Sandboxes

    sandboxes = Sandboxes()
    began = perf_counter()
    sandboxes.begin([server])[0].result()
    seconds = perf_counter() - began
    sandboxes.close()
    return seconds


def measure(exercise_id: str, students: int, workers: int) -> dict[str, Any]:
    server, wanted = EXERCISES[exercise_id]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        name, released = course(folder, exercise_id, students)
        ours, mine = by_us(folder, released, workers)
        warm = start_up(server)
        theirs, points = by_nbgrader(folder, name, students)
    differing = sorted(student for student in points if points[student] != mine[student])
    return {
        "submissions": students,
        "nbgrader, s": round(theirs, 1),
        "nbgrader, s a submission": round(theirs / students, 2),
        "ours, s, start-up included": round(ours, 1),
        "ours, start-up, s": round(warm, 1),
        "ours, s a submission, start-up apart": round((ours - warm) / students, 3),
        "throughput ratio, start-up included": round(theirs / ours, 1),
        "throughput ratio, start-up apart": round(theirs / (ours - warm), 1),
        "wanted": wanted,
        "points that differ": differing,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercises", nargs="*", default=list(EXERCISES))
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    found = {name: measure(name, options.students, options.workers) for name in options.exercises}
    for exercise_id, figures in found.items():
        print(f"{exercise_id} ({EXERCISES[exercise_id][0]})")
        for name, value in figures.items():
            print(f"  {name:40} {value}")
    print(json.dumps(found))
    save("grading_against_nbgrader", found)


if __name__ == "__main__":
    main()
