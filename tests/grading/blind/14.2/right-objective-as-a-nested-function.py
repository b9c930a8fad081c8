# right: objective as a nested function

import tensorflow as tf
import keras


def value_and_grad(fn, get_variables):
    """fn() -> scalar; returns its value, its gradients and the variables."""
    with tf.GradientTape() as tape:
        value = fn()
    variables = get_variables()
    return value, tape.gradient(value, variables), variables


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss as a float."""
    images = keras.ops.convert_to_tensor(images)
    labels = keras.ops.convert_to_tensor(labels)

    def objective():
        logits = model(images, training=True)
        return loss_fn(labels, logits) + sum(model.losses, start=0.0)

    value, grads, variables = value_and_grad(objective, lambda: model.trainable_weights)
    for v, g in zip(variables, grads):
        if g is None:
            print("no gradient for", v.path)
    optimizer.apply_gradients([(g, v) for g, v in zip(grads, variables) if g is not None])
    return float(keras.ops.convert_to_numpy(value))
