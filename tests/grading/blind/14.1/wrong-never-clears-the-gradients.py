# wrong: never clears the gradients
# believes: backward() overwrites the old gradients, so nothing has to be cleared
# named: no-zero-grad

def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss of the batch as a float."""
    model.train()
    outputs = model(images)
    loss = loss_fn(outputs, labels)
    loss.backward()
    optimizer.step()
    return loss.item()
