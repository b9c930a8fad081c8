# wrong: training mode switched on after the forward pass
# believes: train() is about the backward pass and the weight update, so it may come after the forward pass
# named: evaluation-mode

def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss of the batch as a float."""
    model.eval()
    outputs = model(images)
    loss = loss_fn(outputs, labels)

    # now the learning begins
    model.train()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
