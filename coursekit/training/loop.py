"""The training loop, written once for both frameworks; it reads as the textbook's nine steps.

    1 put the model into train mode          5 compute the loss
    2 loop over epochs                       6 backward pass
    3   loop over batches                    7 update the weights
    4     forward pass                       8 track loss and metrics
                                             9 validate

Steps 4 to 7 are the backend's: see ``_train_step`` in ``backends/pytorch.py`` and ``backends/tensorflow.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from coursekit.backends.base import Backend
from coursekit.metrics import Metric
from coursekit.training.callback import CallbackList
from coursekit.training.meter import Meter
from coursekit.training.pace import Pace
from coursekit.training.sources import Source
from coursekit.training.state import TrainState


@dataclass
class Run:
    """All that one call of ``fit`` works with.

    ``epochs_before`` are those of earlier calls: a second ``fit`` goes on with new orders and new augmentation.
    """

    backend: Backend
    source: Source
    validation: Source | None
    state: TrainState
    callbacks: CallbackList
    metrics: Sequence[Metric]
    pace: Pace
    accumulate: int = 1
    seed: int | None = 0
    epochs_before: int = 0
    identity: dict[str, Any] = field(default_factory=dict)


def train(run: Run) -> None:
    """Train to ``state.epochs``, or until a callback stops the run."""
    state, callbacks = run.state, run.callbacks
    with callbacks.running(state):
        while not state.stop_reason and (state.epoch < state.epochs or state.in_epoch):  # 2: loop over epochs
            _begin_epoch(run)
            callbacks.call("on_epoch_begin", state)
            figures = train_epoch(run)
            if run.validation is not None:
                validated = evaluate(run.backend, run.validation, run.metrics)  # 9: validate
                figures |= {f"val_{name}": value for name, value in validated.items()}
            _end_epoch(run, figures)
            callbacks.call("on_epoch_end", state)
            _agree(state)


def train_epoch(run: Run) -> dict[str, float]:
    """Train for one epoch; returns its loss and metrics, exact means over its samples."""
    state, backend, pace = run.state, run.backend, run.pace
    epoch, start = run.epochs_before + state.epoch - 1, state.epoch_step * run.accumulate
    with backend.training():  # 1: train mode
        for block in run.source.blocks(epoch, start, lambda: pace.batches(state.step)):  # 3: loop over batches
            steps = range(state.step, state.step - (-block.count // run.accumulate))
            rates = [state.rate_at(step) for step in steps]
            began = perf_counter()
            result = backend.train_steps(block, rates)  # 4, 5, 6, 7: forward, loss, backward, update
            state.meter.add(result)  # 8: track
            pace.took(len(rates), perf_counter() - began)
            state.step, state.epoch_step = steps.stop, state.epoch_step + len(rates)
            state.last_rate = rates[-1]
            state.history.steps["learning_rate"].extend(rates)
            run.callbacks.call("on_step_end", state)
            _agree(state)
            if state.stop_reason:
                break
    return state.meter.result()


def evaluate(backend: Backend, source: Source, metrics: Sequence[Metric]) -> dict[str, float]:
    """Loss and metrics over a data set, exact means over its samples; the model is left as it was found."""
    meter, pace = Meter(backend, [metric.fresh() for metric in metrics]), Pace()
    with backend.evaluating():
        for block in source.blocks(0, 0, lambda: pace.batches(0)):
            began = perf_counter()
            meter.add(backend.evaluate_block(block))
            pace.took(block.count, perf_counter() - began)
    return meter.result()


def _agree(state: TrainState) -> None:
    """Stop together: a process that went on alone would wait for the others' gradients forever."""
    if state.backend.world > 1:
        stopping = state.backend.all_reduce(np.array([0.0 if state.stop_reason is None else 1.0]))
        if stopping[0]:
            state.stop("another process of the run stopped")


def _begin_epoch(run: Run) -> None:
    state = run.state
    state.logs = {}
    if state.in_epoch:  # resumed inside this epoch
        return
    state.in_epoch = True
    state.epoch += 1
    state.epoch_step = 0
    state.meter.reset()


def _end_epoch(run: Run, figures: dict[str, float]) -> None:
    state, meter = run.state, run.state.meter
    figures["learning_rate"] = state.last_rate
    state.logs = figures
    state.in_epoch = False
    state.history.append(state.epoch, figures)
    losses, weights = meter.batch_losses(), meter.batch_weights()
    for first in range(0, len(losses), run.accumulate):
        part = slice(first, first + run.accumulate)
        total = weights[part].sum()
        state.history.steps["loss"].append(float((losses[part] * weights[part]).sum() / total) if total else 0.0)
