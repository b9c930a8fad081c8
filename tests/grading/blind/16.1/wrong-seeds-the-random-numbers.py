# wrong: seeds the random numbers
# believes: a fixed seed makes the validation reproducible and harms nobody (it sets the random numbers of the training)
# named: random-numbers-reseeded

import torch


def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    torch.manual_seed(0)             # the same result every time
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    loss_sum, correct, n = 0.0, 0, 0
    try:
        with torch.no_grad():
            for images, labels in batches:
                outputs = model(images)
                loss_sum += loss_fn(outputs, labels).item() * len(labels)
                correct += (outputs.argmax(dim=1) == labels).sum().item()
                n += len(labels)
    finally:
        for m, mode in modes:
            m.training = mode
    return {"loss": loss_sum / n, "accuracy": correct / n}
