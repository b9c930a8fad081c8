"""NamespaceSandbox: outcomes, bounds, threads, and what happens when the server is killed."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from coursekit.errors import ConfigurationError, GradingError
from coursekit.grading.sandbox import available, pick
from coursekit.grading.sandbox.limits import MIB, Limits
from coursekit.grading.sandbox.namespaces import NamespaceSandbox

DOUBLE = Path(__file__).parent / "double"


@pytest.fixture(scope="module")
def harmless():
    with NamespaceSandbox("numpy", "attack_entry:harmless", python_path=[DOUBLE]) as sandbox:
        yield sandbox


def test_the_result_comes_back_whole(harmless):
    text = "ä" * 3_000_000
    outcome = harmless.run({"text": text}, Limits(result_bytes=8 * MIB))
    assert outcome.kind == "observed"
    assert outcome.result == text.encode()
    assert outcome.judged


def test_a_result_of_just_the_limit_passes_and_one_byte_more_does_not(harmless):
    assert harmless.run({"text": "x" * 1000}, Limits(result_bytes=1000)).kind == "observed"
    assert harmless.run({"text": "x" * 1001}, Limits(result_bytes=1000)).kind == "too much output"


def test_what_is_printed_is_kept_up_to_the_limit(harmless):
    outcome = harmless.run({"print_": 999}, Limits(output_bytes=1000))
    assert (outcome.kind, outcome.output) == ("observed", b"x" * 999 + b"\n")
    outcome = harmless.run({"print_": 1000}, Limits(output_bytes=1000))
    assert (outcome.kind, outcome.output) == ("too much output", b"x" * 1000)


def test_what_the_entry_raises_is_told_apart(harmless):
    assert harmless.run({"raise_": "MemoryError"}).kind == "out of memory"
    assert harmless.run({"leave": True}).kind == "exited"
    broken = harmless.run({"raise_": "ValueError"})
    assert broken.kind == "broken"
    assert not broken.judged
    assert "ValueError: here" in broken.detail


def test_jobs_run_side_by_side_and_keep_apart(harmless):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: harmless.run({"text": str(number)}).result, range(64)))
    assert found == [str(number).encode() for number in range(64)]


def test_nothing_is_left_open_here(harmless):
    harmless.run({"text": "x"})
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        harmless.run({"text": "x"})
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_killed_server_is_started_again_and_the_job_with_it():
    with NamespaceSandbox("numpy", "attack_entry:harmless", python_path=[DOUBLE]) as sandbox:
        assert sandbox.run({"text": "a"}).result == b"a"
        for process in psutil.Process(sandbox._process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # the first one's death takes the others along
                process.kill()
        assert sandbox.run({"text": "b"}).result == b"b"


def test_a_server_killed_under_a_running_job_costs_nothing_but_time():
    source = "import time; time.sleep(1.5); answer = 'done'"
    with (
        NamespaceSandbox("numpy", "attack_entry:attack", python_path=[DOUBLE]) as sandbox,
        ThreadPoolExecutor(1) as pool,
    ):
        job = pool.submit(sandbox.run, {"source": source})
        time.sleep(0.5)
        psutil.Process(sandbox._process.pid).kill()
        assert job.result(timeout=60).result == b"done"


def test_close_ends_every_process():
    sandbox = NamespaceSandbox("numpy", "attack_entry:attack", python_path=[DOUBLE])
    sandbox.start()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(
            sandbox.run, {"source": "import os, time; os.fork(); time.sleep(60)"}, Limits(wall_seconds=60)
        )
        time.sleep(0.5)
        family = psutil.Process(sandbox._process.pid).children(recursive=True)
        assert len(family) >= 5  # keeper, server, supervisor, worker, its child
        sandbox.close()
        _gone, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []
        assert job.result(timeout=10).kind == "broken"
    assert sandbox.run({"source": "answer = 1"}).kind == "broken"
    sandbox.start()
    assert sandbox.run({"source": "answer = 1"}).result == b"1"
    sandbox.close()


def test_the_sandbox_ends_with_the_grader_that_is_killed():
    code = (
        "import sys, time\n"
        "from coursekit.grading.sandbox.namespaces import NamespaceSandbox\n"
        f"sandbox = NamespaceSandbox('numpy', 'attack_entry:harmless', python_path=[{str(DOUBLE)!r}])\n"
        "sandbox.start(); print('ready', flush=True); time.sleep(60)"
    )
    grader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert grader.stdout.readline() == b"ready\n"
    family = psutil.Process(grader.pid).children(recursive=True)
    assert len(family) == 3
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    _gone, alive = psutil.wait_procs(family, timeout=10)
    grader.stdout.close()
    assert alive == []


def test_an_entry_that_cannot_be_imported_is_said_with_its_reason():
    with pytest.raises(GradingError, match="No module named 'nowhere'"):
        NamespaceSandbox("numpy", "nowhere:function").start()


def test_arguments_that_make_no_sense_are_refused():
    with pytest.raises(ConfigurationError, match="unknown server 'pytorch'"):
        NamespaceSandbox("pytorch")
    with pytest.raises(ConfigurationError, match="readable"):
        NamespaceSandbox("numpy", readable=["/"])
    with pytest.raises(ConfigurationError, match="wall_seconds"):
        Limits(wall_seconds=0)


def test_pick_takes_the_sandbox_also_where_submissions_are_trusted():
    assert available().namespaces
    assert available().filtered
    assert isinstance(pick(trust=True), NamespaceSandbox)


def test_the_torch_server_runs_a_training_step_the_same_in_every_child():
    with NamespaceSandbox("torch", "attack_entry:steps_torch", python_path=[DOUBLE]) as sandbox:
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda seed: sandbox.run({"seed": seed}), [1, 2, 1, 2]))
        assert [outcome.kind for outcome in outcomes] == ["observed"] * 4, outcomes
        assert outcomes[0].result == outcomes[2].result != outcomes[1].result == outcomes[3].result
        assert max(outcome.cpu_seconds for outcome in outcomes) < 2.0, "something is imported in every job"
