# wrong: eval() is taken out, so dropout draws and batch norm uses (and changes) batch statistics in validation
# believes: no_grad() already is evaluation mode, and without eval() the model stays in training mode as it should
# named: validates-in-training-mode
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    """Train the model; return a list of (training loss, validation loss), one pair per epoch."""
    history = []
    model.train()
    for _ in range(epochs):
        total, count = 0.0, 0
        for images, labels in training:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            count += len(labels)

        val_total, val_count = 0.0, 0
        with torch.no_grad():
            for images, labels in validation:
                val_total += loss_fn(model(images), labels).item() * len(labels)
                val_count += len(labels)
        history.append((total / count, val_total / val_count))
    return history
