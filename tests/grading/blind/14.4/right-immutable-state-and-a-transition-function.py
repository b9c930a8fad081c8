# right: immutable state and a transition function

from copy import deepcopy
from math import isnan
from typing import NamedTuple, Optional


class Progress(NamedTuple):
    epoch: int = 0
    streak: int = 0                      # epochs in a row without improvement
    best_epoch: int = 0
    best_loss: Optional[float] = None
    best_weights: Optional[dict] = None
    losses: tuple = ()


def advance(p, loss, weights, min_delta):
    now = p._replace(epoch=p.epoch + 1, losses=p.losses + (loss,))
    better = (not isnan(loss)) if p.best_loss is None else loss < p.best_loss - min_delta
    if better:
        return now._replace(streak=0, best_epoch=now.epoch, best_loss=loss, best_weights=deepcopy(weights))
    return now._replace(streak=p.streak + 1)


def finished(p, max_epochs, patience):
    return p.epoch == max_epochs or p.streak == patience


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    progress = Progress()
    while not finished(progress, max_epochs, patience):
        train_epoch(model)
        progress = advance(progress, validate(model), model.state_dict(), min_delta)
    model.load_state_dict(progress.best_weights)
    return progress.best_epoch, list(progress.losses)
