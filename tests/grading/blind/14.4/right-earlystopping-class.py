# right: EarlyStopping class

import copy
import math


class EarlyStopping:
    """Remembers the best epoch; says when patience is over."""

    def __init__(self, patience, min_delta):
        self.patience, self.min_delta = patience, min_delta
        self.best_loss = None
        self.best_epoch = None
        self.best_state = None
        self.bad_epochs = 0

    def is_better(self, loss):
        if math.isnan(loss):
            return False
        if self.best_loss is None:
            return True
        return loss < self.best_loss - self.min_delta

    def update(self, epoch, loss, model):
        if self.is_better(loss):
            self.best_loss = loss
            self.best_epoch = epoch
            self.best_state = copy.deepcopy(model.state_dict())
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1

    @property
    def done(self):
        return self.bad_epochs >= self.patience

    def restore(self, model):
        model.load_state_dict(self.best_state)


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    stopper = EarlyStopping(patience, min_delta)
    history = []
    epoch = 0
    while epoch < max_epochs and not stopper.done:
        epoch += 1
        train_epoch(model)
        history.append(validate(model))
        stopper.update(epoch, history[-1], model)
    stopper.restore(model)
    return stopper.best_epoch, history
