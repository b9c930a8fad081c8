"""Right code for 16.2, in other styles than the solution's."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

VARIANTS: dict[str, Form] = {
    "plain-call": Edit(("model(images, training=False)", "model(images)")),
    "metrics-made-in-the-call": """\
import keras


def validate(model, loss_fn, dataset):
    mean, right = keras.metrics.Mean(), keras.metrics.SparseCategoricalAccuracy()
    for x, y in dataset:
        logits = model(x, training=False)
        mean.update_state(loss_fn(y, logits), sample_weight=len(x))
        right.update_state(y, logits)
    return {"loss": float(mean.result()) + float(sum(model.losses)), "accuracy": float(right.result())}
""",
    "metrics-reset": """\
import keras
import tensorflow as tf

MEAN = keras.metrics.Mean(name="loss")
RIGHT = keras.metrics.Accuracy()


def validate(model, loss_fn, dataset):
    MEAN.reset_state()
    RIGHT.reset_state()
    for images, labels in dataset:
        outputs = model(images, training=None)
        batch_loss = loss_fn(y_true=labels, y_pred=outputs)
        if model.losses:
            batch_loss += tf.add_n(model.losses)
        MEAN.update_state(batch_loss, tf.shape(labels)[0])
        RIGHT.update_state(labels, tf.argmax(outputs, axis=-1))
    return {"loss": MEAN.result().numpy().item(), "accuracy": float(RIGHT.result())}
""",
    "predict": """\
import numpy as np


def validate(model, loss_fn, dataset):
    outputs = model.predict(dataset, verbose=0)
    labels = np.concatenate([labels for _, labels in dataset.as_numpy_iterator()])
    loss = loss_fn(labels, outputs) + sum(model.losses)
    return {"loss": float(loss), "accuracy": float(np.mean(outputs.argmax(1) == labels))}
""",
    "predict-on-batch": """\
import numpy as np


def validate(model, loss_fn, dataset):
    rows = []
    for images, labels in dataset:
        outputs = model.predict_on_batch(images)
        rows.append((float(loss_fn(labels, outputs)), np.mean(np.argmax(outputs, 1) == labels.numpy()), len(labels)))
    losses, hits, sizes = zip(*rows)
    return {
        "loss": np.average(losses, weights=sizes) + float(sum(model.losses)),
        "accuracy": np.average(hits, weights=sizes),
    }
""",
    "compiled": """\
import tensorflow as tf


def validate(model, loss_fn, dataset):
    @tf.function(reduce_retracing=True)
    def step(images, labels):
        logits = model(images, training=False)
        n = tf.cast(tf.shape(labels)[0], tf.float32)
        hits = tf.reduce_sum(tf.cast(tf.math.in_top_k(labels, logits, 1), tf.float32))
        return tf.stack([loss_fn(labels, logits) * n, hits, n])

    total = tf.zeros(3)
    for batch in dataset:
        total += step(*batch)
    loss, hits, n = total.numpy().tolist()
    return {"loss": loss / n + float(tf.reduce_sum(model.losses)), "accuracy": hits / n}
""",
    "image-by-image": """\
import tensorflow as tf


def validate(model, loss_fn, dataset):
    single = dataset.unbatch().batch(1)
    losses, hits = [], []
    for image, label in single:
        scores = model(inputs=image)
        losses.append(loss_fn(label, scores) + sum(model.losses))
        hits.append(tf.math.argmax(scores[0]) == label[0])
    return dict(
        loss=tf.reduce_mean(tf.stack(losses)).numpy().tolist(),
        accuracy=tf.reduce_mean(tf.cast(tf.stack(hits), tf.float64)).numpy().item(),
    )
""",
    "reduced": """\
import tensorflow as tf


def validate(model, loss_fn, dataset):
    def add(sums, batch):
        images, labels = batch
        outputs = model(images, training=False)
        size = tf.shape(labels, tf.int64)[0]
        right = tf.math.count_nonzero(tf.equal(tf.argmax(outputs, 1), labels))
        return sums[0] + loss_fn(labels, outputs) * tf.cast(size, tf.float32), sums[1] + right, sums[2] + size

    loss, right, count = dataset.reduce((0.0, tf.constant(0, tf.int64), tf.constant(0, tf.int64)), add)
    return {"loss": float(loss / float(count)) + float(sum(model.losses)), "accuracy": int(right) / int(count)}
""",
    "evaluate": """\
import keras


def validate(model, loss_fn, dataset):
    twin = keras.Model(model.inputs, model.outputs)
    twin.compile(loss=loss_fn, metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")])
    return {name: float(value) for name, value in twin.evaluate(dataset, verbose=0, return_dict=True).items()}
""",
    "all-at-once": """\
import tensorflow as tf


def validate(model, loss_fn, dataset):
    batches = list(dataset)
    images = tf.concat([x for x, _ in batches], 0)
    labels = tf.concat([y for _, y in batches], 0)
    logits = model.call(images, training=False)
    loss = tf.add_n([loss_fn(labels, logits), *model.losses])
    accuracy = tf.keras.metrics.sparse_categorical_accuracy(labels, logits)
    return {"accuracy": float(tf.reduce_mean(accuracy)), "loss": float(loss)}
""",
}
