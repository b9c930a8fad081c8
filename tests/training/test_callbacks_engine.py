"""Callbacks in real runs, in NumPy, PyTorch and TensorFlow."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit import data, models
from coursekit.backends.reference import ReferenceModel
from coursekit.backends.reference_layers import Conv2D, Dense, Flatten, MaxPool, ReLU
from coursekit.data import ArrayDataset
from coursekit.errors import ConfigurationError
from coursekit.training import Callback, Trainer, TrainState
from coursekit.training import callbacks as ck

FRAMEWORKS = ["reference", "torch", "tensorflow"]


@pytest.fixture(scope="module")
def digits() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return data.load("digits")


def build(framework: str) -> Any:
    """A tiny CNN of blocks stem, layer1 and head."""
    if framework == "reference":
        blocks = {"stem": Conv2D(1, 4, 3, padding=1), "relu": ReLU(), "pool": MaxPool()}
        blocks |= {"layer1": Conv2D(4, 8, 3, padding=1), "relu1": ReLU(), "flatten": Flatten(), "head": Dense(128, 10)}
        return ReferenceModel(blocks, seed=1)
    if framework == "torch":
        import torch

        torch.set_num_threads(1)
    return models.tiny_cnn(framework, input_shape=(8, 8, 1), num_classes=10)


def fit(trainer: Trainer, train: ArrayDataset, *callbacks: Callback, **options: Any) -> Any:
    return trainer.fit(train, callbacks=callbacks, progress=False, **{"epochs": 3, "batch_size": 32, **options})


def weights(trainer: Trainer) -> dict[str, Any]:
    return trainer.backend.get_weights()


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


# GradualUnfreezing ---------------------------------------------------


class Watch(Callback):
    """Which layers move in each epoch."""

    def __init__(self) -> None:
        self.moved: list[set[str]] = []
        self._before: dict[str, Any] = {}

    def on_train_begin(self, state: TrainState) -> None:
        self._before = state.weights()

    def on_epoch_end(self, state: TrainState) -> None:
        now = state.weights()
        self.moved.append({name for name in now if not np.array_equal(now[name], self._before[name])})
        self._before = now


def blocks_of(framework: str, names: set[str]) -> set[str]:
    if framework != "tensorflow":
        return {name.split(".")[0] for name in names}
    number = ["stem", "stem", "layer1", "layer1", "head", "head"]  # kernel and bias of each, by position
    return {number[int(name.split("/")[0])] for name in names}


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_blocks_learn_from_their_epoch_on(framework: str, optimizer: str, digits: Any) -> None:
    watch = Watch()
    unfreezing = ck.GradualUnfreezing(["layer1", "stem"], every=2, first_epoch=2, rate_factor=0.5)
    trainer = Trainer(build(framework), optimizer=optimizer, learning_rate=0.01)
    history = fit(trainer, digits.train[:96], unfreezing, watch, epochs=4)
    everything = {"stem", "layer1", "head"}
    assert [blocks_of(framework, moved) for moved in watch.moved] == [
        {"head"},
        {"layer1", "head"},
        {"layer1", "head"},
        everything,
    ]
    assert history["learning_rate"] == pytest.approx([0.01, 0.005, 0.005, 0.0025])


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_unfreezing_resumes_bit_for_bit(framework: str, digits: Any, tmp_path: Path) -> None:
    def run(folder: str, epochs: int, resume: bool = False) -> Trainer:
        trainer = Trainer(build(framework), learning_rate=0.01)
        callbacks = ck.GradualUnfreezing(["layer1", "stem"], rate_factor=0.5), ck.Checkpoint(tmp_path / folder)
        fit(trainer, digits.train[:96], *callbacks, epochs=epochs, resume=resume)
        return trainer

    whole = run("whole", 4)
    run("parts", 2)
    parts = run("parts", 4, resume=True)
    assert same(weights(whole), weights(parts))
    assert whole.history.to_json() == parts.history.to_json()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_block_that_is_not_there(framework: str, digits: Any) -> None:
    with pytest.raises(ConfigurationError, match="layer9"):
        fit(Trainer(build(framework)), digits.train[:64], ck.GradualUnfreezing(["layer9"]))


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_blocks_may_be_modules_and_parts_of_frozen_models(framework: str, digits: Any) -> None:
    model = build(framework)
    if framework == "torch":
        for parameter in model.parameters():
            parameter.requires_grad = False
        backend = Trainer(model).backend
        backend.set_trainable(model.layer1, True)
        assert {n for n, p in model.named_parameters() if p.requires_grad} == {"layer1.conv.weight", "layer1.conv.bias"}
        with pytest.raises(ConfigurationError, match="not in the model"):
            backend.set_trainable(build(framework).layer1, True)
        return
    model.trainable = False
    backend = Trainer(model).backend
    backend.set_trainable(model.get_layer("layer1.conv"), True)
    assert [variable.path for variable in model.trainable_variables] == ["layer1.conv/kernel", "layer1.conv/bias"]
    backend.set_trainable("layer1", False)
    assert model.trainable_variables == []


def test_frozen_models_inside_keras_models() -> None:
    """Transfer learning as Keras's guide does it: a frozen base, called as one layer."""
    import keras

    base = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, name="a"), keras.layers.Conv2D(2, 3, name="b")]
    )
    base.name = "base"
    base.trainable = False
    head = keras.layers.Dense(10, name="head")
    model = keras.Sequential([keras.Input((8, 8, 1)), base, keras.layers.GlobalAveragePooling2D(), head])
    backend = Trainer(model).backend
    backend.set_trainable("b", True)
    assert {v.path.split("/")[-2] for v in model.trainable_variables} == {"b", "head"}
    backend.set_trainable("base", True)
    assert {v.path.split("/")[-2] for v in model.trainable_variables} == {"a", "b", "head"}
    backend.set_trainable("base", False)
    assert {v.path.split("/")[-2] for v in model.trainable_variables} == {"head"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: ck.GradualUnfreezing([]),
        lambda: ck.GradualUnfreezing("layer1"),
        lambda: ck.GradualUnfreezing(["a", "a"]),
        lambda: ck.GradualUnfreezing(["a"], every=0),
        lambda: ck.GradualUnfreezing(["a"], rate_factor=0.0),
        lambda: ck.TerminateOnNaN(0),
        lambda: ck.GradientMonitor(0),
    ],
)
def test_arguments_without_meaning(make: Any) -> None:
    with pytest.raises(ConfigurationError):
        make()


