# wrong: cleans up only when all goes well
# believes: code after the loop always runs; an error needs no thought (no finally)
# named: not-put-back-after-an-error

import torch


def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    modes = [(m, m.training) for m in model.modules()]
    rng = torch.get_rng_state()
    model.eval()
    loss_sum, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            loss_sum += loss_fn(outputs, labels).item() * len(labels)
            correct += (outputs.argmax(dim=1) == labels).sum().item()
            n += len(labels)
    for m, mode in modes:
        m.training = mode
    torch.set_rng_state(rng)
    return {"loss": loss_sum / n, "accuracy": correct / n}
