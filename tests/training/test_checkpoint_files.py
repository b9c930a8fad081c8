"""Checkpoints on the disk: killed at every call that touches a file, damaged in every way, on a disk that is full."""

from __future__ import annotations

import json
import random
import shutil
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import resume_runs

from coursekit.errors import CheckpointError, CheckpointWarning
from coursekit.training import checkpoint_files as files
from coursekit.training import resume
from coursekit.training.callbacks import Checkpoint

memory_path = pytest.fixture(resume_runs.memory_path)
LOSSES = {3: 0.9, 6: 0.5, 9: 0.7}


def arrays_of(step: int) -> dict[str, Any]:
    return {
        "w": np.random.default_rng(step).random((4, 3), np.float32),
        "step": np.asarray(step, np.int64),  # without axes, as batch norm's counter
        "none": np.zeros((0, 2), np.uint8),
    }


def state_of(step: int, *, in_epoch: bool, stop: bool = False) -> Any:
    logs = {} if in_epoch else {"loss": LOSSES[step]}
    return SimpleNamespace(
        step=step,
        epoch=step // 3,
        epochs=3,
        in_epoch=in_epoch,
        logs=logs,
        stop_reason="stop" if stop else None,
        is_main=True,
        snapshot=lambda: (arrays_of(step), {"step": step, "in_epoch": in_epoch, "logs": logs}),
    )


def go_on(folder: Path, keep: int) -> None:
    """The saves of a run of three epochs, three steps each, from where the folder's newest checkpoint stands."""
    keeper = Checkpoint(folder, keep=keep, every_n_steps=3)
    found = resume.load_newest(folder)
    begun, within = (0, False) if found is None else (found[1]["step"], found[1]["in_epoch"])
    keeper.on_train_begin(state_of(begun, in_epoch=within) if begun else SimpleNamespace(is_main=True, step=0))
    for step in LOSSES:
        if step > begun:
            keeper.on_step_end(state_of(step, in_epoch=True))
        if step > begun or (step == begun and within):
            keeper.on_epoch_end(state_of(step, in_epoch=False))


