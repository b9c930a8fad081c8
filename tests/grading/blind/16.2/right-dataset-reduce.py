# right: Dataset.reduce

import tensorflow as tf


def validate(model, loss_fn, dataset):
    """Return the mean loss and the accuracy on a data set."""

    def add_batch(state, batch):
        loss_sum, hits, count = state
        images, labels = batch
        logits = model(images, training=False)
        n = tf.shape(labels, out_type=tf.int64)[0]
        loss = tf.cast(loss_fn(labels, logits), tf.float64)
        right = tf.math.count_nonzero(tf.argmax(logits, axis=1, output_type=tf.int64) == tf.cast(labels, tf.int64))
        return loss_sum + loss * tf.cast(n, tf.float64), hits + right, count + n

    if not model.built:
        for images, _ in dataset.take(1):
            model(images, training=False)          # the variables are made outside of the graph
    start = (tf.constant(0.0, tf.float64), tf.constant(0, tf.int64), tf.constant(0, tf.int64))
    loss_sum, hits, count = dataset.reduce(start, add_batch)
    total = loss_sum / tf.cast(count, tf.float64)
    for penalty in model.losses:
        total += tf.cast(penalty, tf.float64)
    return {"loss": total.numpy().item(), "accuracy": (hits / count).numpy().item()}
