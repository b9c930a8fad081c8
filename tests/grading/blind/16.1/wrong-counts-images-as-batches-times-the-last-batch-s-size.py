# wrong: counts images as batches times the last batch's size
# believes: plain slip: takes all batches to be as large as the last one when counting the images for the accuracy
# named: -

import torch


def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    modes = [(m, m.training) for m in model.modules()]
    rng = torch.get_rng_state()
    model.eval()
    loss_sum, correct, seen = 0.0, 0, 0
    try:
        with torch.no_grad():
            for images, labels in batches:
                outputs = model(images)
                loss_sum += loss_fn(outputs, labels).item() * len(labels)
                correct += (outputs.argmax(dim=1) == labels).sum().item()
                seen += len(labels)
    finally:
        for m, mode in modes:
            m.training = mode
        torch.set_rng_state(rng)
    return {"loss": loss_sum / seen, "accuracy": correct / (len(batches) * len(labels))}
