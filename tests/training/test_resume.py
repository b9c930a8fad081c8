"""Resuming, case by case: interrupted, finished, changed, damaged, on a full disk, from a DataLoader."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import resource
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import resume_runs

from coursekit.errors import CallbackError, CheckpointError, CheckpointWarning, ConfigurationError
from coursekit.training import Trainer
from coursekit.training import checkpoint_files as files
from coursekit.training.callback import Callback
from coursekit.training.callbacks import Checkpoint, EarlyStopping

TRAIN, VALIDATION = resume_runs.data()
TRAIN = TRAIN[:40]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


class At(Callback):
    """Do something after a step, once."""

    every_n_steps = 1

    def __init__(self, step: int, action: Any) -> None:
        self.step, self.action = step, action

    def on_step_end(self, state: Any) -> None:
        if state.step == self.step:
            self.action()


def trainer(framework: str = "torch", **options: Any) -> Trainer:
    return Trainer(resume_runs.tiny_model(framework), learning_rate=3e-3, **{"seed": 1, **options})


def fit(who: Trainer, folder: Path, *others: Callback, **options: Any) -> Any:
    keeper = Checkpoint(folder, every_n_steps=2, keep=2)
    given = {"epochs": 3, "batch_size": 8, "progress": False, "callbacks": [keeper, *others], **options}
    return who.fit(given.pop("train", TRAIN), VALIDATION, **given)


def end_of(who: Trainer) -> dict[str, bytes]:
    """Everything that a run leaves behind, bit for bit."""
    arrays, _ = who.backend.get_state()
    return {name: array.tobytes() for name, array in arrays.items()} | {"history": repr(who.history.to_json()).encode()}


def interrupt() -> None:
    raise KeyboardInterrupt


def interrupted(folder: Path, step: int, who: Trainer | None = None, **options: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(who or trainer(), folder, At(step, interrupt), **options)


def seen(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# Going on ---------------------------------------------------


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_an_interrupted_run_goes_on_bit_for_bit(framework: str, tmp_path: Path) -> None:
    alone, first, second = (trainer(framework) for _ in range(3))
    fit(alone, tmp_path / "alone")
    interrupted(tmp_path / "broken", 8, first)
    fit(second, tmp_path / "broken", resume=True)
    assert end_of(second) == end_of(alone)
    assert len(second.history.epochs) == 3
    assert len(second.history.steps["loss"]) == 15


def test_an_interrupted_trainer_goes_on_itself(tmp_path: Path) -> None:
    alone, broken = trainer(), trainer()
    fit(alone, tmp_path / "alone")
    interrupted(tmp_path / "broken", 13, broken)
    fit(broken, tmp_path / "broken", resume=True)
    assert end_of(broken) == end_of(alone)


def test_a_callback_that_raises_ends_the_run_and_its_checkpoint_is_kept(tmp_path: Path) -> None:
    alone, second = trainer(), trainer()
    fit(alone, tmp_path / "alone")
    with pytest.raises(CallbackError, match="ZeroDivisionError"):
        fit(trainer(), tmp_path / "broken", At(9, lambda: 1 / 0))
    fit(second, tmp_path / "broken", resume=True)
    assert end_of(second) == end_of(alone)


def test_more_epochs_than_before(tmp_path: Path) -> None:
    alone, second = trainer(), trainer()
    fit(alone, tmp_path / "alone", epochs=4)
    fit(trainer(), tmp_path / "short", epochs=2)
    fit(second, tmp_path / "short", epochs=4, resume=True)
    assert end_of(second) == end_of(alone)


def test_resuming_a_finished_run_changes_nothing(tmp_path: Path) -> None:
    first, second = trainer(), trainer()
    fit(first, tmp_path / "a")
    before = seen(tmp_path / "a")
    history = fit(second, tmp_path / "a", resume=True)
    assert end_of(second) == end_of(first)
    assert history.epochs == [1, 2, 3]
    assert seen(tmp_path / "a") == before


def test_resuming_a_run_that_stopped_early_does_not_go_on(tmp_path: Path) -> None:
    def stopped(who: Trainer, **options: Any) -> Any:
        return fit(who, tmp_path / "a", EarlyStopping(patience=1, min_delta=10.0), epochs=9, **options)

    first, second = trainer(), trainer()
    assert len(stopped(first).epochs) == 2
    assert len(stopped(second, resume=True).epochs) == 2
    assert end_of(second) == end_of(first)
    assert second.history.stop_reason == first.history.stop_reason is not None


def test_resume_starts_where_nothing_is_there(tmp_path: Path) -> None:
    alone, second = trainer(), trainer()
    fit(alone, tmp_path / "alone")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(second, tmp_path / "new" / "deep", resume=True)
    assert end_of(second) == end_of(alone)


def test_resume_without_a_checkpoint_callback_says_what_to_add(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"Checkpoint\("):
        trainer().fit(TRAIN, epochs=1, batch_size=8, resume=True, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_fresh_run_moves_the_old_one_aside(tmp_path: Path) -> None:
    fit(trainer(), tmp_path / "a", epochs=1)
    before = seen(tmp_path / "a")
    for number in (1, 2):
        with pytest.warns(CheckpointWarning, match=rf"now in .*a\.previous-{number}"):
            fit(trainer(), tmp_path / "a", epochs=1)
        assert seen(tmp_path / f"a.previous-{number}") == before
    assert seen(tmp_path / "a") == before


def test_a_folder_that_cannot_be_moved_aside_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit(trainer(), tmp_path / "a", epochs=1)

    def busy(*_: Any) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(os, "rename", busy)
    with pytest.raises(CheckpointError, match="cannot be moved aside"):
        fit(trainer(), tmp_path / "a", epochs=1)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_shuffling_dataloader_goes_on_bit_for_bit_from_the_last_epoch(workers: int, tmp_path: Path) -> None:
    import torch

    images = torch.from_numpy(TRAIN.images).permute(0, 3, 1, 2).contiguous()
    dataset = torch.utils.data.TensorDataset(images, torch.from_numpy(TRAIN.labels))

    def run(who: Trainer, name: str, *others: Callback, **options: Any) -> None:
        loader = torch.utils.data.DataLoader(dataset, 8, shuffle=True, num_workers=workers)
        held_out = torch.utils.data.DataLoader(dataset, 16, shuffle=True)
        who.fit(loader, held_out, epochs=4, progress=False, callbacks=[Checkpoint(tmp_path / name), *others], **options)

    alone, second = trainer(), trainer()
    run(alone, "alone")
    with pytest.raises(KeyboardInterrupt):
        run(trainer(), "broken", At(12, interrupt))
    torch.manual_seed(99)  # the user's own stream has moved on in the meantime
    run(second, "broken", resume=True)
    assert end_of(second) == end_of(alone)


def test_steps_of_a_stream_cannot_be_gone_back_to(tmp_path: Path) -> None:
    batches = [(TRAIN.images[:8], TRAIN.labels[:8])]
    with pytest.raises(ConfigurationError, match="every_n_steps"):
        fit(trainer(), tmp_path / "a", train=batches)
    assert list(tmp_path.iterdir()) == []


# What must not have changed ---------------------------------------------------


def wider(framework: str = "torch") -> Any:
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.Linear(36, 3))


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "seed": ({"seed": 2}, {}, r"another seed: the checkpoint has 1, this run 2"),
    "batch size": ({}, {"batch_size": 10}, r"another batch size: the checkpoint has 8, this run 10"),
    "optimizer": ({"optimizer": "sgd"}, {}, r"another optimizer: the checkpoint has 'adam', this run 'sgd'"),
    "accumulate": ({"accumulate": 2}, {}, r"another accumulate: the checkpoint has 1, this run 2"),
    "labels": ({}, {"train": TRAIN[np.arange(39, -1, -1)]}, r"another training data"),
    "fewer images": ({}, {"train": TRAIN[:39]}, r"another training data"),
}


@pytest.mark.parametrize("what", list(CHANGES))
def test_a_changed_run_is_not_resumed(what: str, tmp_path: Path) -> None:
    fit(trainer(), tmp_path / "a", epochs=1)
    before = seen(tmp_path / "a")
    how, options, message = CHANGES[what]
    with pytest.raises(CheckpointError, match=message):
        fit(trainer(**how), tmp_path / "a", **{"epochs": 2, "resume": True, **options})
    assert seen(tmp_path / "a") == before


def test_another_model_is_not_resumed_or_loaded(tmp_path: Path) -> None:
    fit(trainer(), tmp_path / "a", epochs=1)
    other = Trainer(wider(), learning_rate=3e-3, seed=1)
    before = end_of(other)
    with pytest.raises(CheckpointError, match="another model"):
        fit(other, tmp_path / "a", epochs=2, resume=True)
    with pytest.raises(CheckpointError, match="another model"):
        other.load(tmp_path / "a")
    assert {k: v for k, v in end_of(other).items() if k != "history"} == {
        k: v for k, v in before.items() if k != "history"
    }


# Damage ---------------------------------------------------


@pytest.mark.parametrize("name", [files.ARRAYS, files.STATE])
def test_a_damaged_checkpoint_costs_a_few_steps_and_nothing_else(name: str, tmp_path: Path) -> None:
    alone, second = trainer(), trainer()
    fit(alone, tmp_path / "alone")
    interrupted(tmp_path / "a", 9)
    path = files.list_checkpoints(tmp_path / "a")[-1]
    content = bytearray((path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (path / name).write_bytes(content)
    with pytest.warns(CheckpointWarning, match=f"{path.name} is damaged"):
        fit(second, tmp_path / "a", resume=True)
    assert end_of(second) == end_of(alone)


def test_when_all_are_damaged_the_run_does_not_start_over_by_itself(tmp_path: Path) -> None:
    interrupted(tmp_path / "a", 9)
    for path in files.list_checkpoints(tmp_path / "a"):
        (path / files.STATE).write_bytes(b"")
    with pytest.warns(CheckpointWarning), pytest.raises(CheckpointError, match="all 3 checkpoints"):
        fit(trainer(), tmp_path / "a", resume=True)
    with pytest.warns(CheckpointWarning, match="now in"):
        fit(trainer(), tmp_path / "a", epochs=1)


# A full disk ---------------------------------------------------


def mounted(folder: Path) -> bool:
    try:
        return (
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True).returncode
            == 0
        )
    except OSError:
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB where this process may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    there = mounted(folder)
    yield folder
    if there:
        subprocess.run(["umount", folder], check=True)


class FullDisk:
    """Lets every write fail from some moment on, in one of three ways."""

    def __init__(self, how: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.how, self.folder, self.patch = how, folder, monkeypatch
        self.limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        if self.how == "full disk" and os.path.ismount(self.folder):
            with (self.folder / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
            assert shutil.disk_usage(self.folder).free == 0
        elif self.how == "file size limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, self.limits[1]))
        else:

            def full(_: int) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            self.patch.setattr(os, "fsync", full)

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.limits)
        (self.folder / "ballast").unlink(missing_ok=True)
        self.patch.undo()


@pytest.mark.parametrize("how", ["full disk", "file size limit", "failing flush"])
def test_a_full_disk_costs_a_warning_and_no_checkpoint(
    how: str, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, first, second = trainer(), trainer(), trainer()
    fit(alone, small_disk / "alone")
    disk = FullDisk(how, small_disk, monkeypatch)
    kept: dict[str, bytes] = {}

    def fill() -> None:
        kept.update(seen(small_disk / "a"))
        disk.fill()

    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", CheckpointWarning)
            fit(first, small_disk / "a", At(7, fill))
    finally:
        disk.free()
    said = [re.search(r"could be written at step (\d+)", str(w.message)) for w in warned]
    assert [int(found[1]) for found in said if found] == [8, 10, 10, 12, 14, 15]  # within and at the end of epochs
    assert end_of(first) == end_of(alone)
    assert {Path(name).parts[0] for name in kept} == {"best.json", "step-0000000005", "step-0000000006"}
    assert seen(small_disk / "a") == kept  # the last good ones, and nothing half-written beside them
    fit(second, small_disk / "a", resume=True)
    assert end_of(second) == end_of(alone)


# Best, last, keep ---------------------------------------------------


class Scores(Callback):
    """Put a figure of our choice into each epoch's logs."""

    def __init__(self, name: str, values: list[float]) -> None:
        self.name, self.values = name, values

    def on_epoch_end(self, state: Any) -> None:
        state.logs[self.name] = self.values[state.epoch - 1]


