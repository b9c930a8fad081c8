# wrong: NaN epochs are passed over
# believes: an epoch without a valid loss is not counted at all: it neither improves nor uses up patience
# named: nan-not-counted

import copy
import math


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    """Train with early stopping; return (best epoch, validation losses) and leave the best weights in the model."""
    best_loss, best_epoch, best_state, wait = math.inf, 0, None, 0
    losses = []
    for epoch in range(1, max_epochs + 1):
        train_epoch(model)
        loss = validate(model)
        losses.append(loss)
        if math.isnan(loss):
            continue                 # nothing to compare
        if loss < best_loss - min_delta:
            best_loss, best_epoch, wait = loss, epoch, 0
            best_state = copy.deepcopy(model.state_dict())
        else:
            wait += 1
            if wait >= patience:
                break
    model.load_state_dict(best_state)
    return best_epoch, losses
