# wrong: metrics of the module are never reset
# believes: a metric starts afresh with every call of the function that uses it
# named: never-reset

import keras
import tensorflow as tf

val_loss = keras.metrics.Mean()
val_accuracy = keras.metrics.SparseCategoricalAccuracy()


def validate(model, loss_fn, dataset):
    """Return the mean loss and the accuracy on a data set."""
    for images, labels in dataset:
        outputs = model(images, training=False)
        val_loss.update_state(loss_fn(labels, outputs), sample_weight=tf.shape(images)[0])
        val_accuracy.update_state(labels, outputs)
    penalty = float(sum(model.losses))
    return {"loss": float(val_loss.result()) + penalty, "accuracy": float(val_accuracy.result())}
