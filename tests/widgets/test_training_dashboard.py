"""A real run, steered from beside it: what it computes, when it stands still, and what is said of it."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

from coursekit import data, models
from coursekit.backends.reference import ReferenceModel
from coursekit.backends.reference_layers import Conv2D, Dense, Dropout, Flatten, MaxPool, ReLU
from coursekit.errors import CallbackError, ConfigurationError, DataError
from coursekit.training import Callback, Trainer
from coursekit.training.callbacks import GradientMonitor
from coursekit.widgets import TrainingDashboard

torch = pytest.importorskip("torch")
PATIENCE = 120.0  # seconds: how long a slow machine may take, and not how long it does
FRAMEWORKS = ["reference", "torch"]


@pytest.fixture(scope="module")
def digits() -> Any:
    return data.load("digits")


@pytest.fixture(autouse=True)
def _nothing_left() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    assert TrainingDashboard.stop_all(PATIENCE)
    torch.set_num_threads(before)


def new_trainer(framework: str = "reference", **options: Any) -> Trainer:
    """With dropout: it has a random stream; in PyTorch with batch norm, which has statistics."""
    if framework == "torch":
        model: Any = models.mini_vgg("torch", input_shape=(8, 8, 1), num_classes=10, width=4, dropout=0.3)
    else:
        blocks: Any = {"stem": Conv2D(1, 4, 3, padding=1), "relu": ReLU(), "pool": MaxPool(), "flatten": Flatten()}
        model = ReferenceModel({**blocks, "dropout": Dropout(0.2), "head": Dense(64, 10)}, seed=1)
    return Trainer(model, **{"learning_rate": 0.01, **options})


def new_dashboard(trainer: Any, digits: Any, *callbacks: Callback, **options: Any) -> TrainingDashboard:
    options = {"epochs": 2, "batch_size": 32, "callbacks": callbacks, **options}
    return TrainingDashboard(trainer, digits.train[:200], digits.validation[:64], **options)


def plain_fit(trainer: Trainer, digits: Any, **options: Any) -> Trainer:
    trainer.fit(
        digits.train[:200],
        digits.validation[:64],
        progress=False,
        **{"epochs": 2, "batch_size": 32, **options},
    )
    return trainer


def same_state(first: Any, second: Any) -> bool:
    a, b = (trainer.backend.get_state()[0] for trainer in (first, second))
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


class Gate(Callback):
    """Shows that a step has been reached, and holds the run there until it is opened."""

    every_n_steps = 1

    def __init__(self, step: int) -> None:
        self.step, self.reached, self.opened = step, threading.Event(), threading.Event()

    def on_step_end(self, state: Any) -> None:
        if state.step == self.step:
            self.reached.set()
            assert self.opened.wait(PATIENCE)

    def pause_there(self, dashboard: TrainingDashboard) -> None:
        """Start, and pause right after the step."""
        dashboard.start()
        assert self.reached.wait(PATIENCE)
        assert not dashboard.pause(timeout=0)
        assert dashboard.status == "pausing"
        self.opened.set()
        assert dashboard.pause(PATIENCE)


# What is computed ---------------------------------------------------


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_paused_run_is_the_plain_run_bit_for_bit(framework, digits):
    plain = plain_fit(new_trainer(framework), digits)
    dashboard = new_dashboard(new_trainer(framework), digits, gate := Gate(3))
    gate.pause_there(dashboard)
    torch.rand(100)  # another cell draws from the process's stream meanwhile
    dashboard.resume()
    history = dashboard.wait(PATIENCE)
    assert same_state(plain, dashboard.trainer)
    assert history.to_json() == plain.history.to_json()
    assert dashboard.status == "finished"


@pytest.mark.parametrize("kind", ["trainer", "factory"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_start_is_a_new_run(framework, kind, digits):
    plain = plain_fit(new_trainer(framework), digits)
    trained = new_trainer(framework) if kind == "trainer" else lambda: new_trainer(framework)
    dashboard = new_dashboard(trained, digits, gate := Gate(4))
    gate.pause_there(dashboard)
    assert dashboard.stop(PATIENCE)
    assert dashboard.status == "stopped"
    assert dashboard.history.stop_reason == "stopped by hand"
    assert len(dashboard.history.steps["loss"]) == 4
    assert not same_state(plain, dashboard.trainer)
    for _ in range(2):
        dashboard.start()
        assert dashboard.wait(PATIENCE).to_json() == plain.history.to_json()
        assert same_state(plain, dashboard.trainer)


def test_a_trainer_goes_back_to_where_the_first_start_found_it(digits):
    plain = plain_fit(plain_fit(new_trainer("torch"), digits), digits)
    dashboard = new_dashboard(plain_fit(new_trainer("torch"), digits), digits)
    for _ in range(2):
        dashboard.start()
        dashboard.wait(PATIENCE)
        assert same_state(plain, dashboard.trainer)


def test_the_random_stream_is_the_users_while_the_run_is_held(digits):
    torch.manual_seed(5)
    expected = torch.rand(4), torch.rand(4)
    dashboard = new_dashboard(new_trainer("torch"), digits, gate := Gate(2))
    torch.manual_seed(5)
    gate.pause_there(dashboard)
    assert torch.equal(torch.rand(4), expected[0])
    dashboard.resume()
    dashboard.wait(PATIENCE)
    assert torch.equal(torch.rand(4), expected[1])


def test_without_a_seed_the_users_stream_is_not_turned_back(digits):
    dashboard = new_dashboard(new_trainer("torch", seed=None), digits, epochs=1)
    torch.manual_seed(5)
    dashboard.start()
    dashboard.wait(PATIENCE)
    once = torch.get_rng_state()
    dashboard.start()
    dashboard.wait(PATIENCE)
    assert not torch.equal(once, torch.get_rng_state())


def test_what_is_switched_off_for_this_thread_is_not_for_the_run(digits):
    plain = plain_fit(new_trainer("torch"), digits)
    dashboard = new_dashboard(new_trainer("torch"), digits)
    with torch.no_grad():
        dashboard.start()
        dashboard.wait(PATIENCE)
    assert same_state(plain, dashboard.trainer)


# Standing still ---------------------------------------------------


def test_held_nothing_moves_and_the_model_may_be_evaluated(digits):
    trainer = new_trainer("torch")
    plain = plain_fit(new_trainer("torch"), digits)
    dashboard = new_dashboard(trainer, digits, gate := Gate(3))
    gate.pause_there(dashboard)
    before, state = trainer.backend.get_state()[0], dashboard.state
    assert state.startswith("Paused: epoch 1 of 2, step 3 of 14.")
    first, second = trainer.evaluate(digits.test), trainer.evaluate(digits.test)
    assert first == second
    assert dashboard.state == state
    assert all(np.array_equal(before[name], array) for name, array in trainer.backend.get_state()[0].items())
    with pytest.raises(ConfigurationError, match="resume"):
        dashboard.wait()
    with pytest.raises(TimeoutError, match="paused"):
        dashboard.wait(timeout=0)
    dashboard.resume()
    assert dashboard.status == "running"
    dashboard.wait(PATIENCE)
    assert same_state(plain, trainer)


def test_a_pause_before_the_first_step_holds_the_first_step(digits):
    class Slow(Callback):
        def __init__(self) -> None:
            self.reached, self.opened = threading.Event(), threading.Event()

        def on_train_begin(self, state: Any) -> None:
            self.reached.set()
            self.opened.wait(PATIENCE)

    dashboard = new_dashboard(new_trainer(), digits, slow := Slow())
    dashboard.start()
    assert slow.reached.wait(PATIENCE)
    assert "first step is being prepared" in dashboard.state or dashboard.state.startswith("Running")
    dashboard.pause(timeout=0)
    slow.opened.set()
    assert dashboard.pause(PATIENCE)
    assert dashboard.history.steps["learning_rate"] == []
    assert dashboard.stop(PATIENCE)
    assert dashboard.history.epochs == []


def test_a_callback_may_steer_its_own_run(digits):
    class AtFive(Callback):
        every_n_steps = 1
        dashboard: Any = None

        def on_step_end(self, state: Any) -> None:
            if state.step == 5:
                self.dashboard.stop(timeout=10 * PATIENCE)  # it cannot wait for itself

    dashboard = new_dashboard(new_trainer(), digits, callback := AtFive())
    callback.dashboard = dashboard
    dashboard.start()
    assert len(dashboard.wait(PATIENCE).steps["loss"]) == 5
    assert dashboard.status == "stopped"


def test_a_stop_that_comes_after_the_last_step_changes_nothing(digits):
    class AtTheEnd(Callback):
        dashboard: Any = None

        def on_epoch_end(self, state: Any) -> None:
            if state.epoch == state.epochs:
                self.dashboard.stop()

    dashboard = new_dashboard(new_trainer(), digits, callback := AtTheEnd())
    callback.dashboard = dashboard
    dashboard.start()
    assert dashboard.wait(PATIENCE).stop_reason is None
    assert dashboard.status == "finished"


# One run at a time ---------------------------------------------------


def test_a_second_start_is_refused_here_and_in_another_dashboard(digits, monkeypatch):
    trainer = new_trainer()
    dashboard = new_dashboard(trainer, digits, gate := Gate(2))
    other = new_dashboard(trainer, digits)
    gate.pause_there(dashboard)
    with pytest.raises(ConfigurationError, match="a start while the run is paused"):
        dashboard.start()
    with monkeypatch.context() as patched:  # what is refused must not touch the model either
        patched.setattr(trainer.backend, "set_state", None)
        patched.setattr(trainer.backend, "get_state", None)
        with pytest.raises(ConfigurationError, match="another run is training"):
            other.start()
    assert other.status == "ready"
    other.controls["start"].click()
    assert "another run is training" in other._said.value
    dashboard.resume()
    dashboard.wait(PATIENCE)
    other.start()
    other.wait(PATIENCE)


def test_starts_from_many_threads_make_one_run(digits):
    dashboard = new_dashboard(new_trainer(), digits, gate := Gate(1))
    refused = []

    def start() -> None:
        try:
            dashboard.start()
        except ConfigurationError as error:
            refused.append(error)

    threads = [threading.Thread(target=start) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    gate.opened.set()
    assert len(refused) == 4
    dashboard.wait(PATIENCE)


def test_two_dashboards_run_beside_each_other(digits):
    plain = plain_fit(new_trainer(), digits)
    both = [new_dashboard(new_trainer(), digits, gate) for gate in (Gate(2), Gate(2))]
    for dashboard in both:
        dashboard._callbacks[0].pause_there(dashboard)
    assert [dashboard.status for dashboard in both] == ["paused", "paused"]
    for dashboard in both:
        dashboard.resume()
        dashboard.wait(PATIENCE)
        assert same_state(plain, dashboard.trainer)


# What goes wrong ---------------------------------------------------


class Broken(Callback):
    every_n_steps = 1

    def __init__(self, hook: str = "on_step_end", step: int = 3) -> None:
        self.times, self.step = 1, step
        setattr(self, hook, self.breaks)

    def breaks(self, state: Any) -> None:
        if state.step == self.step and self.times:
            self.times -= 1
            raise OSError("the disk <is> full")


@pytest.mark.parametrize("where", [("on_step_end", 3), ("on_epoch_end", 7), ("on_epoch_begin", 7)])
def test_an_error_is_shown_raised_and_got_over(where, digits):
    dashboard = new_dashboard(new_trainer(), digits, Broken(*where))
    dashboard.start()
    for _ in range(2):
        with pytest.raises(CallbackError, match="the disk <is> full") as caught:
            dashboard.wait(PATIENCE)
        assert isinstance(caught.value.__cause__, OSError)
    assert dashboard.status == "failed"
    assert "the disk &lt;is&gt; full" in dashboard._said.value
    assert f"step {where[1]} of 14. What failed: CallbackError." in dashboard.state
    assert not dashboard.controls["start"].disabled
    dashboard.start()
    assert dashboard._said.value == ""
    assert dashboard.wait(PATIENCE).to_json() == plain_fit(new_trainer(), digits).history.to_json()


def test_data_that_cannot_be_trained_on(digits):
    wrong = digits.train.images[:40], digits.train.labels[:40] + 90
    dashboard = TrainingDashboard(new_trainer(), wrong, epochs=1)
    dashboard.start()
    with pytest.raises(DataError):
        dashboard.wait(PATIENCE)
    assert dashboard.state == "Failed: 1 epoch planned. What failed: DataError."


def test_a_picture_that_cannot_be_drawn_does_not_end_the_run(digits, monkeypatch):
    dashboard = new_dashboard(new_trainer(), digits)
    monkeypatch.setattr(dashboard, "draw", lambda: 1 / 0)
    dashboard.start()
    assert len(dashboard.wait(PATIENCE).epochs) == 2
    assert "The picture could not be drawn" in dashboard._said.value


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda: torch.nn.Linear(1, 1), "Linear to be trained"),
        (lambda: Trainer, "Trainer to be trained"),
        (lambda: None, "NoneType to be trained"),
    ],
)
def test_what_cannot_be_trained(given, words, digits):
    with pytest.raises(ConfigurationError, match=words):
        new_dashboard(given(), digits)


def test_factories_that_give_nothing_new(digits):
    trainer = new_trainer()
    dashboard = new_dashboard(lambda: trainer, digits)
    assert dashboard.trainer is None
    dashboard.start()
    dashboard.wait(PATIENCE)
    with pytest.raises(ConfigurationError, match="the model of the last run"):
        dashboard.start()
    assert dashboard.status == "finished"
    with pytest.raises(ConfigurationError, match="gave a int"):
        new_dashboard(lambda: 3, digits).start()


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 1.5}, {"callbacks": Broken()}, {"callbacks": [3]}])
def test_arguments_are_refused_at_once(wrong, digits):
    with pytest.raises(ConfigurationError):
        new_dashboard(new_trainer(), digits, **wrong)


def test_nothing_started(digits):
    dashboard = new_dashboard(new_trainer(), digits)
    assert dashboard.pause()
    assert dashboard.stop()
    dashboard.resume()
    assert dashboard.status == "ready"
    assert dashboard.history.epochs == []
    with pytest.raises(ConfigurationError, match="start"):
        dashboard.wait()


MODELS = {
    "torch": """ck.models.tiny_cnn("torch", input_shape=(8, 8, 1), num_classes=10)""",
    "reference": """ReferenceModel({"flatten": Flatten(), "head": Dense(64, 10)}, seed=1)""",
}


@pytest.mark.parametrize(("model", "last"), [("torch", ""), ("reference", ""), ("reference", "dashboard.pause()")])
def test_a_process_that_ends_takes_its_run_along(model, last):
    code = f"""
