# wrong: freezes the parameters instead of no_grad
# believes: no graph means requires_grad False on the parameters; afterwards all of them are set to True
# named: parameters-switched

import torch


def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    modes = [(m, m.training) for m in model.modules()]
    rng = torch.get_rng_state()
    model.eval()
    for p in model.parameters():
        p.requires_grad = False
    loss_sum, correct, n = 0.0, 0, 0
    try:
        for images, labels in batches:
            outputs = model(images)
            loss_sum += loss_fn(outputs, labels).item() * len(labels)
            correct += (outputs.argmax(dim=1) == labels).sum().item()
            n += len(labels)
    finally:
        for p in model.parameters():
            p.requires_grad = True
        for m, mode in modes:
            m.training = mode
        torch.set_rng_state(rng)
    return {"loss": loss_sum / n, "accuracy": correct / n}
