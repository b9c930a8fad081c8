# wrong: train() for all at the end
# believes: after validation the model belongs in training mode, so model.train() restores it
# named: train-afterwards

import torch


def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    rng = torch.get_rng_state()
    model.eval()
    try:
        with torch.no_grad():
            loss_sum, correct, n = 0.0, 0, 0
            for images, labels in batches:
                outputs = model(images)
                loss_sum += loss_fn(outputs, labels).item() * len(labels)
                correct += (outputs.argmax(dim=1) == labels).sum().item()
                n += len(labels)
    finally:
        model.train()
        torch.set_rng_state(rng)
    return {"loss": loss_sum / n, "accuracy": correct / n}
