# right: gives optimizer.step a closure that clears, computes and goes backward; sums in a float64 tensor
# believes: the step knows best when it wants the gradients
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    """Train the model; return a list of (training loss, validation loss), one pair per epoch."""

    def learn(images, labels):
        def closure():
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            return loss

        return optimizer.step(closure).detach()

    @torch.no_grad()
    def look(images, labels):
        return loss_fn(model(images), labels)

    def mean_over_images(what, batches):
        loss_sum = torch.zeros((), dtype=torch.float64)
        image_count = 0
        for images, labels in batches:
            loss_sum += what(images, labels).double() * labels.numel()
            image_count += labels.numel()
        return (loss_sum / image_count).item()

    history = []
    while len(history) < epochs:
        model.train()
        learned = mean_over_images(learn, training)
        model.eval()
        looked = mean_over_images(look, validation)
        history.append((learned, looked))
    return history
