# wrong: clears the gradients just before the step
# believes: zero_grad prepares the step, so it stands right before step() (the fresh gradients are thrown away)
# named: zero-grad-before-step

def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss of the batch as a float."""
    model.train()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return float(loss)
