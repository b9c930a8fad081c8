# right: clears the gradients after each step instead of before (the model arrives without any); inference_mode
# believes: whoever has used the gradients tidies them away
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    """Train the model; return a list of (training loss, validation loss), one pair per epoch."""
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for images, labels in training:
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total += loss.item() * len(labels)
            count += len(labels)

        model.eval()
        seen, heard = 0, 0.0
        with torch.inference_mode():
            for images, labels in validation:
                heard += loss_fn(model(images), labels).item() * images.shape[0]
                seen += images.shape[0]
        history.append((total / count, heard / seen))
    return history
