# right: a Module of its own; one-hot labels and einsum instead of picking the entry
# believes: the cross-entropy is a scalar product with the truth
import torch
from torch import nn
from torch.nn import functional


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.lower = nn.Linear(36, 16)
        self.upper = nn.Linear(16, 5)

    def forward(self, images):
        return self.upper(torch.tanh(self.lower(torch.flatten(images, start_dim=1))))


def build_model():
    return Classifier()


def loss_of(model, images, labels):
    log_p = functional.log_softmax(model(images), dim=-1)
    truth = functional.one_hot(labels, num_classes=5).to(log_p.dtype)
    return -torch.einsum("nc,nc->", truth, log_p) / labels.shape[0]


def probabilities(model, images):
    return model(images).softmax(dim=-1)
