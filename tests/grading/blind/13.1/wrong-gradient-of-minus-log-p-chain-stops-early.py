# wrong: gradient of minus log p, chain stops early
# believes: differentiates -log p with respect to the probabilities (-1/p at the label, 0 elsewhere) and forgets to go through softmax to the logits
# named: -

import numpy as np


def cross_entropy(logits, labels):
    """Return the mean softmax cross-entropy of a batch and its gradient."""
    n = logits.shape[0]
    idx = np.arange(n)
    shifted = logits - logits.max(axis=1, keepdims=True)
    lse = np.log(np.exp(shifted).sum(axis=1))
    log_p = shifted[idx, labels] - lse
    loss = -log_p.mean()

    # d(-log p)/dp = -1/p, only the right class appears in the loss
    gradient = np.zeros_like(logits)
    gradient[idx, labels] = -1.0 / np.maximum(np.exp(log_p), 1e-300)
    return loss, gradient / n
