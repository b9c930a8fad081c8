# wrong: (subtle) after validation the model goes back to the mode it arrived in: evaluation mode from the second epoch on
#        if it arrived so
# believes: a function must leave the mode as it found it, and model.train() at the top has seen to the training
# named: learns-in-evaluation-mode
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    """Train the model; return a list of (training loss, validation loss), one pair per epoch."""
    history = []
    mode = model.training
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

        model.eval()
        val_total, val_count = 0.0, 0
        with torch.no_grad():
            for images, labels in validation:
                val_total += loss_fn(model(images), labels).item() * len(labels)
                val_count += len(labels)
        model.train(mode)
        history.append((total / count, val_total / val_count))
    return history
