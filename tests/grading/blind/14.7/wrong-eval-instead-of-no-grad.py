# wrong: no_grad() is taken out; the numbers are right, but validation records everything for gradients
# believes: eval() switches the gradients off, so no_grad() is said twice
# named: validation-recorded
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    """Train the model; return a list of (training loss, validation loss), one pair per epoch."""
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for images, labels in training:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            count += len(labels)

        model.eval()
        val_total, val_count = 0.0, 0
        for images, labels in validation:
            val_total += loss_fn(model(images), labels).item() * len(labels)
            val_count += len(labels)
        history.append((total / count, val_total / val_count))
    return history
