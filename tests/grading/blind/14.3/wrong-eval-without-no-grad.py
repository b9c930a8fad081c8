# wrong: eval without no_grad
# believes: model.eval() also stops the recording of gradients
# named: gradients-recorded

import torch


def evaluate(model, loss_fn, batches):
    """Return (mean loss over all images, accuracy), two floats; leave the model as it was."""
    modes = [(m, m.training) for m in model.modules()]
    model.eval()           # no dropout, no gradients
    loss_sum, correct, n = 0.0, 0, 0
    for images, labels in batches:
        outputs = model(images)
        loss_sum += loss_fn(outputs, labels).item() * len(images)
        correct += (outputs.argmax(dim=1) == labels).sum().item()
        n += len(images)
    for m, mode in modes:
        m.training = mode
    return loss_sum / n, correct / n
