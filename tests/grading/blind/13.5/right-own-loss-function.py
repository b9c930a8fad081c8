# right: compiled with a loss function of its own, written with keras.ops (largest logit taken off first)
# believes: the library's loss is a few lines, better to see them
import keras
import numpy as np


def cross_entropy_of_logits(labels, logits):
    """One loss per image."""
    labels = keras.ops.cast(keras.ops.reshape(labels, (-1,)), "int32")
    one_hot = keras.ops.cast(keras.ops.one_hot(labels, 5), "float32")
    shifted = logits - keras.ops.max(logits, axis=-1, keepdims=True)
    total = keras.ops.log(keras.ops.sum(keras.ops.exp(shifted), axis=-1))
    return total - keras.ops.sum(one_hot * shifted, axis=-1)


def build_model():
    layers = [
        keras.Input((6, 6, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(16, activation="tanh"),
        keras.layers.Dense(5),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss=cross_entropy_of_logits)
    return model


def mean_loss(model, images, labels):
    logits = keras.ops.convert_to_tensor(model.predict(images, verbose=0))
    each = keras.ops.convert_to_numpy(cross_entropy_of_logits(labels, logits))
    return float(np.mean(each, dtype=np.float64))


def probabilities(model, images):
    z = model.predict(images, verbose=0).astype(np.float64)
    # p_k is one over the sum of exp(z_j - z_k); what overflows is infinite, and one over it 0
    with np.errstate(over="ignore"):
        return 1.0 / np.exp(z[:, None, :] - z[:, :, None]).sum(axis=2)
