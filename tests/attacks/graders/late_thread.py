"""Returns an array and changes it from a thread later.

exercise: 13.1
"""

import threading
import time

import numpy as np


def cross_entropy(logits, labels):
    out = np.zeros_like(logits)

    def later():
        for _ in range(10_000):
            out[...] = np.random.rand()
            time.sleep(0)

    threading.Thread(target=later, daemon=True).start()
    return 0.0, out
