# wrong: only dropout and batch norm to evaluation
# believes: only PyTorch's dropout and batch norm know a mode, so it is enough to switch these
# named: only-known-layers-evaluate

import torch
from torch import nn

MODAL = (nn.Dropout, nn.Dropout2d, nn.BatchNorm1d, nn.BatchNorm2d)


def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    rng = torch.get_rng_state()
    switched = [m for m in model.modules() if isinstance(m, MODAL) and m.training]
    loss_sum, correct, n = 0.0, 0, 0
    try:
        for m in switched:
            m.eval()
        with torch.no_grad():
            for images, labels in batches:
                outputs = model(images)
                loss_sum += loss_fn(outputs, labels).item() * len(labels)
                correct += (outputs.argmax(dim=1) == labels).sum().item()
                n += len(labels)
    finally:
        for m in switched:
            m.train()
        torch.set_rng_state(rng)
    return {"loss": loss_sum / n, "accuracy": correct / n}
