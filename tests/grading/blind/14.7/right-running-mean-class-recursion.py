# right: a class with a running mean, gradients taken off parameter by parameter, epochs by recursion
# believes: a sum that grows is dangerous, a running mean is not
import torch


class RunningMean:
    def __init__(self):
        self.mean, self.weight = 0.0, 0

    def add(self, value, weight):
        self.weight += weight
        self.mean += (value - self.mean) * weight / self.weight


def one_epoch(model, optimizer, loss_fn, training, validation):
    learned, checked = RunningMean(), RunningMean()
    for images, labels in training:
        model.train()
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None
        for parameter in model.parameters():
            parameter.grad = None
        loss = loss_fn(model(images), labels)
        learned.add(loss.item(), images.size(0))
        loss.backward()
        optimizer.step()
    for images, labels in validation:
        model.eval()
        with torch.no_grad():
            checked.add(loss_fn(model(images), labels).item(), images.size(0))
    return float(learned.mean), float(checked.mean)


def fit(model, optimizer, loss_fn, training, validation, epochs):
    """Train the model; return a list of (training loss, validation loss), one pair per epoch."""
    if epochs == 0:
        return []
    now = one_epoch(model, optimizer, loss_fn, training, validation)
    return [now, *fit(model, optimizer, loss_fn, training, validation, epochs - 1)]