def seen(folder: Path) -> dict[str, bytes]:
    """Every file of a run, by name."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def write(folder: Path, step: int) -> Path:
    return files.write(folder, step, *state_of(step, in_epoch=False).snapshot())


@pytest.mark.parametrize("keep", [1, 2])
def test_killed_at_every_call_that_touches_a_file(keep: int, memory_path: Path) -> None:
    tmp_path = memory_path
    child, pipe = resume_runs.fork(lambda _: go_on(tmp_path / "peace", keep))
    assert resume_runs.kill_after(child, pipe, None, 0)[0] == 0
    wanted = seen(tmp_path / "peace")
    assert json.loads(wanted["best.json"])["step"] == 6
    countdown, ended = 0, False
    while not ended:
        countdown += 1
        folder = tmp_path / f"killed-{countdown}"

        def work(_: object, folder: Path = folder, countdown: int = countdown) -> None:
            resume_runs.die_within_writes(countdown)
            go_on(folder, keep)

        child, pipe = resume_runs.fork(work)
        status = resume_runs.kill_after(child, pipe, None, 0)[0]
        ended = status == 0
        # Whatever the moment, what has a checkpoint's name is whole: no warning, no error.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for path in files.list_checkpoints(folder):
                arrays, values = files.read(path)
                assert all(arrays[name].tobytes() == a.tobytes() for name, a in arrays_of(values["step"]).items())
            go_on(folder, keep)
        assert seen(folder) == wanted, countdown
        shutil.rmtree(folder)
    assert countdown > 80


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    arrays, state = files.read(files.write(tmp_path, 7, arrays_of(7), {"a": [1.5, float("nan")], "b": {"c": None}}))
    for name, wanted in arrays_of(7).items():
        assert (arrays[name].dtype, arrays[name].shape) == (wanted.dtype, wanted.shape)
        assert arrays[name].tobytes() == wanted.tobytes()
    assert repr(state) == repr({"a": [1.5, float("nan")], "b": {"c": None}})


def test_keys_that_are_numbers_do_not_upset_the_checksum(tmp_path: Path) -> None:
    path = files.write(tmp_path, 1, {}, {"counts": {10: 1, 2: 2}})
    assert files.read(path)[1] == {"counts": {"10": 1, "2": 2}}


@pytest.mark.parametrize("name", [files.ARRAYS, files.STATE])
def test_every_flipped_bit_and_every_cut_is_noticed(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, 3) / name
    whole = path.read_bytes()
    rng = random.Random(0)
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match="is damaged"):
            files.read(path.parent)
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="is damaged"):
            files.read(path.parent)
    path.write_bytes(whole)
    files.read(path.parent)


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    middle = len(content) // 2
    if how == "missing":
        path.unlink()
    elif how == "no folder":
        shutil.rmtree(path.parent)
        path.parent.mkdir()
    else:
        path.write_bytes(
            {
                "truncated": content[:middle],
                "flipped": content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :],
                "empty": b"",
                "other JSON": b'{"a": 1}',
                "a list": b"[]",
                "not text": b"\xff\xfe\x00",
            }[how]
        )


HOW = ["missing", "no folder", "truncated", "flipped", "empty", "other JSON", "a list", "not text"]


@pytest.mark.parametrize("name", [files.ARRAYS, files.STATE])
@pytest.mark.parametrize("how", HOW)
def test_a_damaged_checkpoint_is_passed_over_with_a_warning(name: str, how: str, tmp_path: Path) -> None:
    for step in (3, 6, 9):
        write(tmp_path, step)
    damage(tmp_path / "step-0000000009" / name, how)
    with pytest.warns(CheckpointWarning, match=r"step-0000000009 is damaged .* passed over") as warned:
        found = resume.load_newest(tmp_path)
    assert len(warned) == 1
    assert found is not None
    assert found[1]["step"] == 6
    assert found[0]["w"].tobytes() == arrays_of(6)["w"].tobytes()


def test_when_all_are_damaged_nothing_is_guessed(tmp_path: Path) -> None:
    for step in (3, 6):
        damage(write(tmp_path, step) / files.STATE, "empty")
    with (
        pytest.warns(CheckpointWarning),
        pytest.raises(CheckpointError, match=r"all 2 checkpoints in .* are damaged.*resume=False"),
    ):
        resume.load_newest(tmp_path)


def test_an_empty_folder_and_none_at_all_hold_no_checkpoint(tmp_path: Path) -> None:
    assert resume.load_newest(tmp_path) is None
    assert resume.load_newest(tmp_path / "nowhere") is None


def test_a_checkpoint_of_a_later_format_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FORMAT", 2)
    path = write(tmp_path, 3)
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="of format 2"):
        files.read(path)


def test_a_damaged_one_does_not_count_among_those_kept(tmp_path: Path) -> None:
    for step in (3, 6):
        write(tmp_path, step)
    damage(tmp_path / "step-0000000006" / files.ARRAYS, "flipped")
    with pytest.warns(CheckpointWarning, match="passed over"):
        go_on(tmp_path, keep=1)
    names = resume_runs.names_in(tmp_path)
    assert names == ["best.json", "passed-over-step-0000000006", "step-0000000006-02", "step-0000000009-02"]
    assert files.is_whole(tmp_path / "step-0000000009-02")


@pytest.mark.parametrize("how", ["truncated", "flipped", "empty", "other JSON", "a list", "not text"])
def test_a_damaged_note_of_the_best_is_not_believed(how: str, tmp_path: Path) -> None:
    go_on(tmp_path, keep=4)
    assert Checkpoint(tmp_path).find("best").name == "step-0000000006-02"
    damage(tmp_path / "best.json", how)
    assert files.read_small(tmp_path / "best.json") == {}
    with pytest.warns(CheckpointWarning, match=r"best.json is damaged"):
        assert Checkpoint(tmp_path).find("best").name == "step-0000000009-02"
    Checkpoint(tmp_path).on_epoch_end(state_of(9, in_epoch=False))  # written anew, and no error
    assert Checkpoint(tmp_path).find("best").name == "step-0000000009-03"


def test_two_processes_writing_temporaries_are_told_apart_and_swept(tmp_path: Path) -> None:
    (tmp_path / ".step-0000000003.abc.tmp").mkdir()
    (tmp_path / ".step-0000000003.abc.tmp" / files.ARRAYS).write_bytes(b"half")
    (tmp_path / ".best.json.abc.tmp").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, 3)
    files.sweep(tmp_path)
    assert resume_runs.names_in(tmp_path) == ["notes.txt", "step-0000000003"]
