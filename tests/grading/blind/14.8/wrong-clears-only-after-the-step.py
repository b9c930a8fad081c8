# wrong: (subtle) clears after each step only, so gradients that were there before the call go into the first step
# believes: it is the same whether one clears before backward or after the step
# named: gradients-from-before
import torch


def train_epoch(model, loss_fn, optimizer, batches):
    """Train for one epoch; return (loss, accuracy) of the training batches."""
    model.train()
    total, hits, count = 0.0, 0, 0
    for images, labels in batches:
        logits = model(images)
        loss = loss_fn(logits, labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += loss.item() * len(labels)
        hits += (logits.argmax(dim=1) == labels).sum().item()
        count += len(labels)
    return total / count, hits / count


def evaluate(model, loss_fn, batches):
    """Return (loss, accuracy) of the model as it is."""
    model.eval()
    total, hits, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            logits = model(images)
            total += loss_fn(logits, labels).item() * len(labels)
            hits += (logits.argmax(dim=1) == labels).sum().item()
            count += len(labels)
    return total / count, hits / count


def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    """Train with checkpoints, a plateau schedule and early stopping; return the history."""
    history = {"train_loss": [], "train_accuracy": [], "val_loss": [], "val_accuracy": [], "learning_rate": []}
    best_loss, best_epoch, best_weights = float("inf"), 0, None
    waited, lr_waited = 0, 0
    for epoch in range(1, max_epochs + 1):
        history["learning_rate"].append(optimizer.param_groups[0]["lr"])
        train_loss, train_accuracy = train_epoch(model, loss_fn, optimizer, training)
        val_loss, val_accuracy = evaluate(model, loss_fn, validation)
        history["train_loss"].append(train_loss)
        history["train_accuracy"].append(train_accuracy)
        history["val_loss"].append(val_loss)
        history["val_accuracy"].append(val_accuracy)
        if val_loss < best_loss:
            best_loss, best_epoch = val_loss, epoch
            best_weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
            torch.save({"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
            waited, lr_waited = 0, 0
        else:
            waited += 1
            lr_waited += 1
            if lr_waited == lr_patience:
                for group in optimizer.param_groups:
                    group["lr"] *= factor
                lr_waited = 0
            if waited == patience:
                break
    model.load_state_dict(best_weights)
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
