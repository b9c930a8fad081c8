# wrong: no training=True
# believes: inside a GradientTape the model is in training mode by itself
# named: no-training-argument

import tensorflow as tf


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss as a float."""
    with tf.GradientTape() as tape:
        outputs = model(images)
        loss = loss_fn(labels, outputs) + sum(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return float(loss)
