"""A thousand submissions, some of them hostile, with a grader that is killed again and again.

    python -m benchmarks.soak_grading --students 500 --hostile 0.05 --kills 3

Each student hands in two notebooks, one with an exercise in NumPy, one in PyTorch. The same class is graded twice:
undisturbed, and by a grader that SIGKILL ends at random moments and that is started again each time. Grades must be
identical, none lost, none twice, no sandbox left behind, and the memory of the servers
flat. Takes some minutes; no part of ``make bench``. The second run is given the first one's secret, so that both draw
the same inputs.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.classroom import hand_in
from benchmarks.harness import save

SERVER = "coursekit.grading.sandbox.server"
EXERCISES = {
    "13_losses_and_optimizers": ("13.1",),
    "14_training_loop": ("14.1",),
}


def command(submitted: Path, out: Path, released: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "coursekit", "grade", str(submitted), "--out", str(out)),
        *("--released", str(released), "--workers", "2", "--no-progress"),
    ]


def lines(out: Path) -> list[dict[str, Any]]:
    path = out / "results.jsonl"
    content = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]


def grades(out: Path) -> dict[tuple[str, str], Any]:
    found = {}
    for line in lines(out):
        result = line["result"]
        found[result["student"], result["report"]["exercise_id"]] = {
            name: value for name, value in result.items() if name not in ("seconds", "graded_at")
        }
    return found


def servers(owner: Any) -> list[Any]:
    """The warm servers among the descendants of a process; not their children, which share most of their memory."""
    import psutil

    found = []
    try:
        for process in owner.children(recursive=True):
            try:
                if SERVER in process.cmdline() and SERVER not in process.parent().cmdline():
                    found.append(process)
            except (psutil.Error, AttributeError):
                continue
    except psutil.Error:
        pass
    return found


def memory(processes: list[Any]) -> int:
    """Bytes that are resident."""
    import psutil

    total = 0
    for process in processes:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def undisturbed(arguments: list[str], out: Path) -> tuple[float, list[tuple[int, int]]]:
    """Grade without a break; returns seconds, and (results so far, bytes of the servers) several times a second."""
    import psutil

    began = time.perf_counter()
    seen = []
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as process:
        owner = psutil.Process(process.pid)
        while process.poll() is None:
            seen.append((len(lines(out)), memory(servers(owner))))
            time.sleep(1.0)
    assert process.returncode in (0, 3), process.returncode
    return time.perf_counter() - began, seen


def killed(arguments: list[str], out: Path, kills: int, total: int, draw: random.Random) -> list[int]:
    """Grade, and kill the grader each time it has come a random way further; returns where it was killed."""
    import psutil

    at = []
    for _ in range(kills):
        already = len(lines(out))
        goal = already + draw.randint(1, max(2, (total - already) // 2))
        warm: list[Any] = []
        with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and len(lines(out)) < goal:
                time.sleep(draw.random() * 0.2)
                warm = servers(psutil.Process(process.pid)) or warm
            process.send_signal(signal.SIGKILL)
        at.append(len(lines(out)))
        # The kernel ends the sandboxes with their owner.
        assert not psutil.wait_procs(warm, timeout=10)[1], "a sandbox outlived its grader"
    done = subprocess.run(arguments, stdout=subprocess.DEVNULL, check=False)
    assert done.returncode in (0, 3), done.returncode
    return at


def soak(students: int, hostile: float, kills: int, folder: Path, released: Path) -> dict[str, Any]:
    submitted = folder / "submitted"
    bad: dict[str, str] = {}
    for number, (notebook, exercises) in enumerate(EXERCISES.items()):
        bad |= hand_in(
            released / f"{notebook}.ipynb", submitted, students, exercises=exercises, hostile=hostile, seed=number
        )
    calm, rough = folder / "calm", folder / "rough"
    seconds, seen = undisturbed(command(submitted, calm, released), calm)
    rough.mkdir()
    shutil.copy(calm / "run.json", rough / "run.json")
    at = killed(command(submitted, rough, released), rough, kills, len(grades(calm)), random.Random(7))
    one, other = grades(calm), grades(rough)
    different = [key for key in one if one[key] != other.get(key)]
    counted = Counter((line["result"]["student"], line["result"]["report"]["exercise_id"]) for line in lines(rough))
    warm = [size for done, size in seen if done > 0 and size > 0]
    part = max(1, len(warm) // 4)
    return {
        "submissions": students * len(EXERCISES),
        "hostile": len(bad),
        "exercises": len(one),
        "statuses": dict(Counter(grade["report"]["status"] for grade in one.values())),
        "outcomes": dict(Counter(grade["outcome"] for grade in one.values())),
        "seconds": round(seconds, 1),
        "killed after": at,
        "lost": len(set(one) - set(other)),
        "twice": sum(number > 1 for number in counted.values()),
        "different": [f"{student} {exercise}" for student, exercise in different],
        "servers, MiB: first quarter": round(max(warm[:part]) / 2**20),
        "servers, MiB: last quarter": round(max(warm[-part:]) / 2**20),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=500)
    parser.add_argument("--hostile", type=float, default=0.05)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--released", type=Path, default=Path("exercises"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = soak(options.students, options.hostile, options.kills, Path(folder), options.released)
    for name, value in found.items():
        print(f"{name:30} {value}")
    save("soak_grading", found)
    if found["lost"] or found["twice"] or found["different"]:
        raise SystemExit("grades differ")


if __name__ == "__main__":
    main()
