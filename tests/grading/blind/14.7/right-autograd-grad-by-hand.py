# right: no backward() and no zero_grad(): torch.autograd.grad gives fresh gradients that are hung on the parameters
# believes: what is assigned anew need not be cleared
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    """Train the model; return a list of (training loss, validation loss), one pair per epoch."""
    weights = [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]
    history = []
    for epoch in range(1, epochs + 1):
        model.train(True)
        train_sum = val_sum = 0.0
        for x, y in training:
            loss = loss_fn(model(x), y)
            for weight, gradient in zip(weights, torch.autograd.grad(loss, weights, allow_unused=True)):
                weight.grad = gradient
            optimizer.step()
            train_sum += float(loss.detach()) * y.shape[0]
        model.train(False)
        for x, y in validation:
            with torch.no_grad():
                val_sum += float(loss_fn(model(x), y)) * y.shape[0]
        history.append(
            (
                train_sum / sum(y.shape[0] for _, y in training),
                val_sum / sum(y.shape[0] for _, y in validation),
            )
        )
    return history
