# right: fresh Keras metrics with sample weights

import keras
import tensorflow as tf


def validate(model, loss_fn, dataset):
    """Return the mean loss and the accuracy on a data set."""
    mean_loss = keras.metrics.Mean(name="val_loss", dtype="float64")
    accuracy = keras.metrics.SparseCategoricalAccuracy(name="val_accuracy", dtype="float64")
    for images, labels in dataset:
        logits = model(images, training=False)
        mean_loss.update_state(loss_fn(labels, logits), sample_weight=tf.shape(labels)[0])
        accuracy.update_state(labels, logits)
    penalty = float(tf.add_n(model.losses)) if model.losses else 0.0
    return {"loss": float(mean_loss.result()) + penalty, "accuracy": float(accuracy.result())}
