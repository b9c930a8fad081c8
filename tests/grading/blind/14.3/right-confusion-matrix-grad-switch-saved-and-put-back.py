# right: confusion matrix, grad switch saved and put back

import torch


def evaluate(model, loss_fn, batches):
    """Return (mean loss over all images, accuracy), two floats; leave the model as it was."""
    recording = torch.is_grad_enabled()
    state = [(name, m.training) for name, m in model.named_modules()]
    torch.set_grad_enabled(False)
    for _, m in model.named_modules():
        m.train(False)
    confusion = None
    loss_sum = torch.zeros((), dtype=torch.float64)
    try:
        iterator = iter(batches)
        while True:
            try:
                images, labels = next(iterator)
            except StopIteration:
                break
            scores = model(images)
            k = scores.size(1)
            if confusion is None:
                confusion = torch.zeros(k, k, dtype=torch.int64)
            guess = torch.topk(scores, 1, dim=1).indices[:, 0]
            confusion += torch.bincount(labels * k + guess, minlength=k * k).reshape(k, k)
            loss_sum += loss_fn(scores, labels).double() * labels.numel()
    finally:
        lookup = dict(model.named_modules())
        for name, mode in state:
            lookup[name].training = mode
        torch.set_grad_enabled(recording)
    count = confusion.sum().item()
    print("images:", count)
    return loss_sum.item() / count, confusion.trace().item() / count
