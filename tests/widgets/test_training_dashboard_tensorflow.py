"""The dashboard's run in TensorFlow, whose steps come in compiled blocks."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from coursekit import data, models
from coursekit.training import Callback, Trainer
from coursekit.widgets import TrainingDashboard

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")
PATIENCE = 300.0


def new_trainer() -> Trainer:
    model = models.mini_vgg("tensorflow", input_shape=(8, 8, 1), num_classes=10, width=4, dropout=0.3)
    return Trainer(model, learning_rate=0.01)


def state_of(trainer: Any) -> dict[str, Any]:
    return trainer.backend.get_state()[0]


class Gate(Callback):
    """Holds the run at a step until it is opened; ``every_n_steps`` makes the engine surface there."""

    def __init__(self, step: int) -> None:
        self.every_n_steps, self.reached, self.opened = step, threading.Event(), threading.Event()

    def on_step_end(self, state: Any) -> None:
        if state.step == self.every_n_steps:
            self.reached.set()
            assert self.opened.wait(PATIENCE)


def test_paused_stopped_and_started_again_it_is_the_plain_run_bit_for_bit():
    digits = data.load("digits")
    train, validation = digits.train[:200], digits.validation[:64]
    plain = new_trainer()
    plain.fit(train, validation, epochs=2, batch_size=32, progress=False)

    gate = Gate(3)
    dashboard = TrainingDashboard(new_trainer(), train, validation, epochs=2, batch_size=32, callbacks=[gate])
    dashboard.start()
    assert gate.reached.wait(PATIENCE)
    dashboard.pause(timeout=0)
    gate.opened.set()
    assert dashboard.pause(PATIENCE)
    assert dashboard.state.startswith("Paused: epoch 1 of 2, step 3 of 14.")
    held, state = state_of(dashboard.trainer), dashboard.state
    assert dashboard.trainer.evaluate(digits.test) == dashboard.trainer.evaluate(digits.test)
    assert all(np.array_equal(array, state_of(dashboard.trainer)[name]) for name, array in held.items())
    assert dashboard.state == state
    dashboard.resume()
    assert dashboard.wait(PATIENCE).to_json() == plain.history.to_json()
    expected = state_of(plain)
    assert all(np.array_equal(array, state_of(dashboard.trainer)[name]) for name, array in expected.items())
    assert not all(np.array_equal(array, held[name]) for name, array in expected.items())

    # A run that is stopped and begun anew, and gradients that were looked at on the way, leave no trace.
    dashboard.start()
    assert dashboard.stop(PATIENCE)
    dashboard.start()
    assert dashboard.wait(PATIENCE).to_json() == plain.history.to_json()
    assert all(np.array_equal(array, state_of(dashboard.trainer)[name]) for name, array in expected.items())
    assert len(dashboard._record.figures.norm)
    assert "gradient norm" in dashboard.state
