"""Returns NaN, which a careless comparison lets pass (not abs(a - b) > tolerance).

exercise: 13.1
"""

import numpy as np


def cross_entropy(logits, labels):
    return float("nan"), np.full_like(logits, np.nan)