# GradientMonitor ---------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"clip_norm": 0.5}, {"accumulate": 2}])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_observing_gradients_changes_no_bit(framework: str, options: dict[str, Any], digits: Any) -> None:
    plain = Trainer(build(framework), learning_rate=0.01, **options)
    fit(plain, digits.train[:320])
    monitor = ck.GradientMonitor(every_n_steps=4)
    observed = Trainer(build(framework), learning_rate=0.01, **options)
    fit(observed, digits.train[:320], monitor)
    assert same(weights(plain), weights(observed))
    assert plain.history.to_json() == observed.history.to_json()
    last = observed.history.steps["loss"]
    assert sorted({record["step"] for record in monitor.records}) == list(range(4, len(last) + 1, 4))
    assert len(monitor.records) == 6 * (len(last) // 4)
    assert list(monitor.summary()) == [record["parameter"] for record in monitor.records[:6]]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_three_figures(framework: str, digits: Any) -> None:
    """Plain SGD moves a weight by rate times gradient, which ties the three figures together."""
    monitor = ck.GradientMonitor(every_n_steps=1)
    trainer = Trainer(build(framework), optimizer="sgd", learning_rate=0.25)
    start = weights(trainer)
    fit(trainer, digits.train[:64], monitor, epochs=1)
    for record in monitor.records:
        expected = 0.25 * record["gradient_norm"] / (record["weight_norm"] + 1e-12)
        if record["weight_norm"] > 0:
            assert record["update_ratio"] == pytest.approx(expected, rel=1e-3)
    first = [record["weight_norm"] for record in monitor.records if record["step"] == 1]
    assert first == pytest.approx([np.linalg.norm(array) for array in start.values()], rel=1e-5)


def test_observing_ends_with_the_run(digits: Any) -> None:
    trainer, monitor = reference(), ck.GradientMonitor(every_n_steps=1)
    fit(trainer, digits.train[:64], monitor)
    report, records = trainer.backend.gradient_report(), list(monitor.records)
    fit(trainer, digits.train[:64])
    assert trainer.backend.gradient_report() is report
    fit(trainer, digits.train[:64], monitor, epochs=1)  # another run: the records begin anew
    assert len(monitor.records) == len(records) // 3


# The rest, on the fastest backend ---------------------------------------------------


def reference(**options: Any) -> Trainer:
    return Trainer(build("reference"), **{"learning_rate": 0.01, **options})


class Poison(Callback):
    """The weights break in step 7, so that batch 8 is the first with a loss that is no number."""

    every_n_steps = 1

    def __init__(self, value: float) -> None:
        self.value = value

    def on_step_end(self, state: TrainState) -> None:
        if state.step == 7:
            state.set_weights({name: array * self.value for name, array in state.weights().items()})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_nan_ends_the_run_at_a_fixed_step(value: float, digits: Any) -> None:
    with np.errstate(all="ignore"):
        history = fit(reference(), digits.train[:320], ck.TerminateOnNaN(every_n_steps=5), Poison(value), batch_size=16)
    assert history.epochs == [1]
    assert len(history.steps["loss"]) == 10
    assert [math.isfinite(loss) for loss in history.steps["loss"]] == [True] * 7 + [False] * 3
    assert "in batch 8 of epoch 1" in str(history.stop_reason)


def test_nan_is_seen_at_the_latest_when_the_epoch_ends(digits: Any) -> None:
    with np.errstate(all="ignore"):
        history = fit(reference(), digits.train[:160], ck.TerminateOnNaN(), Poison(math.nan), batch_size=16)
    assert (history.epochs, len(history.steps["loss"])) == ([1], 10)
    assert str(history.stop_reason).startswith("loss is nan in epoch 1")


def test_a_healthy_run_is_not_ended(digits: Any) -> None:
    trainer = reference()
    fit(trainer, digits.train[:64], ck.TerminateOnNaN(every_n_steps=1), epochs=2)
    assert trainer.history.stop_reason is None


def test_the_model_has_the_best_weights_in_the_end(digits: Any) -> None:
    trainer = reference(learning_rate=0.05)
    validation = digits.validation
    history = fit(trainer, digits.train[:200], ck.EarlyStopping(patience=2), validation=validation, epochs=30)
    assert history.stop_reason is not None
    best = min(history["val_loss"])
    assert history["val_loss"][-1] > best
    assert trainer.evaluate(validation)["loss"] == pytest.approx(best, rel=1e-6)


def test_one_cycle_in_a_run_is_torch_s(digits: Any) -> None:
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=12)
    expected = []
    for step in range(12):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < 11:
            theirs.step()
    history = fit(reference(learning_rate=0.1), digits.train[:100], ck.LRSchedule("one_cycle", per="step"))
    assert history.steps["learning_rate"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("saved_after", [3, 7, 12])
def test_all_stateful_callbacks_together_resume(saved_after: int, digits: Any, tmp_path: Path) -> None:
    """A run that is cut off after some steps, within epochs too, and one that is not, end alike in everything."""

    class Cut(Callback):
        order = 1000

        def on_step_end(self, state: TrainState) -> None:
            if state.step >= saved_after:
                raise KeyboardInterrupt

    def run(folder: str, *more: Callback, resume: bool = False) -> tuple[Any, ...]:
        trainer = reference(learning_rate=0.05)
        monitor, stopping = ck.GradientMonitor(2), ck.EarlyStopping(patience=2, min_delta=0.05)
        plateau = ck.ReduceLROnPlateau(patience=0, factor=0.5, threshold=0.2)
        callbacks = [
            *(stopping, plateau, monitor, ck.LRSchedule("cosine", per="step"), ck.Timer()),
            *(ck.CSVLogger(tmp_path / folder / "log.csv"), ck.JSONLogger(tmp_path / folder / "log.json")),
            *(ck.Checkpoint(tmp_path / folder / "checkpoints", every_n_steps=1), *more),
        ]
        options = {"validation": digits.validation, "epochs": 6, "resume": resume}
        fit(trainer, digits.train[:120], *callbacks, **options)
        files = [(tmp_path / folder / name).read_text() for name in ("log.csv", "log.json")]
        return weights(trainer), trainer.history.to_json(), monitor.records, files, stopping.best_epoch

    whole = run("whole")
    with pytest.raises(KeyboardInterrupt):
        run("parts", Cut())
    parts = run("parts", resume=True)
    assert same(whole[0], parts[0])
    assert whole[1:] == parts[1:]


def test_images_per_second_counts_every_image_once(digits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr("coursekit.training.callbacks.timer.perf_counter", lambda: float(next(clock)))
    timer = ck.Timer()
    fit(reference(), digits.train[:100], timer, epochs=2, validation=digits.validation)
    assert timer.images_per_second == [100.0, 100.0]
