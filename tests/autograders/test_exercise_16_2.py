"""16.2, judged on code that was written from its text alone."""

from __future__ import annotations

import pytest

from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.report import Report

RIGHT = {
    "plain": """
import tensorflow as tf

def validate(model, loss_fn, dataset):
    total = 0.0
    hits = 0
    seen = 0
    for images, labels in dataset:
        logits = model(images, training=False)
        n = images.shape[0]
        total += loss_fn(labels, logits).numpy() * n
        hits += (tf.argmax(logits, axis=-1).numpy() == labels.numpy()).sum()
        seen += n
    reg = sum([float(l) for l in model.losses])
    return {"loss": float(total / seen + reg), "accuracy": float(hits / seen)}
""",
    "metrics with weights": """
import tensorflow as tf
from tensorflow import keras

def validate(model, loss_fn, dataset):
    loss_metric = keras.metrics.Mean()
    acc_metric = keras.metrics.SparseCategoricalAccuracy()
    for x_batch, y_batch in dataset:
        logits = model(x_batch, training=False)
        value = loss_fn(y_batch, logits)
        value += sum(model.losses)
        loss_metric.update_state(value, sample_weight=tf.shape(x_batch)[0])
        acc_metric.update_state(y_batch, logits)
    return {"loss": float(loss_metric.result()), "accuracy": float(acc_metric.result())}
""",
    "lists of single images": """
import numpy as np

def validate(model, loss_fn, dataset):
    every, right = [], []
    for images, labels in dataset.as_numpy_iterator():
        logits = np.asarray(model(images))
        for i in range(len(labels)):
            every.append(float(loss_fn(labels[i:i + 1], logits[i:i + 1])))
            right.append(int(logits[i].argmax() == labels[i]))
    penalty = float(sum(model.losses)) if model.losses else 0.0
    return {"accuracy": float(np.mean(right)), "loss": float(np.mean(every)) + penalty}
""",
    "softmax for the accuracy alone": """
import tensorflow as tf

def validate(model, loss_fn, dataset):
    sums = tf.zeros([3])
    for images, labels in dataset:
        logits = model(images, training=tf.constant(False))
        probabilities = tf.nn.softmax(logits, axis=1)
        n = tf.cast(tf.size(labels), tf.float32)
        good = tf.reduce_sum(tf.cast(tf.equal(tf.argmax(probabilities, 1), labels), tf.float32))
        sums += tf.stack([n * loss_fn(labels, logits), good, n])
    loss, good, n = (float(s) for s in tf.unstack(sums))
    for extra in model.losses:
        loss += n * float(extra)
    return {"loss": loss / n, "accuracy": good / n}
""",
    "a compiled step made outside": """
import tensorflow as tf

@tf.function
def outputs_of(model, images):
    return model(images, training=False)

def validate(model, loss_fn, dataset):
    logits, labels = [], []
    for images, targets in dataset:
        logits.append(outputs_of(model, images))
        labels.append(targets)
    logits, labels = tf.concat(logits, axis=0), tf.concat(labels, axis=0)
    loss = loss_fn(labels, logits)
    if model.losses:
        loss = loss + tf.math.add_n(model.losses)
    return {"loss": loss.numpy().item(),
            "accuracy": tf.reduce_mean(tf.cast(tf.argmax(logits, 1) == labels, "float32")).numpy().item()}
""",
    "the model itself compiled and evaluated": """
import keras

def validate(model, loss_fn, dataset):
    model.compile(loss=loss_fn, metrics=["accuracy"])
    result = model.evaluate(dataset, return_dict=True, verbose=0)
    return {"loss": result["loss"], "accuracy": result["accuracy"]}
""",
}

