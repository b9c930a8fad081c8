# right: writes into the model's own arrays, try/finally

import numpy as np


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    """Train with early stopping; return (best epoch, validation losses) and leave the best weights in the model."""
    if max_epochs < 1 or patience < 1 or min_delta < 0:
        raise ValueError("max_epochs and patience are at least 1, min_delta at least 0")

    saved = {}
    best_epoch = None
    best_loss = float("nan")
    waited = 0
    losses = list()
    try:
        for epoch in range(max_epochs):
            _ = train_epoch(model)
            loss = validate(model)
            losses += [loss]
            if np.isnan(loss):
                better = False
            elif np.isnan(best_loss):      # no number so far
                better = True
            else:
                better = best_loss - loss > min_delta
            if better:
                best_loss, best_epoch, waited = loss, epoch + 1, 0
                for name, array in model.state_dict().items():
                    saved[name] = np.copy(array)
            else:
                waited += 1
            if waited >= patience:
                break
    finally:
        # state_dict hands out the model's own arrays: fill them
        for name, array in model.state_dict().items():
            if name in saved:
                array[...] = saved[name]
    return best_epoch, losses
