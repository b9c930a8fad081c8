# right: local compiled step, variables as sums, French comments

import tensorflow as tf


def validate(model, loss_fn, dataset):
    """Renvoie la perte moyenne et l'exactitude."""
    # tout est local : rien ne reste d'un appel à l'autre
    @tf.function(reduce_retracing=True)
    def pas(images, etiquettes):
        sorties = model(images, training=False)
        perte = loss_fn(etiquettes, sorties)
        _, meilleure = tf.math.top_k(sorties, k=1)
        justes = tf.reduce_sum(tf.cast(tf.equal(tf.cast(meilleure[:, 0], etiquettes.dtype), etiquettes), tf.int32))
        return perte, justes

    if not model.built:
        premieres, _ = next(iter(dataset))
        model(premieres, training=False)

    somme, justes, nombre = 0.0, 0, 0
    for images, etiquettes in dataset.as_numpy_iterator():
        n = etiquettes.shape[0]
        p, j = pas(tf.constant(images), tf.constant(etiquettes))
        somme += float(p) * n
        justes += int(j)
        nombre += n
    assert nombre > 0, "le jeu de données est vide"

    perte = somme / nombre
    # les pénalités des poids, une seule fois
    perte += sum(map(float, model.losses), 0.0)
    print(f"val_loss={perte:.4f} val_accuracy={justes / nombre:.3f}")
    return {"loss": perte, "accuracy": justes / nombre}
