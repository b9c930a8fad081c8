# wrong: trainable switched off and on
# believes: inference mode is trainable = False; switching it to True at the end puts everything back
# named: -

import tensorflow as tf


def validate(model, loss_fn, dataset):
    """Return the mean loss and the accuracy on a data set."""
    model.trainable = False
    total, correct, n = 0.0, 0, 0
    for images, labels in dataset:
        outputs = model(images)
        size = int(tf.shape(images)[0])
        total += float(loss_fn(labels, outputs)) * size
        correct += int(tf.reduce_sum(tf.cast(tf.argmax(outputs, axis=1) == labels, tf.int32)))
        n += size
    model.trainable = True
    return {"loss": total / n + float(sum(model.losses)), "accuracy": correct / n}
