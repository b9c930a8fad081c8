# right: functional API with odd names; mean_loss is evaluate in one batch
# believes: the model already knows its loss, so ask it
import keras


def build_model():
    """A compiled classifier for images (N, 6, 6, 1) of 5 classes."""
    eye = keras.Input(shape=(6, 6, 1))
    line = keras.layers.Flatten()(eye)
    thought = keras.layers.Dense(16, activation=keras.activations.tanh)(line)
    verdict = keras.layers.Dense(5)(thought)
    model = keras.Model(inputs=eye, outputs=verdict)
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.5),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def mean_loss(model, images, labels):
    """The mean cross-entropy over all images, a float."""
    report = model.evaluate(images, labels, batch_size=len(images), verbose=0, return_dict=True)
    return float(report["loss"])


def probabilities(model, images):
    """The probability of each class: an array (N, 5), rows that sum to one."""
    logits = model.predict(images, verbose=0)
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits, axis=-1))
