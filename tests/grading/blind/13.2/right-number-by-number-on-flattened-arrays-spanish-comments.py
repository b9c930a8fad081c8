# right: number by number on flattened arrays, Spanish comments

import math
import numpy as np


def _por_elemento(formula, cuantos, *arreglos):
    """Aplica `formula` a cada peso y devuelve `cuantos` arreglos con la misma forma."""
    forma = np.shape(arreglos[0])
    salidas = [[] for _ in range(cuantos)]
    for valores in zip(*(np.ravel(a).tolist() for a in arreglos)):
        for lista, numero in zip(salidas, formula(*valores)):
            lista.append(numero)
    return tuple(np.array(lista, dtype=np.float64).reshape(forma) for lista in salidas)


def sgd_step(w, g, lr):
    # un paso cuesta abajo
    (nuevo,) = _por_elemento(lambda wi, gi: (wi - lr * gi,), 1, w, g)
    return nuevo


def momentum_step(w, g, v, lr, mu):
    def formula(wi, gi, vi):
        velocidad = mu * vi + gi
        return wi - lr * velocidad, velocidad
    return _por_elemento(formula, 2, w, g, v)


def rmsprop_step(w, g, s, lr, alpha, eps):
    def formula(wi, gi, si):
        media = alpha * si + (1 - alpha) * gi ** 2
        return wi - lr * gi / (math.sqrt(media) + eps), media
    return _por_elemento(formula, 2, w, g, s)


def adam_step(w, g, m, s, t, lr, beta1, beta2, eps):
    def formula(wi, gi, mi, si):
        mi = beta1 * mi + (1 - beta1) * gi
        si = beta2 * si + (1 - beta2) * gi ** 2
        # corrección del sesgo: solo para el paso, no para el estado
        mc = mi / (1 - beta1 ** t)
        sc = si / (1 - beta2 ** t)
        return wi - lr * mc / (math.sqrt(sc) + eps), mi, si
    return _por_elemento(formula, 3, w, g, m, s)
