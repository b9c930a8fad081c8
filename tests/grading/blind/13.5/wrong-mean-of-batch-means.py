# wrong: mean_loss is the plain mean of the means of batches of 32, the last of which may be smaller
# believes: the mean of means is the mean
# named: mean-of-batch-means
import keras
import numpy as np


def build_model():
    """A compiled classifier for images (N, 6, 6, 1) of 5 classes."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="tanh"),
            keras.layers.Dense(5),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(0.5),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def mean_loss(model, images, labels):
    """The mean cross-entropy over all images, a float."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = []
    for start in range(0, len(images), 32):
        logits = model.predict(images[start : start + 32], verbose=0)
        losses.append(float(loss(labels[start : start + 32], logits)))
    return float(np.mean(losses))


def probabilities(model, images):
    """The probability of each class: an array (N, 5), rows that sum to one."""
    logits = model.predict(images, verbose=0)
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits, axis=-1))
