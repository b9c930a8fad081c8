# wrong: the model gives logits now, but is compiled with the name of the loss, which expects probabilities
# believes: "sparse_categorical_crossentropy" is the same loss, and Keras finds out about the logits
# named: logits-without-from-logits
import keras


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
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="sparse_categorical_crossentropy")
    return model


def mean_loss(model, images, labels):
    """The mean cross-entropy over all images, a float."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return float(loss(labels, model.predict(images, verbose=0)))


def probabilities(model, images):
    """The probability of each class: an array (N, 5), rows that sum to one."""
    logits = model.predict(images, verbose=0)
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits, axis=-1))
