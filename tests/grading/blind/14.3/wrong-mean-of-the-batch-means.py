# wrong: mean of the batch means
# believes: the mean over the data is the mean of the batch means, even when batches differ in size
# named: mean-of-batch-means

import torch


def evaluate(model, loss_fn, batches):
    """Return (mean loss over all images, accuracy), two floats; leave the model as it was."""
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    losses, accuracies = [], []
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            losses.append(loss_fn(outputs, labels).item())
            accuracies.append((outputs.argmax(dim=1) == labels).float().mean().item())
    for m, mode in modes:
        m.training = mode
    return sum(losses) / len(losses), sum(accuracies) / len(accuracies)
