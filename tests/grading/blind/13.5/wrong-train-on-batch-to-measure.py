# wrong: mean_loss calls train_on_batch, which gives the right loss but takes a step and changes the weights
# believes: train_on_batch is how one gets the loss of a batch, only fit trains
# named: trained-by-measuring
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
    model.compile(
        optimizer=keras.optimizers.SGD(0.5),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def mean_loss(model, images, labels):
    """The mean cross-entropy over all images, a float."""
    model.reset_metrics()
    return float(model.train_on_batch(images, labels, return_dict=True)["loss"])


def probabilities(model, images):
    """The probability of each class: an array (N, 5), rows that sum to one."""
    logits = model.predict(images, verbose=0)
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits, axis=-1))