NAN = float("nan")


@pytest.mark.parametrize(
    ("name", "mode", "values", "best"),
    [
        ("val_score", "auto", [0.1, 0.7, 0.3, 0.7], 2),  # larger is better; of equal ones the first
        ("val_score", "min", [0.5, 0.7, 0.3, 0.4], 3),
        ("my_loss", "auto", [0.5, 0.2, 0.3, 0.4], 2),
        ("my_loss", "max", [0.5, 0.2, 0.3, 0.4], 1),
        ("my_loss", "auto", [NAN, 0.9, NAN, 1.0], 2),  # NaN is never the best
    ],
)
def test_the_best_is_kept_and_found(name: str, mode: str, values: list[float], best: int, tmp_path: Path) -> None:
    who, keeper = trainer(), Checkpoint(tmp_path, monitor=name, mode=mode, keep=1)
    remembered: dict[int, Any] = {}

    class Remember(Callback):
        def on_epoch_end(self, state: Any) -> None:
            remembered[state.epoch] = state.weights()

    who.fit(TRAIN, epochs=4, batch_size=8, progress=False, callbacks=[keeper, Scores(name, values), Remember()])
    assert keeper.find("best").name == f"step-{5 * best:010d}"
    assert keeper.find("last").name == "step-0000000020"
    assert {p.name for p in files.list_checkpoints(tmp_path)} == {f"step-{5 * best:010d}", "step-0000000020"}
    for which, epoch in (("best", best), ("last", 4)):
        other = trainer()
        other.load(tmp_path, which)
        weights = other.backend.get_weights()
        assert all(weights[key].tobytes() == array.tobytes() for key, array in remembered[epoch].items())


