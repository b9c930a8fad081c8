# wrong: compares with the epoch before
# believes: an improvement is a loss lower than that of the epoch before, not than the best so far
# named: compared-with-the-epoch-before

import copy
import numpy as np


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    """Train with early stopping; return (best epoch, validation losses) and leave the best weights in the model."""
    previous, best_epoch, best_state, wait = np.inf, 0, None, 0
    losses = []
    for epoch in range(1, max_epochs + 1):
        train_epoch(model)
        loss = validate(model)
        losses.append(loss)
        if loss < previous - min_delta:
            best_epoch, wait = epoch, 0
            best_state = copy.deepcopy(model.state_dict())
        else:
            wait += 1
        if not np.isnan(loss):
            previous = loss
        if wait >= patience:
            break
    model.load_state_dict(best_state)
    return best_epoch, losses
