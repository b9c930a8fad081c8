"""The pieces that need no namespace: the plan of the view, the filter's program, limits, and the plain subprocess."""

from __future__ import annotations

import errno
import itertools
import struct
import sys
from pathlib import Path

import pytest

from coursekit.errors import GradingError
from coursekit.grading.sandbox import choice, seccomp, view
from coursekit.grading.sandbox.limits import Limits
from coursekit.grading.sandbox.plain import PlainSubprocess

DOUBLE = Path(__file__).parent / "double"
EPERM, ENOSYS, EACCES = (0x50000 | number for number in (errno.EPERM, errno.ENOSYS, errno.EACCES))
ALLOW, KILL = 0x7FFF0000, 0x80000000


def judged(program: bytes, architecture: int, number: int, first: int = 0) -> int:
    """A classic BPF interpreter: what the kernel would decide about one call."""
    data = struct.pack("<IIQQ", number, architecture, 0, first)
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("HBBI", program, at * 8)
        at += 1
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif code == 0x06:
            return value
        else:
            test = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
            at += if_true if test else if_false


@pytest.mark.parametrize(("machine", "architecture"), [("x86_64", 0xC000003E), ("aarch64", 0xC00000B7)])
def test_the_filter_decides_as_it_says(machine, architecture):
    program = seccomp.program(machine)
    column = ["x86_64", "aarch64"].index(machine)
    assert len(program) // 8 < 4096
    for name, numbers in seccomp._DENIED.items():
        if numbers[column] is not None:
            assert judged(program, architecture, numbers[column]) == EPERM, name
    write, clone, socket = [(1, 64), (56, 220), (41, 198)]
    assert judged(program, architecture, write[column]) == ALLOW
    assert judged(program, architecture, 435) == ENOSYS
    assert judged(program, architecture, clone[column], 0x11) == ALLOW  # fork
    assert judged(program, architecture, clone[column], 0x003D0F00) == ALLOW  # a thread
    assert judged(program, architecture, clone[column], 0x10000000 | 0x11) == EPERM
    assert judged(program, architecture, socket[column], 1) == ALLOW
    for family in (2, 10, 16, 17, 38, 40):
        assert judged(program, architecture, socket[column], family) == EACCES
    assert judged(program, 0x40000003, 1) == KILL  # 32-bit calls on a 64-bit kernel
    if machine == "x86_64":
        assert judged(program, architecture, 0x40000000 | 101) == KILL


def test_the_view_shows_the_environment_and_covers_the_answers(tmp_path):
    open_, secret = tmp_path / "open", tmp_path / "open" / "secret"
    secret.mkdir(parents=True)
    (tmp_path / "alias").symlink_to(open_)
    plan = view.plan(readable=[tmp_path / "alias"], hidden=[secret, tmp_path / "elsewhere"])
    shown = dict(plan.visible)
    assert str(open_) in shown
    assert str(secret) in plan.hidden
    assert sys.prefix in shown or any(sys.prefix.startswith(top + "/") for top in shown)
    assert not any(str(Path.home()) == path or path == "/" for path in shown)
    repository = str(Path(view.__file__).parents[3])
    assert repository not in shown or repository.endswith("site-packages")


def test_a_cover_holds_under_every_name_of_a_folder(tmp_path, monkeypatch):
    real = tmp_path / "python-3.11.7"
    (real / "secret").mkdir(parents=True)
    (tmp_path / "python").symlink_to(real)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "python"))
    hidden = view.plan(hidden=[tmp_path / "python" / "secret"]).hidden
    assert {str(real / "secret"), str(tmp_path / "python" / "secret")} <= set(hidden)


def test_answers_are_found_whatever_their_form(tmp_path):
    room = tmp_path / "autograders" / "ch13"
    (room / "answers").mkdir(parents=True)
    (room / "__pycache__").mkdir()
    for name in ("e13_1.py", "e13_1_answers.py", "__pycache__/e13_1_answers.cpython-311.pyc"):
        (room / name).touch()
    found = {str(path.relative_to(room)) for path in view.answer_paths(tmp_path)}
    assert found == {"answers", "e13_1_answers.py", "__pycache__/e13_1_answers.cpython-311.pyc"}