import coursekit as ck
from coursekit.backends.reference import ReferenceModel
from coursekit.backends.reference_layers import Dense, Flatten
from coursekit.widgets import TrainingDashboard
digits = ck.data.load("digits")
dashboard = TrainingDashboard(ck.Trainer({MODELS[model]}), digits.train, digits.validation, epochs=10**6)
dashboard.start()
{last}
print(dashboard.status)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    expected = "paused\n" if last else "running\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


# What is seen ---------------------------------------------------


def test_the_buttons_follow_the_run(digits):
    dashboard = new_dashboard(new_trainer(), digits, gate := Gate(2))

    def buttons() -> dict[str, bool]:
        return {button.description: not button.disabled for button in dashboard.controls.values()}

    assert buttons() == {"Start": True, "Pause": False, "Stop": False}
    dashboard.controls["start"].click()
    assert gate.reached.wait(PATIENCE)
    assert buttons() == {"Start": False, "Pause": True, "Stop": True}
    dashboard.controls["pause"].click()
    assert buttons() == {"Start": False, "Resume": True, "Stop": True}
    gate.opened.set()
    assert dashboard.pause(PATIENCE)
    assert dashboard.state.startswith("Paused")
    dashboard.controls["pause"].click()
    assert dashboard.status == "running"
    dashboard.wait(PATIENCE)
    assert buttons() == {"Start": True, "Pause": False, "Stop": False}
    dashboard.controls["start"].click()
    dashboard.controls["stop"].click()
    assert dashboard.stop(PATIENCE)
    assert dashboard.status in ("stopped", "finished")


