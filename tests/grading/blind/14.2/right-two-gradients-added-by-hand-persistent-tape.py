# right: two gradients added by hand, persistent tape

import tensorflow as tf


def plus(a, b):
    """Sum of two gradients, either of which may be missing."""
    if a is None:
        return b
    if b is None:
        return a
    return tf.convert_to_tensor(a) + tf.convert_to_tensor(b)


def train_step(model, optimizer, loss_fn, images, labels):
    with tf.GradientTape(persistent=True) as tape:
        outputs = model(images, training=True)
        data_loss = loss_fn(labels, outputs)
        penalty = tf.reduce_sum(tf.stack([tf.cast(l, data_loss.dtype) for l in model.losses])) if model.losses else None
    weights = list(model.trainable_variables)
    grads = tape.gradient(data_loss, weights)
    total = data_loss
    if penalty is not None:
        grads = [plus(a, b) for a, b in zip(grads, tape.gradient(penalty, weights))]
        total = data_loss + penalty
    del tape
    optimizer.apply_gradients(zip(grads, weights))
    return total.numpy().item()
