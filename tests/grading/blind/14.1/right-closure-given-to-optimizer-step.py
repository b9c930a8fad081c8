# right: closure given to optimizer.step

import torch


def train_step(model, optimizer, loss_fn, images, labels):
    """The optimizer itself asks for the loss."""

    def closure():
        optimizer.zero_grad()
        loss = loss_fn(model(images), labels)
        loss.backward()
        return loss

    model.train()
    return float(optimizer.step(closure))
