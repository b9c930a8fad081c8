# wrong: one maximum for the whole batch
# believes: any shift that stops overflow will do, so one maximum of the whole array is enough (rows far below it underflow to 0)
# named: one-maximum-for-all

import numpy as np


def cross_entropy(logits, labels):
    """Return the mean softmax cross-entropy of a batch and its gradient."""
    rows = np.arange(logits.shape[0])
    z = logits - np.max(logits)          # so that exp() does not overflow
    expo = np.exp(z)
    sums = expo.sum(axis=1, keepdims=True)
    losses = np.log(sums[:, 0]) - z[rows, labels]
    probs = expo / sums
    probs[rows, labels] -= 1
    return losses.mean(), probs / len(rows)
