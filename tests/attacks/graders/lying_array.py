"""Returns objects whose __array__ gives something else at each look.

exercise: 13.1
"""

import numpy as np


class Liar:
    def __init__(self):
        self.looks = 0

    def __array__(self, dtype=None, copy=None):
        self.looks += 1
        return np.full((4, 3), self.looks)


def cross_entropy(logits, labels):
    return Liar(), Liar()
