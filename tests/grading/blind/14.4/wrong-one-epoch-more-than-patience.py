# wrong: one epoch more than patience
# believes: plain slip: stops when more than `patience` epochs went by (> for >=)
# named: patience-one-too-long

import copy
import numpy as np


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    """Train with early stopping; return (best epoch, validation losses) and leave the best weights in the model."""
    best_loss, best_epoch, best_state, wait = np.inf, 0, None, 0
    losses = []
    for epoch in range(1, max_epochs + 1):
        train_epoch(model)
        loss = validate(model)
        losses.append(loss)
        if loss < best_loss - min_delta:
            best_loss, best_epoch, wait = loss, epoch, 0
            best_state = copy.deepcopy(model.state_dict())
        else:
            wait += 1
            if wait > patience:
                break
    model.load_state_dict(best_state)
    return best_epoch, losses
