# wrong: softmax before the loss
# believes: cross-entropy needs probabilities, so softmax is applied to the logits first
# named: softmax-before-loss

import torch


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss of the batch as a float."""
    model.train()
    optimizer.zero_grad()
    probabilities = torch.softmax(model(images), dim=1)
    loss = loss_fn(probabilities, labels)
    loss.backward()
    optimizer.step()
    return loss.item()
