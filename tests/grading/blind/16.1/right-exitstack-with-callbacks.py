# right: ExitStack with callbacks

from contextlib import ExitStack
import torch


def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    with ExitStack() as undo:
        undo.enter_context(torch.random.fork_rng())
        undo.enter_context(torch.no_grad())
        for module in model.modules():
            undo.callback(setattr, module, "training", module.training)
            module.training = False

        loss_sum = 0.0
        right = 0
        count = 0
        for images, labels in batches:
            outputs = model(images)
            loss_sum += loss_fn(outputs, labels).item() * len(labels)
            right += torch.count_nonzero(outputs.argmax(dim=1) == labels).item()
            count += len(labels)
    return {"loss": loss_sum / count, "accuracy": right / count}
