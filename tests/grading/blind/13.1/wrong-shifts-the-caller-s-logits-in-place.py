# wrong: shifts the caller's logits in place
# believes: a new name (or asarray) is a copy, so -= on it leaves the argument alone
# named: changes-its-input

import numpy as np


def cross_entropy(logits, labels):
    """Return the mean softmax cross-entropy of a batch and its gradient."""
    scores = np.asarray(logits)            # work on my own array
    scores -= scores.max(axis=1, keepdims=True)
    exps = np.exp(scores)
    total = exps.sum(axis=1, keepdims=True)
    n = len(labels)
    loss = np.mean(np.log(total[:, 0]) - scores[range(n), labels])
    gradient = exps / total
    gradient[range(n), labels] -= 1
    gradient /= n
    return loss, gradient
