# right: all logits in one, one call of the loss

import tensorflow as tf

validate = lambda model, loss_fn, dataset: (
    lambda pairs: (
        lambda logits, labels: {
            "loss": float(loss_fn(labels, logits)) + float(sum(model.losses)),
            "accuracy": float(tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, axis=-1), labels), tf.float64))),
        }
    )(*(tf.concat(part, axis=0) for part in zip(*pairs)))
)([(model(x, training=False), y) for x, y in dataset])
