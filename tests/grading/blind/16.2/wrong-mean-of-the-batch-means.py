# wrong: mean of the batch means
# believes: averaging what each batch gives is the average over the images, the smaller last batch included
# named: mean-of-batch-means

import tensorflow as tf


def validate(model, loss_fn, dataset):
    """Return the mean loss and the accuracy on a data set."""
    losses, accuracies = [], []
    for images, labels in dataset:
        outputs = model(images, training=False)
        losses.append(float(loss_fn(labels, outputs)))
        right = tf.argmax(outputs, axis=1) == labels
        accuracies.append(float(tf.reduce_mean(tf.cast(right, tf.float32))))
    penalty = float(sum(model.losses))
    return {"loss": sum(losses) / len(losses) + penalty, "accuracy": sum(accuracies) / len(accuracies)}
