# wrong: the loss is made a new tensor of its number, backward() runs but no gradient gets to the model
# believes: requires_grad=True is what makes backward() work
# named: number-wrapped-again
import torch
from torch import nn
from torch.nn import functional


def build_model():
    """A classifier for images (N, 1, 6, 6) of 5 classes."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(36, 16),
        nn.Tanh(),
        nn.Linear(16, 5),
    )


def loss_of(model, images, labels):
    """The mean cross-entropy of a batch: a tensor to call backward() on."""
    loss = functional.cross_entropy(model(images), labels).item()
    return torch.tensor(loss, requires_grad=True)


def probabilities(model, images):
    """The probability of each class: (N, 5), rows that sum to one."""
    return torch.softmax(model(images), dim=1)
