# right: the loss is an autograd.Function with its backward written by hand, softmax minus one-hot
# believes: it is good to know the gradient
from collections import OrderedDict

import torch
from torch import nn


class SoftmaxCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, labels):
        log_p = torch.log_softmax(logits, dim=1)
        ctx.save_for_backward(log_p, labels)
        return -log_p.gather(1, labels.unsqueeze(1)).mean()

    @staticmethod
    def backward(ctx, above):
        log_p, labels = ctx.saved_tensors
        slope = torch.exp(log_p)
        slope[torch.arange(len(labels)), labels] -= 1.0
        return above * slope / len(labels), None


def build_model():
    return nn.Sequential(
        OrderedDict(
            flat=nn.Flatten(),
            first=nn.Linear(36, 16),
            bend=nn.Tanh(),
            second=nn.Linear(16, 5),
        )
    )


def loss_of(model, images, labels):
    return SoftmaxCrossEntropy.apply(model(images), labels)


def probabilities(model, images):
    return nn.Softmax(dim=1)(model(images)).detach()