def test_without_the_figure_the_training_loss_decides(tmp_path: Path) -> None:
    who, keeper = trainer(), Checkpoint(tmp_path, keep=3)
    history = who.fit(TRAIN, epochs=3, batch_size=8, progress=False, callbacks=[keeper])
    assert keeper.find("best").name == f"step-{5 * history.best('loss')[0]:010d}"


@pytest.mark.parametrize("keep", [1, 3, 9])
def test_so_many_of_the_newest_are_kept(keep: int, tmp_path: Path) -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    callbacks = [Checkpoint(tmp_path, monitor="my_loss", keep=keep), Scores("my_loss", values)]
    trainer().fit(TRAIN, epochs=5, batch_size=8, progress=False, callbacks=callbacks)
    steps = [files.step_of(path) for path in files.list_checkpoints(tmp_path)]
    assert steps == sorted({5} | set([5, 10, 15, 20, 25][-keep:]))


def test_every_n_epochs_and_the_last(tmp_path: Path) -> None:
    keeper = Checkpoint(tmp_path, keep=9, every_n_epochs=2)
    trainer().fit(TRAIN, epochs=5, batch_size=8, progress=False, callbacks=[keeper])
    assert [files.step_of(path) for path in files.list_checkpoints(tmp_path)] == [10, 20, 25]


