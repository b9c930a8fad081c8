"""A Keras model on two logical CPUs under a strategy, and on one: ``python distributed_runs_tensorflow.py FOLDER``."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import distributed_runs as shared
import keras
import numpy as np
import tensorflow as tf

from coursekit.errors import CoursekitError
from coursekit.losses import CrossEntropy
from coursekit.training import Trainer
from coursekit.training.callback import Callback
from coursekit.training.callbacks import Checkpoint

layers = keras.layers


def model(*, whole: bool = False) -> Any:
    """Without batch norm, whose statistics are each replica's own; ``whole``: with it, and with dropout."""
    keras.utils.set_random_seed(3)
    inner = [layers.BatchNormalization(momentum=0.9)] if whole else []
    last = [layers.Dropout(0.3)] if whole else []
    regularizer = keras.regularizers.L2(0.01)
    parts = [keras.Input((6, 6, 1)), layers.Conv2D(4, 3, kernel_regularizer=regularizer), *inner, layers.ReLU()]
    return keras.Sequential([*parts, layers.Flatten(), *last, layers.Dense(3)])


def trainer(strategy: Any, *, whole: bool = False, own: Any = None, **options: Any) -> Trainer:
    given = {"optimizer": "momentum", "learning_rate": 0.05, "metrics": ["accuracy", "f1"], "seed": 1, **options}
    if strategy is None:
        return Trainer(model(whole=whole), **given | ({} if own is None else {"optimizer": own()}))
    with strategy.scope():
        net = model(whole=whole)
        if own is not None:
            given["optimizer"] = own()
    return Trainer(net, strategy=strategy, **given)


def fit(who: Trainer, count: int, *callbacks: Callback, **options: Any) -> Any:
    given = {"epochs": 2, "batch_size": 16, "progress": False, "callbacks": callbacks, **options}
    return who.fit(shared.data(count), shared.data(23), **given)


class Reports(Callback):
    """Ask for the gradients' figures in the first epoch."""

    def __init__(self) -> None:
        self.report: dict[str, Any] = {}

    def on_train_begin(self, state: Any) -> None:
        state.backend.observe_gradients(True)

    def on_epoch_end(self, state: Any) -> None:
        report = state.backend.gradient_report()
        self.report = {str(number): figures for number, figures in enumerate(report.values())}
        state.backend.observe_gradients(False)


CASES: dict[str, tuple[int, dict[str, Any]]] = {
    "even": (96, {}),
    "odd": (101, {}),
    "one left over": (97, {}),  # the last batch has 1 image: one replica has none
    "sgd": (97, {"optimizer": "sgd"}),
    "nesterov": (97, {"optimizer": "nesterov"}),
    "rmsprop": (97, {"optimizer": "rmsprop", "learning_rate": 1e-3}),
    "adam": (97, {"optimizer": "adam", "learning_rate": 1e-3}),
    "adamw": (97, {"optimizer": "adamw", "learning_rate": 1e-3}),
    "keras adam": (97, {"own": lambda: keras.optimizers.Adam(1e-3), "learning_rate": None}),
    "class weights": (97, {"loss": CrossEntropy(class_weights=shared.WEIGHTS)}),
    "accumulate": (97, {"accumulate": 2}),
    "clipped": (97, {"clip_norm": 0.1}),
    "accumulate, weights, clipped": (
        101,
        {"accumulate": 2, "loss": CrossEntropy(class_weights=shared.WEIGHTS), "clip_norm": 0.5},
    ),
}


def result(who: Trainer, **more: Any) -> dict[str, Any]:
    weights = {name: array.astype(float).tolist() for name, array in who.backend.get_weights().items()}
    return {"weights": weights, "history": who.history.to_json(), **more}


def run(name: str, strategy: Any) -> dict[str, Any]:
    count, options = CASES[name]
    who = trainer(strategy, **options)
    reports = Reports()
    fit(who, count, *([reports] if "clipped" in name else []))
    evaluated = [who.evaluate(shared.data(n), batch_size=64) for n in (1, 31, 65)]
    outputs = who.predict(shared.data(9).images).tolist()
    return result(who, evaluated=evaluated, outputs=outputs, report=reports.report)


class Stop(Callback):
    every_n_steps = 1

    def on_step_end(self, state: Any) -> None:
        if state.step == 9:
            raise KeyboardInterrupt


def resumed(strategy: Any, folder: Path) -> dict[str, Any]:
    """An undisturbed run with dropout and batch norm, and one that was interrupted and resumed."""

    def whole(name: str, *others: Callback, **options: Any) -> Trainer:
        who = trainer(strategy, whole=True, optimizer="adam", learning_rate=3e-3)
        with contextlib.suppress(KeyboardInterrupt):
            fit(who, 97, Checkpoint(folder / name, every_n_steps=2), *others, **options)
        return who

    alone = whole("alone")
    whole("broken", Stop())
    copies = {}
    for variable in alone.model.variables:
        values = [np.asarray(one) for one in strategy.experimental_local_results(variable.value)]
        copies[variable.path] = all(np.array_equal(values[0], other) for other in values)
    return {"alone": result(alone), "again": result(whole("broken", resume=True)), "copies": copies}


def refused(strategy: Any) -> dict[str, str]:
    """What is said to those who use a strategy wrongly."""
    with strategy.scope():
        inside = model()
    attempts: dict[str, Any] = {
        "model outside": lambda: Trainer(model(), strategy=strategy),
        "optimizer outside": lambda: Trainer(inside, optimizer=keras.optimizers.Adam(), strategy=strategy),
        "no strategy": lambda: Trainer(inside, strategy="mirrored"),
        "compile": lambda: Trainer(inside, strategy=strategy, compile=True),
    }
    said = {}
    for name, attempt in attempts.items():
        try:
            attempt()
        except CoursekitError as error:
            said[name] = f"{type(error).__name__}: {error}"
    return said


def main(folder: Path) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(2)
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    results: dict[str, Any] = {"replicas": strategy.num_replicas_in_sync, "refused": refused(strategy)}
    names = sys.argv[2:] or list(CASES)
    results["one"] = {name: run(name, None) for name in names}
    results["two"] = {name: run(name, strategy) for name in names}
    results["resumed"] = resumed(strategy, folder)
    (folder / "tensorflow.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