def test_before_during_and_after_it_has_a_picture_and_words(digits):
    dashboard = new_dashboard(new_trainer(), digits, gate := Gate(3))
    assert dashboard.state == "Not started: 2 epochs planned."
    for button in dashboard.controls.values():
        assert button.description
        assert button.tooltip
    pictures = [dashboard._repr_mimebundle_()["text/html"]]
    gate.pause_there(dashboard)
    pictures.append(dashboard._repr_mimebundle_()["text/html"])
    dashboard.resume()
    history = dashboard.wait(PATIENCE)
    bundle = dashboard._repr_mimebundle_()
    pictures.append(bundle["text/html"])
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert dashboard.state in bundle["text/plain"]
    assert len(set(pictures)) == 3
    for html in pictures:
        assert html.count("<svg") == 4
        assert 'role="img" aria-label="A training run' in html
        assert "aria-live" not in html
        assert "nan" not in html
    assert dashboard.state.startswith("Finished: epoch 2 of 2, step 14 of 14. After epoch 2: ")
    assert f"validation accuracy {history['val_accuracy'][-1]:.3g}" in dashboard.state
    assert dashboard.picture("svg").startswith(b"<svg")
    assert dashboard.picture().startswith(b"\x89PNG")


def test_a_start_that_fails_leaves_nothing_behind(digits, monkeypatch):
    trainer = new_trainer()
    dashboard = new_dashboard(trainer, digits)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", lambda _self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            dashboard.start()
    assert dashboard.status == "ready"
    dashboard.start()
    dashboard.wait(PATIENCE)


