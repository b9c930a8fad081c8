# right: a generator of epochs, sums in tensors, accuracy without argmax (own logit at least as large as all), fit alone
# believes: the loop that trains need not know what is done with its figures
import itertools

import torch


def _steps(model, loss_fn, optimizer, batches):
    for images, labels in batches:
        optimizer.zero_grad(set_to_none=True)
        logits = model(images)
        loss = loss_fn(logits, labels)
        loss.backward()
        yield loss.detach(), logits.detach(), labels
        optimizer.step()


def _looks(model, loss_fn, batches):
    for images, labels in batches:
        with torch.no_grad():
            logits = model(images)
            loss = loss_fn(logits, labels)
        yield loss, logits, labels


def _figures(triples):
    sums = torch.zeros(3, dtype=torch.float64)
    for loss, logits, labels in triples:
        own = logits.gather(1, labels.unsqueeze(1))
        right = (own >= logits).all(dim=1).sum()
        sums += torch.tensor([loss.item() * len(labels), right.item(), len(labels)], dtype=torch.float64)
    return (sums[0] / sums[2]).item(), (sums[1] / sums[2]).item()


def train_epoch(model, loss_fn, optimizer, batches):
    """Train for one epoch; return (loss, accuracy) of the training batches."""
    model.train()
    return _figures(_steps(model, loss_fn, optimizer, batches))


def evaluate(model, loss_fn, batches):
    """Return (loss, accuracy) of the model as it is."""
    model.eval()
    return _figures(_looks(model, loss_fn, batches))


def _epochs(model, loss_fn, optimizer, training, validation):
    for number in itertools.count(1):
        rate = float(optimizer.param_groups[0]["lr"])
        yield number, (
            *train_epoch(model, loss_fn, optimizer, training),
            *evaluate(model, loss_fn, validation),
            rate,
        )


def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    """Train with checkpoints, a plateau schedule and early stopping; return the history."""
    keys = ["train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate"]
    history = {key: [] for key in keys}
    lowest = float("inf")
    lives, lr_lives = patience, lr_patience
    treasure = None
    for number, figures in itertools.islice(_epochs(model, loss_fn, optimizer, training, validation), max_epochs):
        for key, figure in zip(keys, figures):
            history[key].append(figure)
        if figures[2] < lowest:
            lowest, lives, lr_lives = figures[2], patience, lr_patience
            treasure = {name: tensor.clone() for name, tensor in model.state_dict().items()}
            history["best_epoch"] = number
            with open(path, "wb") as file:
                state = {"optimizer": optimizer.state_dict(), "model": model.state_dict(), "epoch": number}
                torch.save(state, file)
            continue
        lives -= 1
        lr_lives -= 1
        if lives == 0:
            break
        if lr_lives == 0:
            lr_lives = lr_patience
            for group in optimizer.param_groups:
                group.update(lr=group["lr"] * factor)
    model.load_state_dict(treasure)
    return history


def plot_accuracy(history, axes):
    """Draw training and validation accuracy over the epochs."""
    x = torch.arange(1, len(history["train_accuracy"]) + 1).tolist()
    (first,) = axes.plot(x, history["train_accuracy"], "k--")
    (second,) = axes.plot(x, history["val_accuracy"], "r-o")
    first.set_label("accuracy in training")
    second.set_label("accuracy in validation")
    axes.axvline(history.get("best_epoch", 1), color="grey", linewidth=0.5)
    axes.set_xlabel("number of the epoch")
    axes.set_ylabel("accuracy (share of the images)")
    axes.legend(handles=[second, first])
