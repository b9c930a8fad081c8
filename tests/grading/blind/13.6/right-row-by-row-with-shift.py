# right: image by image in a loop, the largest logit taken off by hand
# believes: a batch is just a list of images
import torch
from torch import nn


def build_model():
    layers = [nn.Flatten()]
    layers.append(nn.Linear(in_features=36, out_features=16))
    layers.append(nn.Tanh())
    layers.append(nn.Linear(in_features=16, out_features=5))
    return nn.Sequential(*layers)


def _shifted(model, images):
    for image in images:
        row = model(image.unsqueeze(0)).squeeze(0)
        yield row - row.max().detach()


def loss_of(model, images, labels):
    losses = []
    for row, label in zip(_shifted(model, images), labels.tolist()):
        # the largest is 0, so that the sum is between 1 and 5
        losses.append(torch.log(torch.exp(row).sum()) - row[label])
    return torch.stack(losses).mean()


def probabilities(model, images):
    rows = []
    for row in _shifted(model, images):
        powers = torch.exp(row)
        rows.append(powers / powers.sum())
    return torch.stack(rows)
