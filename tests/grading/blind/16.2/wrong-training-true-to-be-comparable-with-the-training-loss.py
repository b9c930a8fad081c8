# wrong: training=True to be comparable with the training loss
# believes: to compare with the training loss the model has to run as in training; without a tape nothing changes anyway
# named: training-mode

import tensorflow as tf


def validate(model, loss_fn, dataset):
    """Return the mean loss and the accuracy on a data set."""
    total, correct, n = 0.0, 0, 0
    for images, labels in dataset:
        outputs = model(images, training=True)
        size = int(tf.shape(images)[0])
        total += float(loss_fn(labels, outputs)) * size
        correct += int(tf.reduce_sum(tf.cast(tf.argmax(outputs, axis=1) == labels, tf.int32)))
        n += size
    return {"loss": total / n + float(sum(model.losses)), "accuracy": correct / n}