WRONG: dict[str, tuple[set[str], str]] = {
    "copied from the training step": (
        {"training-mode", "model-losses-ignored"},
        """
import tensorflow as tf

def validate(model, loss_fn, dataset):
    loss = correct = n = 0
    for images, labels in dataset:
        logits = model(images, training=True)
        loss += float(loss_fn(labels, logits)) * len(labels)
        correct += int(tf.math.count_nonzero(tf.argmax(logits, 1) == labels))
        n += len(labels)
    return {"loss": loss / n, "accuracy": correct / n}
""",
    ),
    "metrics outside, never reset": (
        {"never-reset"},
        """
import keras

loss_metric = keras.metrics.Mean()
accuracy_metric = keras.metrics.SparseCategoricalAccuracy()

def validate(model, loss_fn, dataset):
    for images, labels in dataset:
        logits = model(images, training=False)
        loss_metric.update_state(loss_fn(labels, logits), sample_weight=len(labels))
        accuracy_metric.update_state(labels, logits)
    return {"loss": float(loss_metric.result()) + float(sum(model.losses)), "accuracy": float(accuracy_metric.result())}
""",
    ),
    "a Mean without weights": (
        {"mean-of-batch-means"},
        """
import keras

def validate(model, loss_fn, dataset):
    mean, accuracy = keras.metrics.Mean(), keras.metrics.SparseCategoricalAccuracy()
    for images, labels in dataset:
        logits = model(images, training=False)
        mean(loss_fn(labels, logits) + sum(model.losses))
        accuracy(labels, logits)
    return {"loss": float(mean.result()), "accuracy": float(accuracy.result())}
""",
    ),
    "PyTorch's order": (
        {"swapped-loss-arguments"},
        """
import tensorflow as tf

def validate(model, loss_fn, dataset):
    loss = correct = n = 0
    for images, labels in dataset:
        logits = model(images, training=False)
        loss += float(loss_fn(logits, labels)) * len(labels)
        correct += int(tf.math.count_nonzero(tf.argmax(logits, 1) == labels))
        n += len(labels)
    return {"loss": loss / n + float(sum(model.losses)), "accuracy": correct / n}
""",
    ),
    "argmax without an axis": (
        {"argmax-over-the-batch"},
        """
import tensorflow as tf

def validate(model, loss_fn, dataset):
    loss = correct = n = 0
    for images, labels in dataset:
        logits = model(images, training=False)
        loss += float(loss_fn(labels, logits)) * len(labels)
        correct += int(tf.reduce_sum(tf.cast(tf.equal(tf.argmax(logits), labels), tf.int32)))
        n += len(labels)
    return {"loss": loss / n + float(sum(model.losses)), "accuracy": correct / n}
""",
    ),
    "frozen for the measurement": (
        {"trainable-for-training"},
        """
import tensorflow as tf

def validate(model, loss_fn, dataset):
    model.trainable = False
    loss = correct = n = 0
    for images, labels in dataset:
        logits = model(images)
        loss += float(loss_fn(labels, logits)) * len(labels)
        correct += int(tf.math.count_nonzero(tf.argmax(logits, 1) == labels))
        n += len(labels)
    loss = loss / n + float(sum(model.losses))
    model.trainable = True
    return {"loss": loss, "accuracy": correct / n}
""",
    ),
    "penalty inside the sum": (
        {"penalty-per-batch"},
        """
import tensorflow as tf

def validate(model, loss_fn, dataset):
    loss = correct = n = 0
    for images, labels in dataset:
        logits = model(images, training=False)
        loss += float(loss_fn(labels, logits)) * len(labels) + float(sum(model.losses))
        correct += int(tf.math.count_nonzero(tf.argmax(logits, 1) == labels))
        n += len(labels)
    return {"loss": loss / n, "accuracy": correct / n}
""",
    ),
    "tensors": (
        {"returns-tensors"},
        """
import tensorflow as tf

def validate(model, loss_fn, dataset):
    loss = correct = n = 0.0
    for images, labels in dataset:
        logits = model(images, training=False)
        loss += loss_fn(labels, logits) * len(labels)
        correct += tf.reduce_sum(tf.cast(tf.argmax(logits, 1) == labels, tf.float32))
        n += len(labels)
    return {"loss": loss / n + sum(model.losses), "accuracy": correct / n}
""",
    ),
    "return one level too deep": (
        {"first-batch-only"},
        """
import tensorflow as tf

def validate(model, loss_fn, dataset):
    loss = correct = n = 0
    for images, labels in dataset:
        logits = model(images, training=False)
        loss += float(loss_fn(labels, logits)) * len(labels)
        correct += int(tf.math.count_nonzero(tf.argmax(logits, 1) == labels))
        n += len(labels)
        return {"loss": loss / n + float(sum(model.losses)), "accuracy": correct / n}
""",
    ),
    "probabilities": (
        {"softmax-before-loss"},
        """
import tensorflow as tf

def validate(model, loss_fn, dataset):
    loss = correct = n = 0
    for images, labels in dataset:
        p = tf.nn.softmax(model(images, training=False))
        loss += float(loss_fn(labels, p)) * len(labels)
        correct += int(tf.math.count_nonzero(tf.argmax(p, 1) == labels))
        n += len(labels)
    return {"loss": loss / n + float(sum(model.losses)), "accuracy": correct / n}
""",
    ),
    "predict, and one mean too many": (
        {"mean-of-batch-means"},
        """
import numpy as np

def validate(model, loss_fn, dataset):
    losses, accuracies = [], []
    for images, labels in dataset:
        logits = model.predict_on_batch(images)
        losses.append(float(loss_fn(labels, logits)))
        accuracies.append(np.mean(logits.argmax(axis=1) == labels.numpy()))
    return {"loss": float(np.mean(losses)) + float(sum(model.losses)), "accuracy": float(np.mean(accuracies))}
""",
    ),
    "gives up at once": (
        set(),
        """
def validate(model, loss_fn, dataset):
    return {"loss": 0.0, "accuracy": 0.0}
""",
    ),
}


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("16.2", observe_source("16.2", source, seed), seed)


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    report = _judged(RIGHT[name])
    assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    named, source = WRONG[name]
    report = _judged(source)
    assert report.status == "failed"
    assert {finding.name for finding in report.misconceptions} == named


def test_code_that_never_calls_the_model_gets_no_points_for_leaving_it_alone() -> None:
    report = _judged(WRONG["gives up at once"][1])
    assert {check.name for check in report.checks if check.passed} <= {"float"}


def test_the_training_mode_costs_what_it_does_wrong_and_no_more() -> None:
    source = RIGHT["plain"].replace("training=False", "training=True")
    assert {check.name for check in _judged(source).checks if not check.passed} == {"inference", "unchanged"}
