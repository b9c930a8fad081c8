"""A run killed with SIGKILL at 40 moments ends as if nothing had happened, bit for bit; see ``resume_runs.py``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import resume_runs

memory_path = pytest.fixture(resume_runs.memory_path)


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_a_run_killed_forty_times_ends_like_one_that_was_not(framework: str, memory_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, resume_runs.__file__, framework, str(memory_path / "runs")],
        capture_output=True,
        text=True,
        timeout=900,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["peace"] == figures["status"] == 0, done.stderr[-4000:]
    assert figures["killed"] == {"outside": 20, "within writes": 20}
    assert figures["differing"] == []
    # The kills were spread over the run, and truly cost something that had to be done again.
    steps = figures["steps"]
    assert steps == 288
    assert figures["at"][0] < 0.1 * steps
    assert figures["at"][-1] > 0.4 * steps
    assert sum(lost > 0 for lost in figures["lost"]) >= 10
    assert figures["rest"] > 0
    left = [path.name for path in (memory_path / "runs").rglob("*") if ".tmp" in path.name]
    assert left == []
