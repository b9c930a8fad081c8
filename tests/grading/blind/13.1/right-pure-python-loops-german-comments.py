# right: pure Python loops, German comments

import math
import numpy as np


def cross_entropy(logits, labels):
    """Mittlere Kreuzentropie und ihr Gradient, Bild für Bild gerechnet."""
    anzahl = len(logits)
    klassen = len(logits[0])
    gradient = np.zeros((anzahl, klassen))
    verluste = []
    for i in range(anzahl):
        zeile = [float(x) for x in logits[i]]
        # größter Wert: damit läuft exp() nie über
        groesster = max(zeile)
        exps = [math.exp(x - groesster) for x in zeile]
        summe = math.fsum(exps)
        richtig = int(labels[i])
        verluste.append(math.log(summe) + groesster - zeile[richtig])
        for k in range(klassen):
            p = exps[k] / summe
            ziel = 1.0 if k == richtig else 0.0
            gradient[i, k] = (p - ziel) / anzahl
    return math.fsum(verluste) / anzahl, gradient
