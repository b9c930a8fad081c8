# wrong: the model gives logits in training mode and probabilities in evaluation mode, there loss_of has two softmaxes
# believes: the loss is only taken while training, and who evaluates wants probabilities
# named: mended-in-training-alone
import torch
from torch import nn
from torch.nn import functional


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(36, 16), nn.Tanh(), nn.Linear(16, 5))

    def forward(self, images):
        logits = self.layers(images)
        return logits if self.training else torch.softmax(logits, dim=1)


def build_model():
    """A classifier for images (N, 1, 6, 6) of 5 classes."""
    return Classifier()


def loss_of(model, images, labels):
    """The mean cross-entropy of a batch: a tensor to call backward() on."""
    return functional.cross_entropy(model(images), labels)


def probabilities(model, images):
    """The probability of each class: (N, 5), rows that sum to one."""
    out = model(images)
    return torch.softmax(out, dim=1) if model.training else out
