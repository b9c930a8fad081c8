# right: zero between forward and backward, loss taken first

def train_step(model, optimizer, loss_fn, images, labels):
    """Make one training step; return the loss of the batch as a float."""
    model = model.train(True)
    outputs = model(images)
    loss = loss_fn(outputs, labels)
    value = loss.item()
    for group in optimizer.param_groups:          # forget the gradients of the batch before
        for p in group["params"]:
            p.grad = None
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)        # leave a clean table
    return value
