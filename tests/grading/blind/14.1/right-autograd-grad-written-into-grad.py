# right: autograd.grad written into .grad

import torch
from torch import autograd


def gradients_of(loss, params):
    params = list(params)
    return zip(params, autograd.grad(loss, params, allow_unused=True))


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss of the batch as a float."""
    if not model.training:
        print("the model came in evaluation mode: switching")
    model.train()
    with torch.enable_grad():
        loss = loss_fn(model(images), labels)
    learnable = [p for p in model.parameters() if p.requires_grad]
    for p, g in gradients_of(loss, learnable):
        p.grad = g                                 # replaces whatever was there
    optimizer.step()
    return loss.detach().cpu().numpy().item()
