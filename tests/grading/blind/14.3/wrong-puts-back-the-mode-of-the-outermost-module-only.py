# wrong: puts back the mode of the outermost module only
# believes: a model has one mode: model.training tells that of every part and train(mode) puts it back
# named: one-mode-for-all

import torch


def evaluate(model, loss_fn, batches):
    """Return (mean loss over all images, accuracy), two floats; leave the model as it was."""
    was_training = model.training
    model.eval()
    loss_sum, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            loss_sum += loss_fn(outputs, labels).item() * len(images)
            correct += (outputs.argmax(dim=1) == labels).sum().item()
            n += len(images)
    model.train(was_training)
    return loss_sum / n, correct / n