def test_two_checkpoints_in_two_folders(tmp_path: Path) -> None:
    def keepers() -> list[Checkpoint]:
        return [
            Checkpoint(tmp_path / "a", monitor="val_loss", every_n_steps=2),
            Checkpoint(tmp_path / "b", monitor="val_accuracy", keep=1, every_n_steps=3),
        ]

    def run(who: Trainer, callbacks: list[Any], **options: Any) -> None:
        who.fit(TRAIN, VALIDATION, epochs=3, batch_size=8, progress=False, callbacks=callbacks, **options)

    alone, second = trainer(), trainer()
    run(alone, keepers())
    wanted = seen(tmp_path)
    with pytest.warns(CheckpointWarning), pytest.raises(KeyboardInterrupt):
        run(trainer(), [*keepers(), At(10, interrupt)])
    run(second, keepers(), resume=True)
    assert end_of(second) == end_of(alone)
    for name in ("a", "b"):
        assert seen(tmp_path / name).keys() == {
            str(Path(path).relative_to(name)) for path in wanted if Path(path).parts[0] == name
        }


def test_load_says_what_is_wrong(tmp_path: Path) -> None:
    who = trainer()
    with pytest.raises(CheckpointError, match="no checkpoint in"):
        who.load(tmp_path / "nothing")
    with pytest.raises(ConfigurationError, match="which='worst'"):
        who.load(tmp_path, "worst")
    fit(who, tmp_path / "a", epochs=1)
    (files.list_checkpoints(tmp_path / "a")[-1] / files.ARRAYS).write_bytes(b"")
    with pytest.raises(CheckpointError, match="is damaged"):
        who.load(tmp_path / "a", "last")


@pytest.mark.parametrize("options", [{"keep": 0}, {"every_n_epochs": 0}, {"mode": "best"}])
def test_arguments_without_meaning(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        Checkpoint(tmp_path, **options)
