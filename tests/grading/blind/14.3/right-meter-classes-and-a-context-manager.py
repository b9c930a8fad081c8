# right: meter classes and a context manager

from contextlib import ExitStack, contextmanager
import torch


class Mean:
    """Gewichteter Mittelwert."""

    def __init__(self):
        self.sum = 0.0
        self.weight = 0

    def add(self, value, weight):
        self.sum += float(value) * weight
        self.weight += weight

    def __float__(self):
        return self.sum / self.weight


@contextmanager
def evaluation_mode(model):
    training_parts = [m for m in model.modules() if m.training]
    model.eval()
    try:
        yield
    finally:
        for m in training_parts:        # nur diese waren im Trainingsmodus
            m.training = True


def evaluate(model, loss_fn, batches):
    loss, accuracy = Mean(), Mean()
    with ExitStack() as stack:
        stack.enter_context(evaluation_mode(model))
        stack.enter_context(torch.no_grad())
        for images, labels in batches:
            outputs = model(images)
            loss.add(loss_fn(outputs, labels), len(labels))
            accuracy.add((outputs.argmax(1) == labels).double().mean(), len(labels))
    return float(loss), float(accuracy)
