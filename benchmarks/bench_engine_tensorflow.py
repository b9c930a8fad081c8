"""The engine against other ways to train the same Keras model on the same data.

``python -m benchmarks.bench_engine_tensorflow``: a tiny CNN on 8x8 digits, one thread, where the cost of calls shows.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

import coursekit as ck
from benchmarks.harness import interleaved, own_peak, peak_memory, save, table, verdict

Contender = Callable[[], Any]
EPOCHS, BATCH = 3, 64


class Setting:
    """The model and its training data."""

    def __init__(self) -> None:
        self.data = ck.data.load("digits").train

    def model(self) -> Any:
        return ck.models.build("tiny_cnn", "tensorflow", input_shape=self.data.input_shape, num_classes=10, seed=0)


def tape_loop(setting: Setting) -> Contender:
    """The textbook's loop: a GradientTape, run eagerly, with a Keras metric."""
    model = setting.model()
    optimizer = keras.optimizers.Adam(1e-3)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy = keras.metrics.SparseCategoricalAccuracy()
    arrays = (setting.data.images, setting.data.labels)
    batches = tf.data.Dataset.from_tensor_slices(arrays).shuffle(len(setting.data)).batch(BATCH)

    def run() -> None:
        for _ in range(EPOCHS):
            for images, labels in batches:
                with tf.GradientTape() as tape:
                    outputs = model(images, training=True)
                    loss = loss_fn(labels, outputs)
                gradients = tape.gradient(loss, model.trainable_variables)
                optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
                accuracy.update_state(labels, outputs)
            accuracy.result()
            accuracy.reset_state()

    return run


def keras_fit(setting: Setting, steps_per_execution: int = 1) -> Contender:
    """``keras.Model.fit`` on the arrays, with accuracy."""
    model = setting.model()
    model.compile(
        keras.optimizers.Adam(1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=steps_per_execution,
    )
    return lambda: model.fit(setting.data.images, setting.data.labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)


def ours(setting: Setting, *, progress: bool = False) -> Contender:
    """``Trainer.fit`` with accuracy and history."""
    trainer = ck.Trainer(setting.model(), optimizer="adam", learning_rate=1e-3, metrics=["accuracy"])
    return lambda: trainer.fit(setting.data, epochs=EPOCHS, batch_size=BATCH, progress=progress)


CONTENDERS: dict[str, Callable[[Setting], Contender]] = {
    "GradientTape loop": tape_loop,
    "keras fit": keras_fit,
    "keras fit, 20 steps per execution": lambda setting: keras_fit(setting, 20),
    "coursekit": ours,
    "coursekit, progress bar": lambda setting: ours(setting, progress=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", help="run one contender once and print this process's peak memory")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    setting = Setting()
    if options.memory:
        CONTENDERS[options.memory](setting)()
        print(own_peak())
        return
    times = interleaved({name: make(setting) for name, make in CONTENDERS.items()}, options.rounds)
    per_epoch = {name: value / EPOCHS for name, value in times.items()}
    tape, fit, several = "GradientTape loop", "keras fit", "keras fit, 20 steps per execution"
    print(
        table(
            "tiny_cnn on digits, batch 64, 1 thread: an epoch",
            per_epoch,
            {"tape": tape, "fit": fit, "fit, 20": several},
        )
    )
    memory = {
        name: min(peak_memory("benchmarks.bench_engine_tensorflow", name) for _ in range(3))
        for name in (tape, "coursekit")
    }
    checks = [
        verdict("coursekit / tape loop", times["coursekit"] / times[tape], 0.08),
        verdict("coursekit / keras fit", times["coursekit"] / times[fit], 0.65),
        verdict("coursekit / keras fit, 20 steps per execution", times["coursekit"] / times[several], 1.1),
        verdict("peak memory, coursekit / tape loop", memory["coursekit"] / memory[tape], 1.05),
    ]
    save("engine_tensorflow", {"seconds_per_epoch": per_epoch, "peak_mb": memory, "checks": checks})


if __name__ == "__main__":
    main()
