"""A run without a model: enough of a backend to drive callbacks through sequences of figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from coursekit.training import Callback, History, TrainState


class FakeBackend:
    """Weights that are one array; what it is asked for is noted."""

    rank, world = 0, 1
    model: Any = None

    def __init__(self) -> None:
        self.weights = {"layer/weight": np.zeros(2, np.float32)}
        self.asked: list[tuple[Any, bool]] = []

    def get_weights(self) -> dict[str, Any]:
        return {name: array.copy() for name, array in self.weights.items()}

    def set_weights(self, arrays: Mapping[str, Any]) -> None:
        self.weights = {name: np.array(array) for name, array in arrays.items()}

    def set_trainable(self, block: Any, trainable: bool) -> None:
        self.asked.append((block, trainable))

    def all_reduce(self, values: Any) -> Any:
        return values

    def trainable_changed(self) -> None: ...


def new_state(epochs: int = 100, steps_per_epoch: int | None = 5, rate: float = 0.1) -> TrainState:
    backend: Any = FakeBackend()
    meter: Any = SimpleNamespace(peek=dict, samples=7)
    return TrainState(
        epochs=epochs,
        backend=backend,
        history=History(),
        meter=meter,
        steps_per_epoch=steps_per_epoch,
        base_rate=rate,
    )


def run_epoch(state: TrainState, callbacks: Iterable[Callback], logs: Mapping[str, float]) -> list[float]:
    """One epoch as the loop makes it; returns the rates of its steps."""
    state.epoch, state.epoch_step, state.in_epoch, state.logs = state.epoch + 1, 0, True, {}
    for callback in callbacks:
        callback.on_epoch_begin(state)
    steps = range(state.step, state.step + (state.steps_per_epoch or 5))
    rates = [state.rate_at(step) for step in steps]
    state.step, state.epoch_step, state.last_rate = steps.stop, len(steps), rates[-1]
    for callback in callbacks:
        callback.on_step_end(state)
    weights: Any = state.backend
    weights.weights["layer/weight"][:] = state.epoch  # as if the epoch had learnt its own number
    state.logs, state.in_epoch = {**logs, "learning_rate": state.last_rate}, False
    state.history.append(state.epoch, state.logs)
    for callback in callbacks:
        callback.on_epoch_end(state)
    return rates


def run(state: TrainState, callback: Callback, values: Iterable[float], name: str = "val_loss") -> list[float]:
    """Go through epochs until the values end or the run is stopped; returns each epoch's last rate."""
    callback.on_train_begin(state)
    rates = []
    for value in values:
        rates.append(run_epoch(state, [callback], {name: value})[-1])
        if state.stop_reason:
            break
    return rates


def resumed(old: TrainState, make: Callable[[], Callback], callback: Callback) -> tuple[TrainState, Callback]:
    """A new process at the same point: new objects, and only what a checkpoint can hold."""
    arrays, extra = callback.get_state()
    arrays = {name: np.array(array) for name, array in arrays.items()}
    fresh = make()
    if arrays or extra:
        fresh.set_state(arrays, json.loads(json.dumps(extra, allow_nan=False)))
    state = new_state(old.epochs, old.steps_per_epoch, old.base_rate)
    state.epoch, state.step, state.last_rate = old.epoch, old.step, old.last_rate
    state.history = History.from_json(json.loads(json.dumps(old.history.to_json())))
    state.backend.set_weights(old.backend.get_weights())
    return state, fresh
