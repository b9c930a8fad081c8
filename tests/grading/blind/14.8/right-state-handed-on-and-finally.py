# right: an inner function maps the state of one epoch to that of the next; restoring in a finally; topk, legend by list
# believes: each epoch is a function of the one before
import torch
from torch import nn


def train_epoch(model: nn.Module, loss_fn, optimizer, batches) -> tuple:
    """Train for one epoch; return (loss, accuracy) of the training batches."""
    model.train(mode=True)
    weights = [len(labels) for _, labels in batches]
    losses, shares = [], []
    for images, labels in batches:
        with torch.enable_grad():
            output = model(images)
            loss = loss_fn(output, labels)
            optimizer.zero_grad()
            loss.backward()
        hits = torch.count_nonzero(output.topk(1, dim=1).indices.squeeze(1) == labels)
        optimizer.step()
        losses.append(loss.item() * len(labels))
        shares.append(int(hits))
    return sum(losses) / sum(weights), sum(shares) / sum(weights)


def evaluate(model: nn.Module, loss_fn, batches) -> tuple:
    """Return (loss, accuracy) of the model as it is."""
    for module in model.modules():
        module.eval()
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        loss_sum, hits, images_seen = 0.0, 0, 0
        for images, labels in batches:
            output = model(images)
            loss_sum += loss_fn(output, labels).item() * len(images)
            hits += int(torch.count_nonzero(output.topk(1, dim=1).indices.squeeze(1) == labels))
            images_seen += len(images)
    finally:
        torch.set_grad_enabled(before)
    return loss_sum / images_seen, hits / images_seen


def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    """Train with checkpoints, a plateau schedule and early stopping; return the history."""
    if min(max_epochs, patience, lr_patience) < 1:
        raise ValueError("numbers of epochs start at 1")
    history = dict(learning_rate=[], val_accuracy=[], val_loss=[], train_accuracy=[], train_loss=[])
    history["best_epoch"] = None
    history["stopped_early"] = False

    def go_on(epoch, lowest, bad, lr_bad):
        if epoch > max_epochs:
            return None
        history["learning_rate"].append(float(optimizer.param_groups[0]["lr"]))
        loss, accuracy = train_epoch(model, loss_fn, optimizer, training)
        history["train_loss"] += [loss]
        history["train_accuracy"] += [accuracy]
        loss, accuracy = evaluate(model, loss_fn, validation)
        history["val_loss"] += [loss]
        history["val_accuracy"] += [accuracy]
        if lowest is None or lowest > loss:
            history["best_epoch"] = epoch
            torch.save(
                {"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path
            )
            return epoch + 1, loss, 0, 0
        bad, lr_bad = bad + 1, lr_bad + 1
        if lr_bad >= lr_patience:
            for group in optimizer.param_groups:
                group["lr"] = group["lr"] * factor
            lr_bad = 0
        if bad >= patience:
            history["stopped_early"] = True
            return None
        return epoch + 1, lowest, bad, lr_bad

    try:
        state = 1, None, 0, 0
        while state is not None:
            state = go_on(*state)
    finally:
        if history["best_epoch"] is not None:
            best = torch.load(str(path), map_location="cpu", weights_only=True)
            assert best["epoch"] == history["best_epoch"]
            model.load_state_dict(best["model"])
    return history


def plot_accuracy(history, axes):
    """Draw training and validation accuracy over the epochs."""
    train, val = history["train_accuracy"], history["val_accuracy"]
    x = [float(number) for number, _ in enumerate(train, start=1)]
    axes.plot(x, train, x, val)
    axes.legend(["Training", "Validation"])
    train_line, val_line = axes.get_lines()[-2:]
    train_line.set_label("Training")
    val_line.set_label("Validation")
    axes.set_ylim(0, 1.05)
    axes.xaxis.set_label_text("Epochs")
    axes.yaxis.set_label_text("Accuracy")
