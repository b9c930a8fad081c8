# right: defensive, verbose, longdouble, checks and print

from functools import reduce
import numpy as np

VERBOSE = True


def un_contre_tous(etiquettes, nombre_classes):
    """Codage « one-hot »."""
    codage = np.zeros((etiquettes.size, nombre_classes), dtype=bool)
    for ligne, e in enumerate(etiquettes):
        codage[ligne, e] = True
    return codage


def cross_entropy(logits, labels):
    if np.ndim(logits) != 2:
        raise ValueError("logits must be (N, C)")
    if np.shape(labels) != (np.shape(logits)[0],):
        raise ValueError("labels must be (N,)")
    x = np.array(logits, dtype=np.longdouble, copy=True)
    y = np.array(labels, dtype=int, copy=True)
    n, c = x.shape
    assert y.min() >= 0 and y.max() < c
    # maximum de chaque ligne, colonne par colonne
    sommet = reduce(np.maximum, (x[:, k] for k in range(c)))
    x = (x.T - sommet).T
    somme = reduce(np.add, (np.exp(x[:, k]) for k in range(c)))
    log_p = (x.T - np.log(somme)).T
    bon = un_contre_tous(y, c)
    perte = -np.mean(log_p[bon])
    pente = np.where(bon, np.expm1(log_p), np.exp(log_p)) / n    # p - 1 at the label, p elsewhere
    if VERBOSE:
        print(f"batch of {n}: loss {float(perte):.4f}")
    return float(perte), pente.astype(np.float64)