def test_without_validation_or_metric_there_is_no_place_for_them(digits):
    trainer = new_trainer(metrics=[])
    dashboard = TrainingDashboard(trainer, digits.train[:100], epochs=1)
    dashboard.start()
    dashboard.wait(PATIENCE)
    html = dashboard._repr_mimebundle_()["text/html"]
    assert html.count("<svg") == 3
    assert "validation" not in html
    assert "accuracy" not in html


def test_the_newest_record_is_the_runs(digits):
    monitor = GradientMonitor(every_n_steps=1)
    dashboard = new_dashboard(new_trainer("torch"), digits, monitor)
    dashboard.start()
    history = dashboard.wait(PATIENCE)
    figures = dashboard._record.figures
    assert figures.loss.tolist() == history.steps["loss"]
    assert figures.loss_at.tolist() == list(range(1, 15))
    assert figures.rate.tolist() == history.steps["learning_rate"]
    assert figures.ends == (7, 14)
    assert figures.figures == {name: tuple(values) for name, values in history.items()}
    squares: dict[int, float] = {}
    for record in monitor.records:
        squares[record["step"]] = squares.get(record["step"], 0.0) + record["gradient_norm"] ** 2
    assert dict(zip(figures.norm_at.tolist(), figures.norm.tolist(), strict=True)) == pytest.approx(
        {step: square**0.5 for step, square in squares.items()}
    )