def test_a_plain_subprocess_needs_trust():
    with pytest.raises(GradingError, match="--trust-submissions"):
        PlainSubprocess()


def test_without_a_sandbox_pick_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(choice, "available", lambda: choice.Availability(False, reason="no namespaces", mend="do this"))
    monkeypatch.setattr(choice, "_engine", lambda: None)
    with pytest.raises(GradingError, match=r"no namespaces.*do this.*--trust-submissions"):
        choice.pick()
    assert isinstance(choice.pick(trust=True), PlainSubprocess)


FAKE_ENGINE = """#!{python}
import os, sys
arguments = sys.argv[1:]
if arguments[0] == "run":
    for one, other in zip(arguments, arguments[1:]):
        if one == "--env":
            os.environ.update([other.split("=", 1)])
    at = next(i for i, word in enumerate(arguments) if word.startswith("localhost/"))
    os.execv(arguments[at + 1], arguments[at + 1 :])
"""


def test_a_container_gets_the_view_and_no_answer(tmp_path, monkeypatch):
    """With an engine that runs the command as it is: the words of the command line, and the way of the bytes."""
    fake = tmp_path / "podman"
    fake.write_text(FAKE_ENGINE.format(python=sys.executable))
    fake.chmod(0o755)
    monkeypatch.setattr(choice, "available", lambda: choice.Availability(False, reason="no namespaces"))
    monkeypatch.setattr(choice, "_engine", lambda: str(fake))
    secret = tmp_path / "open" / "secret"
    secret.mkdir(parents=True)
    sandbox = choice.pick(
        entry="attack_entry:harmless", trust=True, python_path=[DOUBLE], readable=[secret.parent], hidden=[secret]
    )
    line = sandbox.command("name", Limits(processes=7))
    words = " ".join(line)
    for part in ("--network none", "--read-only", "--cap-drop ALL", "no-new-privileges", "--pids-limit 7"):
        assert part in words
    volumes = [other.split(":") for one, other in itertools.pairwise(line) if one == "--volume"]
    assert all(options == "ro" for _source, _target, options in volumes)
    cover = next(source for source, target, _options in volumes if target == str(secret))
    assert list(Path(cover).iterdir()) == []
    assert sandbox.run({"text": "x"}).result == b"x"
    assert sandbox.run({"raise_": "MemoryError"}).kind == "out of memory"
    assert sandbox.run({"leave": True}).kind == "exited"
    assert sandbox.run({"print_": 100_000}, Limits(output_bytes=50)).kind == "too much output"
    sandbox.close()


def test_plain_subprocess_ends_as_the_sandbox_does():
    with PlainSubprocess("attack_entry:harmless", trust=True, python_path=[DOUBLE]) as plain:
        assert plain.run({"text": "x"}).result == b"x"
        assert plain.run({"raise_": "MemoryError"}).kind == "out of memory"
        assert plain.run({"raise_": "ValueError"}).kind == "broken"
        assert plain.run({"leave": True}).kind == "exited"
        assert plain.run({"print_": 100}, Limits(output_bytes=50)).kind == "too much output"
        assert plain.run({"text": "xx"}, Limits(result_bytes=1)).kind == "too much output"


@pytest.mark.parametrize(
    ("name", "said", "counts"),
    [
        ("podman", "[cpu io memory pids]", True),
        ("podman", "[memory]", False),
        ("podman", "[]", False),
        ("docker", "true", True),
        ("docker", "false", False),
        ("docker", "pids", False),
    ],
)
def test_a_container_without_trust_only_where_processes_are_counted(
    name: str, said: str, counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / name
    fake.write_text(f"#!/bin/sh\necho '{said}'\n")
    fake.chmod(0o755)
    monkeypatch.setattr(choice, "available", lambda: choice.Availability(False, reason="no namespaces"))
    monkeypatch.setattr(choice, "_engine", lambda: str(fake))
    if counts:
        assert type(choice.pick()).__name__ == "ContainerSandbox"
    else:
        with pytest.raises(GradingError, match="--trust-submissions"):
            choice.pick()
    assert type(choice.pick(trust=True)).__name__ == "ContainerSandbox"
