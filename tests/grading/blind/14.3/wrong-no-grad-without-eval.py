# wrong: no_grad without eval
# believes: torch.no_grad() is the evaluation mode: it also switches off dropout and freezes batch norm
# named: training-mode

import torch


def evaluate(model, loss_fn, batches):
    """Return (mean loss over all images, accuracy), two floats; leave the model as it was."""
    loss_sum, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            loss_sum += loss_fn(outputs, labels).item() * len(images)
            correct += (outputs.argmax(dim=1) == labels).sum().item()
            n += len(images)
    return loss_sum / n, correct / n
