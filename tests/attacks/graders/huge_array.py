"""Returns an array of a gigabyte that takes no memory.

exercise: 13.1
"""

import numpy as np


def cross_entropy(logits, labels):
    return 0.0, np.broadcast_to(np.float64(0.0), (1 << 15, 1 << 12))
