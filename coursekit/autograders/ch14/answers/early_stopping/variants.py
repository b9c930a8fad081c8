"""Right code for 14.4 in other styles."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

from .solution import BETTER, COPY, EPOCHS, LOAD, RESULT, STOP

VARIANTS: dict[str, Form] = {
    "copies-by-hand": Edit(
        (COPY, "            best_state = {name: value.copy() for name, value in model.state_dict().items()}\n"),
        (BETTER, "best_loss - loss > min_delta"),
        (STOP, STOP.replace(">=", "==")),
    ),
    "epoch-from-the-counter": Edit(
        (RESULT, "return epoch - wait, losses"),
        (EPOCHS, "[number + 1 for number in range(max_epochs)]"),
    ),
    "written-in-place": Edit(
        (LOAD, "    for name, own in model.state_dict().items():\n        own[...] = best_state[name]\n")
    ),
    "all-states-kept": """\
import math

def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    history, best = [], None
    while len(history) < max_epochs:
        train_epoch(model)
        state = [(k, v.tolist()) for k, v in model.state_dict().items()]
        history.append((validate(model), state))
        loss = history[-1][0]
        if not math.isnan(loss) and (best is None or loss + min_delta < history[best][0]):
            best = len(history) - 1
        # With no best epoch yet, the count runs from the start.
        since = len(history) - 1 - best if best is not None else len(history)
        if since == patience:
            break
    model.load_state_dict(dict(history[best][1]))
    return best + 1, [loss for loss, _ in history]
""",
    "copied-model": """\
import copy
import numpy as np

class Stopper:
    def __init__(self, patience, min_delta):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.model, self.left = None, None, patience

    def __call__(self, epoch, loss, model):
        better = not np.isnan(loss) and (self.best is None or self.best[1] - loss > self.min_delta)
        if better:
            self.best, self.model, self.left = (epoch, loss), copy.deepcopy(model), self.patience
        else:
            self.left -= 1
        return self.left == 0

def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    stopper = Stopper(patience, min_delta)
    losses = np.empty(0)
    try:
        for epoch in range(max_epochs):
            train_epoch(model)
            losses = np.append(losses, validate(model))
            if stopper(np.int64(epoch + 1), losses[-1], model):
                return stopper.best[0], losses
        return stopper.best[0], losses
    finally:
        model.load_state_dict(stopper.model.state_dict())
""",
    "pickled": """\
import pickle

def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    best, stored, losses, stop_at = float("inf"), None, [], patience
    epoch = 0
    while True:
        epoch += 1
        train_epoch(model)
        validation = validate(model)
        losses += [validation]
        if best - validation > min_delta:
            best, best_epoch, stop_at = validation, epoch, epoch + patience
            stored = pickle.dumps(model.state_dict())
        if epoch >= stop_at or epoch >= max_epochs:
            break
    model.load_state_dict(pickle.loads(stored))
    return [best_epoch, losses]
""",
    "one-buffer": """\
import numpy as np

def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    # The first validation is of the untrained model, for a look only.
    start = validate(model)
    buffer = {k: np.empty_like(v) for k, v in model.state_dict().items()}
    best_loss = np.nan
    best_epoch, losses = 0, ()
    bad = 0
    for epoch in range(1, max_epochs + 1):
        training_loss = train_epoch(model)
        if validate(model) != validate(model):
            improved = False
        else:
            improved = np.isnan(best_loss) or validate(model) < best_loss - min_delta
        losses += (float(validate(model)),)
        bad = 0 if improved else bad + 1
        if improved:
            best_loss, best_epoch = losses[-1], epoch
            for k, v in model.state_dict().items():
                np.copyto(buffer[k], v)
        if bad >= patience:
            break
    model.load_state_dict(buffer)
    validate(model)
    return best_epoch, list(losses)
""",
    "recursive": """\
import copy

def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    def go(epoch, best, losses):
        if epoch > max_epochs or epoch - best[1] > patience:
            model.load_state_dict(best[2])
            return best[1], losses
        train_epoch(model)
        loss = validate(model)
        if loss < best[0] - min_delta:
            best = loss, epoch, copy.deepcopy(model.state_dict())
        return go(epoch + 1, best, [*losses, loss])
    return go(1, (float("inf"), 0, None), [])
""",
    "generator": """\
import numpy as np

def epochs(model, train_epoch, validate, limit):
    for number in range(1, limit + 1):
        train_epoch(model)
        yield number, validate(model)

def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    losses = []
    level = np.inf
    for number, loss in epochs(model, train_epoch, validate, max_epochs):
        losses.append(loss)
        if not (loss + min_delta >= level) and loss == loss:
            level, best = loss, number
            weights = {name: np.array(array) for name, array in model.state_dict().items()}
        recent = losses[-patience:]
        if number - (best if level < np.inf else 0) >= len(recent) == patience:
            break
    model.load_state_dict(weights)
    return best, losses
""",
}
