# right: no counters at all; best epoch, reduction and end are worked out anew from the list of validation losses
# believes: what can be computed need not be remembered: the rate falls when the epochs since the best divide evenly
import copy

import torch


def train_epoch(model, loss_fn, optimizer, batches):
    """Train for one epoch; return (loss, accuracy) of the training batches."""
    model.train()
    optimizer.zero_grad()  # what was there before does not count
    losses, correct = [], []
    for images, labels in batches:
        scores = model(images)
        loss = loss_fn(scores, labels)
        losses.extend([loss.item()] * len(labels))
        correct.extend((scores.argmax(1) == labels).tolist())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return sum(losses) / len(losses), sum(correct) / len(correct)


def evaluate(model, loss_fn, batches):
    """Return (loss, accuracy) of the model as it is."""
    model.eval()
    losses, correct = [], []
    with torch.inference_mode():
        for images, labels in batches:
            scores = model(images)
            losses.extend([loss_fn(scores, labels).item()] * len(labels))
            correct.extend((scores.argmax(1) == labels).tolist())
    return sum(losses) / len(losses), sum(correct) / len(correct)


def best_of(losses):
    return losses.index(min(losses)) + 1  # index finds the first of equal ones


def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    """Train with checkpoints, a plateau schedule and early stopping; return the history."""
    train_loss, train_accuracy, val_loss, val_accuracy, learning_rate = [], [], [], [], []
    best = None
    while len(val_loss) < max_epochs:
        learning_rate.append(float(optimizer.param_groups[0]["lr"]))
        for here, figure in zip((train_loss, train_accuracy), train_epoch(model, loss_fn, optimizer, training)):
            here.append(figure)
        for here, figure in zip((val_loss, val_accuracy), evaluate(model, loss_fn, validation)):
            here.append(figure)
        bad = len(val_loss) - best_of(val_loss)
        if bad == 0:
            best = copy.deepcopy(model.state_dict())
            torch.save(
                {"epoch": len(val_loss), "model": best, "optimizer": optimizer.state_dict()},
                path,
            )
        elif bad == patience:
            break
        elif bad % lr_patience == 0:
            for group in optimizer.param_groups:
                group["lr"] *= factor
    model.load_state_dict(best)
    return {
        "train_loss": train_loss,
        "train_accuracy": train_accuracy,
        "val_loss": val_loss,
        "val_accuracy": val_accuracy,
        "learning_rate": learning_rate,
        "best_epoch": best_of(val_loss),
    }


def plot_accuracy(history, axes):
    """Draw training and validation accuracy over the epochs."""
    axes.set_ylabel("ACCURACY")
    axes.set_xlabel("EPOCH")
    last = len(history["val_accuracy"])
    lines = axes.plot(list(range(1, last + 1)), list(zip(history["train_accuracy"], history["val_accuracy"])))
    for line, name in zip(lines, ("TRAINING", "VALIDATION")):
        line.set_label(name)
    axes.legend()
