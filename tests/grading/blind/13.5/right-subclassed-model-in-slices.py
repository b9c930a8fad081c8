# right: a subclass of keras.Model, built by one call on zeros; called directly on slices, sums in float64 NumPy
# believes: predict is not needed
import keras
import numpy as np


class Classifier(keras.Model):
    def __init__(self):
        super().__init__()
        self.flat = keras.layers.Flatten()
        self.hidden = keras.layers.Dense(16, activation="tanh")
        self.scores = keras.layers.Dense(5, activation=None)

    def call(self, inputs):
        return self.scores(self.hidden(self.flat(inputs)))


def build_model():
    model = Classifier()
    model(np.zeros((1, 6, 6, 1), dtype="float32"))  # now the weights are there
    model.compile(
        optimizer=keras.optimizers.SGD(0.5),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def _log_p(model, images):
    """Slices of log-probabilities, each with its place."""
    for start in range(0, len(images), 50):
        part = slice(start, start + 50)
        z = keras.ops.convert_to_numpy(model(images[part], training=False)).astype(np.float64)
        z = z - z.max(axis=1, keepdims=True)
        yield part, z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def mean_loss(model, images, labels):
    total = 0.0
    for part, log_p in _log_p(model, images):
        for row, label in zip(log_p, labels[part]):
            total -= row[label]
    return float(total / len(images))


def probabilities(model, images):
    return np.concatenate([np.exp(log_p) for _, log_p in _log_p(model, images)])
