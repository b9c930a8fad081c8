"""Files and screens: loggers, TensorBoard, Progress, LivePlot, Timer."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from callback_fakes import new_state, resumed, run_epoch

from coursekit.errors import ConfigurationError, CoursekitWarning, MissingExtraError
from coursekit.training.callbacks import CSVLogger, JSONLogger, LivePlot, Progress, TensorBoard, Timer, screen

LOGS = [{"loss": 1 / 3, "val_loss": math.nan}, {"loss": 1e-300, "val_loss": 0.1 + 0.2}, {"loss": 7.0, "val_loss": -0.0}]


def read_csv(path: Path) -> list[dict[str, float]]:
    with path.open(newline="") as file:
        return [{k: float(v) if v else math.inf for k, v in row.items()} for row in csv.DictReader(file)]


def read_json(path: Path) -> list[dict[str, Any]]:
    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    rows = [json.loads(line, parse_constant=refuse) for line in path.read_text().splitlines()]
    return [{k: math.nan if v is None else v for k, v in row.items()} for row in rows]


LOGGERS = [(CSVLogger, read_csv), (JSONLogger, read_json)]


def equal(rows: list[dict[str, Any]], epochs: list[int]) -> None:
    """Rows that are exactly LOGS of these epochs, bit for bit."""
    assert [row["epoch"] for row in rows] == epochs
    for row in rows:
        expected = {**LOGS[int(row["epoch"]) - 1], "learning_rate": 0.1}
        found = {name: row[name] for name in expected}
        assert repr(found) == repr(expected)


@pytest.mark.parametrize(("logger", "read"), LOGGERS)
def test_a_row_is_there_as_soon_as_its_epoch_ends(logger: Any, read: Any, tmp_path: Path) -> None:
    path = tmp_path / "new" / "log"
    state, callback = new_state(), logger(path)
    callback.on_train_begin(state)
    for number, logs in enumerate(LOGS, 1):
        run_epoch(state, [callback], logs)
        equal(read(path), list(range(1, number + 1)))
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(("logger", "read"), LOGGERS)
def test_a_new_run_replaces_or_appends(logger: Any, read: Any, tmp_path: Path) -> None:
    path = tmp_path / "log"
    for append, epochs in ((False, [1, 2]), (False, [1, 2]), (True, [1, 2, 1, 2])):
        state, callback = new_state(), logger(path, append=append)
        callback.on_train_begin(state)
        for logs in LOGS[:2]:
            run_epoch(state, [callback], logs)
        equal(read(path), epochs)


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize(("logger", "read"), LOGGERS)
def test_a_resume_drops_what_will_be_done_again(logger: Any, read: Any, append: bool, tmp_path: Path) -> None:
    """Killed in epoch 3, and within the write; the checkpoint is of epoch 1. The file also has an earlier run."""
    path = tmp_path / "log"
    state, earlier = new_state(), logger(path)
    earlier.on_train_begin(state)
    run_epoch(state, [earlier], LOGS[0])

    def make() -> Any:
        return logger(path, append=append)

    state, callback = new_state(), make()
    callback.on_train_begin(state)
    run_epoch(state, [callback], LOGS[0])
    saved, again = resumed(state, make, callback)
    run_epoch(state, [callback], LOGS[1])
    with path.open("a") as file:
        file.write('3,"0.' if logger is CSVLogger else '{"epoch": 3, "lo')

    again.on_train_begin(saved)
    before = [1] if append else []
    equal(read(path), [*before, 1])
    for logs in LOGS[1:]:
        run_epoch(saved, [again], logs)
    equal(read(path), [*before, 1, 2, 3])


@pytest.mark.parametrize(("logger", "read"), LOGGERS)
def test_a_figure_that_comes_later_gets_its_column(logger: Any, read: Any, tmp_path: Path) -> None:
    path = tmp_path / "log"
    state, callback = new_state(), logger(path)
    callback.on_train_begin(state)
    run_epoch(state, [callback], {"loss": 2.0})
    run_epoch(state, [callback], {"loss": 1.0, "extra": 5.0})
    rows = read(path)
    assert math.isnan(rows[0].get("extra", math.nan))
    assert rows[1]["extra"] == 5.0


def test_appending_to_a_table_with_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("epoch,old\n1,2.5\n")
    state, callback = new_state(), CSVLogger(path, append=True)
    callback.on_train_begin(state)
    run_epoch(state, [callback], {"loss": 2.0})
    assert path.read_text() == "epoch,old,loss,learning_rate\n1,2.5,,\n1,,2.0,0.1\n"


def test_a_row_that_could_not_be_written_comes_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.csv"
    state, callback = new_state(), CSVLogger(path)
    callback.on_train_begin(state)
    run_epoch(state, [callback], LOGS[0])

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.warns(CoursekitWarning, match="No space left"):
            run_epoch(state, [callback], LOGS[1])
    equal(read_csv(path), [1])
    run_epoch(state, [callback], LOGS[2])
    equal(read_csv(path), [1, 2, 3])


def test_other_processes_write_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = new_state()
    state.backend.rank = 1
    callbacks = [CSVLogger(tmp_path / "a"), JSONLogger(tmp_path / "b"), TensorBoard(tmp_path / "c"), Progress()]
    for callback in callbacks:
        callback.on_train_begin(state)
    run_epoch(state, callbacks, LOGS[0])
    for callback in callbacks:
        callback.on_train_end(state)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")


# TensorBoard ---------------------------------------------------


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    return [(event.step, event.value) for event in accumulator.Scalars(tag)]


def test_tensorboard_reads_what_was_written_also_after_a_resume(tmp_path: Path) -> None:
    def epoch(state: Any, callback: Any, loss: float) -> None:
        # As the loop does it: rates come with the steps, losses when the epoch is over, before the callbacks.
        first = state.step
        state.history.steps["learning_rate"].extend([0.1] * 5)
        state.history.steps["loss"].extend(float(step) for step in range(first, first + 5))
        run_epoch(state, [callback], {"loss": loss, "val_loss": 2 * loss})

    state, callback = new_state(), TensorBoard(tmp_path)
    callback.on_train_begin(state)
    epoch(state, callback, 1.0)
    saved, again = resumed(state, lambda: TensorBoard(tmp_path), callback)
    epoch(state, callback, 99.0)  # lost: the process dies, and the checkpoint is of epoch 1

    again.on_train_begin(saved)
    epoch(saved, again, 0.5)
    epoch(saved, again, 0.25)
    assert scalars(tmp_path / "training", "loss") == [(1, 1.0), (2, 0.5), (3, 0.25)]
    assert scalars(tmp_path / "validation", "loss") == [(1, 2.0), (2, 1.0), (3, 0.5)]
    assert scalars(tmp_path / "training", "learning_rate") == [(n, pytest.approx(0.1)) for n in (1, 2, 3)]
    assert scalars(tmp_path / "steps", "loss") == [(n + 1, float(n)) for n in range(15)]


def test_tensorboard_needs_neither_framework(tmp_path: Path) -> None:
    code = f"""
