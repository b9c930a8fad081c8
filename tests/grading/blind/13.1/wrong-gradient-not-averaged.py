# wrong: gradient not averaged
# believes: gradient of the loss is softmax minus one-hot for each image, whether the loss is a mean or a sum
# named: gradient-of-the-sum

import numpy as np


def cross_entropy(logits, labels):
    """Return the mean softmax cross-entropy of a batch and its gradient."""
    n = logits.shape[0]
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss = -log_p[np.arange(n), labels].mean()
    gradient = np.exp(log_p)
    gradient[np.arange(n), labels] -= 1
    return loss, gradient
