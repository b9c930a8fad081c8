"""Right code for 13.5 and 13.6 that has little in common with their solutions."""

from __future__ import annotations

KERAS = {
    "functional, with functions for losses": """\
import numpy as np
import tensorflow as tf
from tensorflow import keras


def build_model():
    inputs = keras.Input(shape=(6, 6, 1))
    hidden = keras.layers.Dense(16)(keras.layers.Flatten()(inputs))
    outputs = keras.layers.Dense(5, activation="linear")(keras.layers.Activation("tanh")(hidden))
    model = keras.Model(inputs, outputs)

    def cross_entropy(y_true, y_pred):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.reshape(tf.cast(y_true, tf.int64), [-1]), y_pred)

    model.compile("sgd", loss=cross_entropy)
    model.optimizer.learning_rate = 0.5
    return model


def mean_loss(model, images, labels):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, model(images, training=False)))


def probabilities(model, images):
    return tf.nn.softmax(model.predict_on_batch(images)).numpy()
""",
    "by hand, with accuracy": """\
import keras
import numpy as np


def build_model():
    model = keras.Sequential()
    model.add(keras.Input((6, 6, 1)))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(16, activation=keras.activations.tanh))
    model.add(keras.layers.Dense(5))
    model.compile(
        keras.optimizers.SGD(learning_rate=0.5),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def mean_loss(model, images, labels):
    z = model.predict(images, verbose=0).astype(np.float64)
    top = z.max(1)
    return np.mean(top + np.log(np.exp(z - top[:, None]).sum(1)) - z[np.arange(len(z)), labels])


def probabilities(model, images):
    z = model(images).numpy()
    z = np.exp(z - z.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)
""",
}

TORCH = {
    "a class with two methods": """\
import torch


class Classifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(36, 16)
        self.head = torch.nn.Linear(16, 5)

    def logits(self, x):
        return self.head(self.hidden(x.reshape(len(x), -1)).tanh())

    def forward(self, x):
        return self.logits(x).softmax(1)


def build_model():
    return Classifier()


def loss_of(model, images, labels):
    return -torch.distributions.Categorical(logits=model.logits(images)).log_prob(labels).mean()


def probabilities(model, images):
    return model(images)
""",
}
