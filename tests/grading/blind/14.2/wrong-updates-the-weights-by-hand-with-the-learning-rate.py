# wrong: updates the weights by hand with the learning rate
# believes: an optimizer is only its learning rate: w -= lr * gradient is the step of any optimizer
# named: -

import tensorflow as tf


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss as a float."""
    with tf.GradientTape() as tape:
        outputs = model(images, training=True)
        loss = loss_fn(labels, outputs) + sum(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    for w, g in zip(model.trainable_variables, grads):
        w.assign_sub(optimizer.learning_rate * g)
    return float(loss)
