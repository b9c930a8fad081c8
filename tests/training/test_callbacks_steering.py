"""EarlyStopping, ReduceLROnPlateau and LRSchedule, held against Keras's and PyTorch's own."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
import pytest
from callback_fakes import new_state, resumed, run, run_epoch

from coursekit import schedules
from coursekit.errors import ConfigurationError
from coursekit.training.callbacks import EarlyStopping, LRSchedule, ReduceLROnPlateau
from coursekit.training.callbacks.lr_schedule import OVER_THE_RUN

NAN = math.nan


def sequences() -> list[list[float]]:
    rng = np.random.default_rng(3)
    walks = [list(1 + np.cumsum(rng.normal(-0.02, 0.2, 25)).round(2)) for _ in range(30)]
    return [*walks, [NAN, NAN, 1, 2, 2, 2, 2], [1, 1, 1, 1, 1], [1, NAN, NAN, NAN], [3, 2, 1], [-1, -2, -2.05, -2.05]]


# EarlyStopping ---------------------------------------------------


@pytest.fixture(scope="module")
def keras() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    return keras


class KerasModel:
    """What keras.callbacks.EarlyStopping touches of a model; the weights are the number of the epoch."""

    stop_training = False
    epoch = 0

    def get_weights(self) -> int:
        return self.epoch

    def set_weights(self, weights: int) -> None:
        self.epoch = weights


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize(("patience", "min_delta"), [(0, 0.0), (1, 0.0), (3, 0.1), (5, 0.3)])
def test_early_stopping_stops_and_restores_as_keras_does(
    keras: Any, mode: str, patience: int, min_delta: float
) -> None:
    for values in sequences():
        if math.isnan(values[0]):
            continue  # Keras takes a first NaN for the best value, which nothing can improve on
        model = KerasModel()
        theirs = keras.callbacks.EarlyStopping(
            monitor="figure", mode=mode, patience=patience, min_delta=min_delta, restore_best_weights=True
        )
        theirs.set_model(model)
        theirs.on_train_begin()
        for number, value in enumerate(values):
            model.epoch = number + 1
            theirs.on_epoch_end(number, {"figure": value})
            if model.stop_training:
                break
        stopped_after = model.epoch if model.stop_training else len(values)
        theirs.on_train_end()

        state = new_state()
        ours = EarlyStopping("figure", patience, min_delta, mode)
        run(state, ours, values, "figure")
        assert state.epoch == stopped_after
        assert (state.stop_reason is not None) == model.stop_training
        ours.on_train_end(state)
        assert state.weights()["layer/weight"][0] == model.epoch == ours.best_epoch


def test_early_stopping_takes_no_nan_for_the_best() -> None:
    state, stopping = new_state(), EarlyStopping(patience=3)
    run(state, stopping, [NAN, NAN, 1.0, 2.0, 2.0, 2.0, 2.0])
    assert (state.epoch, stopping.best, stopping.best_epoch) == (6, 1.0, 3)
    state, stopping = new_state(), EarlyStopping(patience=3)
    run(state, stopping, [NAN] * 5)
    assert (state.epoch, stopping.best) == (3, None)
    assert "never a number" in str(state.stop_reason)


def test_early_stopping_goes_by_the_name_and_says_why() -> None:
    state = new_state()
    run(state, EarlyStopping("val_accuracy", patience=2), [0.5, 0.6, 0.55, 0.58], "val_accuracy")
    assert state.stop_reason == "val_accuracy has not improved for 2 epochs (best 0.6 in epoch 2)"


def test_early_stopping_restores_a_copy_also_when_epochs_run_out() -> None:
    state, stopping = new_state(), EarlyStopping(patience=10)
    run(state, stopping, [3.0, 1.0, 2.0])
    assert state.weights()["layer/weight"][0] == 3
    stopping.on_train_end(state)
    np.testing.assert_array_equal(state.weights()["layer/weight"], [2, 2])

    state, stopping = new_state(), EarlyStopping(patience=10, restore_best=False)
    run(state, stopping, [3.0, 1.0, 2.0])
    stopping.on_train_end(state)
    assert state.weights()["layer/weight"][0] == 3
    assert stopping.get_state()[0] == {}


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_early_stopping_resumes(at: int) -> None:
    values = [3.0, 1.0, 2.0, 2.0, 2.0, 2.0]

    def make() -> EarlyStopping:
        return EarlyStopping(patience=3)

    state, stopping = new_state(), make()
    run(state, stopping, values[:at])
    state, again = resumed(state, make, stopping)
    run(state, again, values[at:])
    assert state.epoch == 5
    again.on_train_end(state)
    np.testing.assert_array_equal(state.weights()["layer/weight"], [2, 2])


def test_a_second_fit_starts_afresh() -> None:
    stopping = EarlyStopping(patience=2)
    run(new_state(), stopping, [1.0, 2.0])
    state = new_state()
    run(state, stopping, [5.0, 4.0, 3.0])
    assert (stopping.best, stopping.best_epoch, state.stop_reason) == (3.0, 3, None)


@pytest.mark.parametrize("callback", [EarlyStopping(), ReduceLROnPlateau()])
def test_a_missing_figure_is_told_with_those_there_are(callback: Any) -> None:
    state = new_state()
    callback.on_train_begin(state)
    with pytest.raises(ConfigurationError, match=r"val_loss.*one of loss, accuracy.*validation data"):
        run_epoch(state, [callback], {"loss": 1.0, "accuracy": 0.5})


@pytest.mark.parametrize(
    "make",
    [
        lambda: EarlyStopping(patience=-1),
        lambda: EarlyStopping(patience=1.5),  # type: ignore[arg-type]  # the error is what is tested
        lambda: EarlyStopping(min_delta=-0.1),
        lambda: EarlyStopping(mode="smallest"),
        lambda: ReduceLROnPlateau(mode="smallest"),
        lambda: ReduceLROnPlateau(factor=1.0),
        lambda: LRSchedule("cosin"),
        lambda: LRSchedule("cosine", minimun=0.1),
        lambda: LRSchedule("step"),
        lambda: LRSchedule("plateau"),
        lambda: LRSchedule(schedules.Plateau()),  # type: ignore[arg-type]  # the error is what is tested
        lambda: LRSchedule("cosine", per="batch"),  # type: ignore[arg-type]  # the error is what is tested
        lambda: LRSchedule(schedules.Cosine(5), minimum=0.1),
        lambda: LRSchedule(abs, gamma=0.1),
    ],
)
def test_arguments_without_meaning(make: Any) -> None:
    with pytest.raises(ConfigurationError):
        make()


# ReduceLROnPlateau ---------------------------------------------------


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize(
    "options",
    [
        {"patience": 0},
        {"patience": 2, "factor": 0.5},
        {"patience": 1, "cooldown": 2, "min_lr": 0.003},
        {"patience": 1, "threshold": 0.2, "threshold_mode": "abs"},
        {"patience": 1, "threshold": 0.2},
    ],
)
def test_plateau_gives_torch_s_rates(mode: str, options: dict[str, Any]) -> None:
    import torch

    for values in sequences():
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
        theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode=mode, **options)
        expected = []
        for value in values:
            expected.append(optimizer.param_groups[0]["lr"])
            theirs.step(value)
        state = new_state(rate=0.1)
        rates = run(state, ReduceLROnPlateau("figure", mode=mode, **options), values, "figure")
        assert rates == pytest.approx(expected, rel=1e-12)
        assert state.learning_rate == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)


@pytest.mark.parametrize("at", range(1, 8))
def test_plateau_resumes(at: int) -> None:
    values = [3.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.5]

    def make() -> ReduceLROnPlateau:
        return ReduceLROnPlateau(patience=1, cooldown=1, factor=0.5)

    whole = run(new_state(), make(), values)
    state, callback = new_state(), make()
    rates = run(state, callback, values[:at])
    state, again = resumed(state, make, callback)
    assert rates + run(state, again, values[at:]) == whole


# LRSchedule ---------------------------------------------------


@pytest.mark.parametrize("steps_per_epoch", [7, None])
def test_one_cycle_over_the_run_is_torch_s(steps_per_epoch: int | None) -> None:
    import torch

    epochs, per_epoch = 3, steps_per_epoch or 5
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=epochs * per_epoch)
    expected = []
    for _ in range(epochs * per_epoch):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step() if len(expected) < epochs * per_epoch else None

    total = {} if steps_per_epoch else {"total": epochs * per_epoch}
    state, callback = new_state(epochs, steps_per_epoch, 0.1), LRSchedule("one_cycle", per="step", **total)
    callback.on_train_begin(state)
    assert state.learning_rate == pytest.approx(expected[0])
    rates = [rate for _ in range(epochs) for rate in run_epoch(state, [callback], {})]
    assert rates == pytest.approx(expected, rel=1e-9)


def test_an_unknown_length_needs_a_total() -> None:
    callback = LRSchedule("cosine", per="step")
    with pytest.raises(ConfigurationError, match="total=\\.\\.\\."):
        callback.on_train_begin(new_state(3, None))


def test_every_schedule_with_a_total_is_stretched_over_the_run() -> None:
    with_total = {name for name in schedules.NAMES if "total" in _fields(name)}
    assert with_total == set(OVER_THE_RUN)


def _fields(name: str) -> Any:
    kinds = [kind for kind in vars(schedules).values() if isinstance(kind, type)]
    return next(k.__dataclass_fields__ for k in kinds if getattr(k, "name", "") == name and k is not schedules.Plateau)


def test_per_epoch_every_step_of_an_epoch_has_the_same_rate() -> None:
    state, callback = new_state(4, 3, 0.2), LRSchedule("step", step_size=2, gamma=0.5)
    callback.on_train_begin(state)
    rates = [rate for _ in range(4) for rate in run_epoch(state, [callback], {})]
    assert rates == pytest.approx([0.2] * 6 + [0.1] * 6)


def test_a_function_is_asked_once_per_step_and_checked() -> None:
    asked: list[int] = []

    def halves(step: int) -> float:
        asked.append(step)
        return 0.5**step

    state, callback = new_state(2, 4, 1.0), LRSchedule(halves, per="step")
    callback.on_train_begin(state)
    asked.clear()
    assert run_epoch(state, [callback], {}) == [1.0, 0.5, 0.25, 0.125]
    assert asked == [0, 1, 2, 3]

    bad = LRSchedule(lambda _step: -1.0)
    with pytest.raises(ConfigurationError, match=r"-1\.0 for epoch 0"):
        bad.on_train_begin(new_state())


def test_schedule_and_plateau_multiply() -> None:
    state = new_state(10, 2, 1.0)
    pair = [LRSchedule("exponential", gamma=0.5), ReduceLROnPlateau(patience=0)]
    for callback in pair:
        callback.on_train_begin(state)
    rates = [run_epoch(state, pair, {"val_loss": 1.0})[-1] for _ in range(3)]
    assert rates == pytest.approx([1.0, 0.5, 0.25 * 0.1])


def test_a_schedule_resumes_within_an_epoch() -> None:
    whole = new_state(2, 6, 1.0)
    callback = LRSchedule("one_cycle", per="step")
    callback.on_train_begin(whole)
    rates = [rate for _ in range(2) for rate in run_epoch(whole, [callback], {})]

    state = new_state(2, 6, 1.0)
    state.epoch, state.step, state.epoch_step, state.in_epoch = 2, 8, 2, True
    again = LRSchedule("one_cycle", per="step")
    again.on_train_begin(state)
    again.on_epoch_begin(state)
    assert [state.rate_at(step) for step in range(8, 12)] == rates[8:]
