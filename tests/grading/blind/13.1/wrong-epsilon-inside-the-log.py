# wrong: epsilon inside the log
# believes: stability is only about avoiding log(0): a tiny number inside the log is harmless (but it caps the loss)
# named: log-clipped

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(logits, labels):
    """Return the mean softmax cross-entropy of a batch and its gradient."""
    N = len(labels)
    p = softmax(logits)
    loss = -np.mean(np.log(p[np.arange(N), labels] + 1e-12))
    grad = p.copy()
    grad[np.arange(N), labels] -= 1
    grad /= N
    return loss, grad
