# right: measurement as a generator, running mean

import torch


def _measure(model, loss_fn, batches):
    for images, labels in batches:
        outputs = model(images)
        yield torch.tensor([
            loss_fn(outputs, labels).item(),
            (outputs.argmax(dim=1) == labels).double().mean().item(),
        ], dtype=torch.float64), images.shape[0]


def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    modules = tuple(model.modules())
    before = tuple(m.training for m in modules)
    grad = torch.is_grad_enabled()
    mean, seen = torch.zeros(2, dtype=torch.float64), 0
    with torch.random.fork_rng(devices=[]):
        try:
            torch.set_grad_enabled(False)
            model.train(False)
            for row, n in _measure(model, loss_fn, batches):
                seen += n
                mean += (row - mean) * (n / seen)        # mean of all images so far
        finally:
            torch.set_grad_enabled(grad)
            for m, mode in zip(modules, before):
                m.training = mode
    return dict(zip(("loss", "accuracy"), mean.tolist()))
