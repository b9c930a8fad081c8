# wrong: softmax before a loss on logits
# believes: the loss compares probabilities, so the outputs must go through softmax (the loss already does that)
# named: softmax-before-loss

import tensorflow as tf


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss as a float."""
    with tf.GradientTape() as tape:
        probs = tf.nn.softmax(model(images, training=True), axis=-1)
        loss = loss_fn(labels, probs)
        loss = loss + sum(model.losses)
    variables = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(loss)
