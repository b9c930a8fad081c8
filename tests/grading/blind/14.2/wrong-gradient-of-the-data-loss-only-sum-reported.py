# wrong: gradient of the data loss only, sum reported
# believes: adding the penalties to the number that is reported is enough; the gradient need not contain them
# named: model-losses-ignored

import tensorflow as tf


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss as a float."""
    with tf.GradientTape() as tape:
        outputs = model(images, training=True)
        loss = loss_fn(labels, outputs)
    total = loss + sum(model.losses)        # after the tape, before the step
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return float(total)
