# right: ReduceLROnPlateau with patience - 1 and without threshold and eps; the best weights come back from the file
# believes: what lies ready in PyTorch should be used, after reading how it counts
import torch


def train_epoch(model, loss_fn, optimizer, batches):
    """Train for one epoch; return (loss, accuracy) of the training batches."""
    model.train()
    total, hits, count = 0.0, 0, 0
    for images, labels in batches:
        optimizer.zero_grad()
        logits = model(images)
        loss = loss_fn(logits, labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        hits += (logits.argmax(dim=1) == labels).sum().item()
        count += len(labels)
    return total / count, hits / count


@torch.no_grad()
def evaluate(model, loss_fn, batches):
    """Return (loss, accuracy) of the model as it is."""
    model.eval()
    total, hits, count = 0.0, 0, 0
    for images, labels in batches:
        logits = model(images)
        total += loss_fn(logits, labels).item() * len(labels)
        hits += (logits.argmax(dim=1) == labels).sum().item()
        count += len(labels)
    return total / count, hits / count


def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    """Train with checkpoints, a plateau schedule and early stopping; return the history."""
    # It reduces when there are MORE bad epochs than its patience.
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode="min", factor=factor, patience=lr_patience - 1, threshold=0.0, eps=0.0
    )
    history = {"train_loss": [], "train_accuracy": [], "val_loss": [], "val_accuracy": [], "learning_rate": []}
    best_loss, best_epoch = float("inf"), 0
    for epoch in range(1, max_epochs + 1):
        history["learning_rate"].append(float(optimizer.param_groups[0]["lr"]))
        loss, accuracy = train_epoch(model, loss_fn, optimizer, training)
        history["train_loss"].append(loss)
        history["train_accuracy"].append(accuracy)
        loss, accuracy = evaluate(model, loss_fn, validation)
        history["val_loss"].append(loss)
        history["val_accuracy"].append(accuracy)
        if loss < best_loss:
            best_loss, best_epoch = loss, epoch
            torch.save({"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
        plateau.step(loss)
        if epoch - best_epoch >= patience:
            break
    model.load_state_dict(torch.load(path, weights_only=True)["model"])
    history["best_epoch"] = best_epoch
    return history


def plot_accuracy(history, axes):
    """Draw training and validation accuracy over the epochs."""
    epochs = range(1, len(history["train_accuracy"]) + 1)
    axes.plot(epochs, history["train_accuracy"], label="training")
    axes.plot(epochs, history["val_accuracy"], label="validation")
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy")
    axes.legend()
