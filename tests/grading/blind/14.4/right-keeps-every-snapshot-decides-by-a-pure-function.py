# right: keeps every snapshot, decides by a pure function

import numpy as np


def best_so_far(losses, min_delta):
    """The number of the best epoch of a history (0: none yet)."""
    best = 0
    for number, loss in enumerate(losses, start=1):
        if loss != loss:                 # NaN is the only number that differs from itself
            continue
        if best == 0 or loss < losses[best - 1] - min_delta:
            best = number
    return best


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    """Train with early stopping; return (best epoch, validation losses) and leave the best weights in the model."""
    losses, snapshots = [], []
    for _ in range(max_epochs):
        train_epoch(model)
        losses.append(float(validate(model)))
        snapshots.append({name: np.array(a, copy=True) for name, a in model.state_dict().items()})
        if len(losses) - best_so_far(losses, min_delta) >= patience:
            break
    best = best_so_far(losses, min_delta)
    model.load_state_dict(snapshots[best - 1])
    return best, losses
