# wrong: penalty added to the sum in every batch
# believes: the penalty belongs to each batch's loss sum, without its size: it ends up as penalty * batches / images
# named: penalty-per-batch

import tensorflow as tf


def validate(model, loss_fn, dataset):
    """Return the mean loss and the accuracy on a data set."""
    total, correct, n = 0.0, 0, 0
    for images, labels in dataset:
        outputs = model(images, training=False)
        size = int(tf.shape(images)[0])
        total += float(loss_fn(labels, outputs)) * size
        total += float(sum(model.losses))
        correct += int(tf.reduce_sum(tf.cast(tf.argmax(outputs, axis=1) == labels, tf.int32)))
        n += size
    return {"loss": total / n, "accuracy": correct / n}
