"""The corpus of tests/attacks/sandbox: each attack fails, and nobody else notices that it was made."""

from __future__ import annotations

import ast
import hashlib
import threading
import time
from pathlib import Path

import psutil
import pytest

from coursekit.grading.sandbox.limits import MIB, Limits

CORPUS = sorted((Path(__file__).parents[2] / "attacks" / "sandbox").glob("*.py"))
NEIGHBOUR = (
    "import hashlib, time\nfor _ in range(10):\n    time.sleep(0.02)\nanswer = hashlib.sha256(b'right').hexdigest()"
)
RIGHT = hashlib.sha256(b"right").hexdigest().encode()
WAYS_OF_FORBIDDEN_SUCCESS = b"gained"


def ends(path: Path) -> list[str]:
    return ast.get_docstring(ast.parse(path.read_text())).split("ends: ")[1].strip().split(", ")


def test_the_corpus_is_large_and_says_what_it_tries():
    assert len(CORPUS) >= 50
    for path in CORPUS:
        assert len(ast.get_docstring(ast.parse(path.read_text())).split("\n")[0]) >= 10, path.name


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_attack(path, sandbox, world):
    expected = ends(path)
    wall = 1.5 if expected == ["timeout"] else 20.0
    limits = Limits(
        wall_seconds=wall, cpu_seconds=10, memory_bytes=256 * MIB, processes=32, file_bytes=16 * MIB,
        scratch_bytes=32 * MIB, result_bytes=1 * MIB, output_bytes=100_000,
    )  # fmt: skip
    neighbours = []

    def neighbour() -> None:
        neighbours.append(sandbox.run({"source": NEIGHBOUR}, Limits(wall_seconds=30)))

    beside = threading.Thread(target=neighbour)
    beside.start()
    started = time.monotonic()
    outcome = sandbox.run({"source": path.read_text(), "places": world.places()}, limits)
    took = time.monotonic() - started
    beside.join()
    neighbour()

    assert outcome.kind in expected, outcome
    assert WAYS_OF_FORBIDDEN_SUCCESS not in outcome.result, outcome
    if outcome.kind == "observed":
        assert outcome.result == b"refused", outcome
    assert took < wall + 10
    assert len(outcome.output) <= limits.output_bytes
    assert [(one.kind, one.result) for one in neighbours] == [("observed", RIGHT)] * 2, neighbours
    assert world.disturbed() == []
    assert sandbox._generation == 1, "the server did not survive"


def test_nothing_is_left_of_any_attack(sandbox, world):
    """After the corpus: the launcher, the room's keeper and the server, and no process below them."""
    deadline = time.monotonic() + 10
    while True:
        below = psutil.Process(sandbox._process.pid).children(recursive=True)
        if len(below) == 2 or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert len(below) == 2, [process.cmdline() for process in below]
    outcome = sandbox.run({"source": "import os; answer = sorted(os.listdir('/scratch'))"})
    assert outcome.result == b"['.shm']"


def test_an_attack_on_a_bare_machine_is_not_run():
    import sys

    sys.path.insert(0, str(Path(__file__).parent / "double"))
    try:
        from attack_entry import attack

        with pytest.raises(RuntimeError, match="no sandbox"):
            attack("answer = 1")
    finally:
        sys.path.pop(0)
