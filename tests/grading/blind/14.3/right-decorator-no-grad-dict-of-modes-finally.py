# right: decorator no_grad, dict of modes, finally

import torch


@torch.no_grad()
def evaluate(model, loss_fn, batches):
    """Return (mean loss over all images, accuracy), two floats; leave the model as it was."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    total_loss, hits, seen = 0.0, 0, 0
    try:
        for images, labels in batches:
            outputs = model(images)
            n = labels.shape[0]
            total_loss += n * loss_fn(outputs, labels).item()
            hits += (outputs.argmax(dim=1) == labels).sum().item()
            seen += n
    finally:
        for module, mode in modes.items():
            module.training = mode
    return total_loss / seen, hits / seen
