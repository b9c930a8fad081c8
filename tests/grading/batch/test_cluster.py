"""The same class on a Dask cluster: the same grades, also where a worker is killed midway."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_class import RELEASED, write_notebook

from coursekit.grading.batch.running import Summary, grade
from coursekit.grading.registry import answers
from coursekit.grading.report import Report
from coursekit.grading.results import Key

STUDENTS = 50


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class") / "submitted"
    found = answers("13.1")
    sources = [found.solution, *(source for _, source in found.forms()), "import os\nos._exit(0)"]
    for number in range(STUDENTS):
        write_notebook(folder, f"student{number:02d}", sources[number % len(sources)])
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as found:
        yield found


def _grade(submitted: Path, name: str, **options: Any) -> Summary:
    out = submitted.parent / name
    # One secret for all, so that all draw the same inputs.
    first = submitted.parent / "here" / "run.json"
    if first.exists() and not out.exists():
        out.mkdir()
        (out / "run.json").write_bytes(first.read_bytes())
    return grade(submitted, out, released=RELEASED, only=("13.1",), progress=False, **options)


def _grades(summary: Summary) -> dict[Key, Report]:
    return {result.key: result.report for result in summary.results}


@pytest.fixture(scope="module")
def here(submitted: Path) -> dict[Key, Report]:
    return _grades(_grade(submitted, "here", workers=2))


def test_a_cluster_gives_the_same_grades(submitted: Path, here: dict[Key, Report], cluster: Any) -> None:
    summary = _grade(submitted, "cluster", scheduler=cluster.scheduler_address)
    assert summary.ran == STUDENTS
    assert _grades(summary) == here


def test_so_does_one_whose_worker_is_killed(submitted: Path, here: dict[Key, Report], cluster: Any) -> None:
    victim = next(iter(cluster.workers.values())).pid
    ledger = submitted.parent / "killed" / "results.jsonl"
    finished = threading.Event()
    killed_at: list[int] = []

    def kill_midway() -> None:
        while not finished.wait(0.02):
            done = ledger.read_bytes().count(b"\n") if ledger.exists() else 0
            if done >= 10:
                os.kill(victim, signal.SIGKILL)
                killed_at.append(done)
                return

    killer = threading.Thread(target=kill_midway)
    killer.start()
    try:
        summary = _grade(submitted, "killed", scheduler=cluster.scheduler_address)
    finally:
        finished.set()
        killer.join()
    assert killed_at
    assert killed_at[0] < STUDENTS
    assert _grades(summary) == here
    assert len(summary.results) == STUDENTS
