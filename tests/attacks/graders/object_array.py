"""Returns an array of objects with code in their pickles.

exercise: 13.1
"""

import numpy as np


class Bomb:
    def __reduce__(self):
        return (print, ("owned",))


def cross_entropy(logits, labels):
    return 0.0, np.array([Bomb(), Bomb()], dtype=object)
