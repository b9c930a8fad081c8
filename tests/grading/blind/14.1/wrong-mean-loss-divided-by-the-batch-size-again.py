# wrong: mean loss divided by the batch size again
# believes: the loss is a sum over the batch, so it has to be divided by N to get the mean
# named: divided-twice

def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss of the batch as a float."""
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels) / images.size(0)
    loss.backward()
    optimizer.step()
    return loss.item()
