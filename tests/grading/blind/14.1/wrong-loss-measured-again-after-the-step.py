# wrong: loss measured again after the step
# believes: the loss of a step is what the model reaches after the update
# named: loss-after-step

import torch


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss of the batch as a float."""
    model.train()
    optimizer.zero_grad()
    loss_fn(model(images), labels).backward()
    optimizer.step()
    with torch.no_grad():
        loss = loss_fn(model(images), labels)
    return loss.item()
