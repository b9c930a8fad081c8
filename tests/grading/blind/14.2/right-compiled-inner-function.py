# right: compiled inner function

import tensorflow as tf


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss as a float."""
    if not model.built:
        model(images, training=False)
    optimizer.build(model.trainable_variables)      # no variables may be born inside the graph

    @tf.function
    def graph_step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x, training=True))
            for extra in model.losses:
                loss += extra
        g = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(g, model.trainable_variables))
        return loss

    return graph_step(tf.convert_to_tensor(images), tf.convert_to_tensor(labels)).numpy().item()
