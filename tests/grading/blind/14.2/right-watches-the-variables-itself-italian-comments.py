# right: watches the variables itself, Italian comments

import tensorflow as tf


def train_step(model, optimizer, loss_fn, images, labels):
    """Un passo di addestramento."""
    if not model.built:
        model(images[:1])                   # così le variabili esistono
    pesi = model.trainable_variables
    nastro = tf.GradientTape(watch_accessed_variables=False)
    with nastro:
        for p in pesi:
            nastro.watch(p.value)           # solo quello che si impara
        uscite = model(images, training=True)
        perdita = loss_fn(labels, uscite)
        # le penalità del modello, una alla volta
        for penalita in model.losses:
            perdita = perdita + penalita
    gradienti = nastro.gradient(perdita, [p.value for p in pesi])
    optimizer.apply_gradients(list(zip(gradienti, pesi)))
    return float(perdita.numpy())
