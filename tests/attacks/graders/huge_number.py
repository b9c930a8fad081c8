"""Returns an integer of a million digits.

exercise: 13.1
"""

import numpy as np


def cross_entropy(logits, labels):
    return 10**1_000_000, np.zeros_like(logits)
