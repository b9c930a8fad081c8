# wrong: batch means added up, divided by the number of images
# believes: plain slip (or: loss_fn returns the sum over the batch): the batch's mean is not multiplied by its size
# named: batch-means-over-images

import torch


def evaluate(model, loss_fn, batches):
    """Return (mean loss over all images, accuracy), two floats; leave the model as it was."""
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    loss_sum, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            loss_sum += loss_fn(outputs, labels).item()
            correct += (outputs.argmax(dim=1) == labels).sum().item()
            n += len(labels)
    for m, mode in modes:
        m.training = mode
    return loss_sum / n, correct / n
