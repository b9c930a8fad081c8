# wrong: penalties averaged over the batch
# believes: everything in the loss is a mean over the batch, so the weight penalties are divided by N too
# named: -

import tensorflow as tf


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss as a float."""
    n = tf.cast(tf.shape(images)[0], tf.float32)
    with tf.GradientTape() as tape:
        outputs = model(images, training=True)
        loss = loss_fn(labels, outputs)
        if model.losses:
            loss += tf.add_n(model.losses) / n
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return float(loss)
