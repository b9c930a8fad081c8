# right: generator of epochs, walrus, else of the loop

import math
from itertools import count, islice


def epochs(model, train_epoch, validate):
    """Endless epochs: yields (number, validation loss) after each."""
    for number in count(1):
        train_epoch(model)
        yield number, validate(model)


def clone(state):
    return {key: value.copy() for key, value in state.items()}


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    """Train with early stopping; return (best epoch, validation losses) and leave the best weights in the model."""
    record, left, losses = None, patience, []       # record: (loss, epoch, weights)
    for number, loss in islice(epochs(model, train_epoch, validate), max_epochs):
        losses.append(loss)
        improved = not math.isnan(loss) and (record is None or loss + min_delta < record[0])
        if improved:
            record, left = (loss, number, clone(model.state_dict())), patience
        elif (left := left - 1) == 0:
            print(f"stopped early after epoch {number}")
            break
    else:
        print("all epochs trained")
    model.load_state_dict(record[2])
    return record[1], losses
