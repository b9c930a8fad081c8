# wrong: zero_grad() once at the start of each epoch; within an epoch the gradients of all batches add up
# believes: gradients are to be cleared when an epoch begins
# named: cleaned-once-an-epoch
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    """Train the model; return a list of (training loss, validation loss), one pair per epoch."""
    history = []
    for _ in range(epochs):
        model.train()
        optimizer.zero_grad()
        total, count = 0.0, 0
        for images, labels in training:
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            count += len(labels)

        model.eval()
        val_total, val_count = 0.0, 0
        with torch.no_grad():
            for images, labels in validation:
                val_total += loss_fn(model(images), labels).item() * len(labels)
                val_count += len(labels)
        history.append((total / count, val_total / val_count))
    return history
