# wrong: min_delta only for patience, best follows every lower loss
# believes: min_delta only decides about patience; any lower loss becomes the new best (so many small steps never add up)
# named: small-gains-move-the-best

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
            wait = 0
        else:
            wait += 1
        if loss < best_loss:
            best_loss, best_epoch = loss, epoch
            best_state = copy.deepcopy(model.state_dict())
        if wait >= patience:
            break
    model.load_state_dict(best_state)
    return best_epoch, losses