import sys
from coursekit.training.callbacks.tensorboard import EventFile
from pathlib import Path
EventFile(Path({str(tmp_path)!r}), 1).add({{1: {{"loss": 0.5}}}})
print([name for name in ("torch", "tensorflow", "keras") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "[]\n"
    assert scalars(tmp_path, "loss") == [(1, 0.5)]


@pytest.mark.parametrize(("make", "package"), [(lambda: TensorBoard("x"), "tensorboard"), (LivePlot, "matplotlib")])
def test_a_missing_package_is_told_at_once(make: Any, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tensorboard", "live_plot"):
        monkeypatch.setattr(f"coursekit.training.callbacks.{module}.installed", lambda name: name != package)
    with pytest.raises(MissingExtraError, match=rf"{package} is not installed.*coursekit\[lab\]"):
        make()


# Progress ---------------------------------------------------


def go(callback: Any, epochs: int = 2) -> None:
    state = new_state(epochs)
    callback.on_train_begin(state)
    for logs in LOGS[:epochs]:
        run_epoch(state, [callback], logs)
    state.stop("enough")
    callback.on_train_end(state)


def test_a_log_gets_one_line_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    go(Progress())
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert "\r" not in err
    assert [line.split(" (")[0] for line in lines] == [
        "epoch 1/2: loss=0.3333, val_loss=nan, learning_rate=0.1",
        "epoch 2/2: loss=1e-300, val_loss=0.3, learning_rate=0.1",
        "stopped after epoch 2: enough",
    ]


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    go(Progress())
    text = terminal.getvalue()
    assert "\r" in text
    assert "epoch 1/2: 100%" in text
    assert "5/5" in text
    assert "loss=0.333" in text
    assert text.endswith("stopped after epoch 2: enough\n")


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="style='dots'"):
        Progress(style="dots")  # type: ignore[arg-type]  # the error is what is tested


# LivePlot ---------------------------------------------------


def test_live_plot_is_silent_outside_a_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    go(LivePlot())
    assert capsys.readouterr() == ("", "")


def test_live_plot_updates_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython.display

    shown: list[Any] = []

    class Handle:
        def update(self, picture: Any) -> None:
            shown.append(("update", picture))

    def display(picture: Any, display_id: bool) -> Handle:
        assert display_id
        shown.append(("new", picture))
        return Handle()

    monkeypatch.setattr(screen, "in_notebook", lambda: True)
    monkeypatch.setattr(IPython.display, "display", display)
    go(LivePlot(every_seconds=0.0))
    assert [kind for kind, _ in shown] == ["new", "update"]
    assert all(picture.data.startswith(b"\x89PNG") for _, picture in shown)

    shown.clear()
    go(LivePlot("loss", every_seconds=3600.0), epochs=3)
    assert [kind for kind, _ in shown] == ["new", "update"]  # the first epoch, and the end


# Timer ---------------------------------------------------


def test_timer_keeps_its_figures_to_itself_and_over_a_resume(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr("coursekit.training.callbacks.timer.perf_counter", lambda: float(next(clock)))
    state, timer = new_state(), Timer()
    timer.on_train_begin(state)
    run_epoch(state, [timer], LOGS[0])
    state, timer = resumed(state, Timer, timer)  # type: ignore[assignment]  # a Timer comes back for a Timer
    timer.on_train_begin(state)
    run_epoch(state, [timer], LOGS[1])
    assert (timer.seconds, timer.total, timer.images_per_second) == ([1.0, 1.0], 2.0, [7.0, 7.0])
    assert set(state.history) == {"loss", "val_loss", "learning_rate"}
