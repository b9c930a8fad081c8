# right: defensive: grad mode, inputs without history, tuple trick

import math
import torch


def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss of the batch as a float."""
    assert len(images) == len(labels), "one label per image"
    was = torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    try:
        [p.grad.zero_() for p in model.parameters() if p.grad is not None]
        optimizer.zero_grad()
        loss = loss_fn(model.train()(images.detach()), labels)
        if loss.ndim:                      # should be a scalar already
            loss = loss.mean()
        number, _, _ = loss.tolist(), loss.backward(), optimizer.step()
    finally:
        torch.set_grad_enabled(was)
    if not math.isfinite(number):
        print("warning: loss is", number)
    return number
