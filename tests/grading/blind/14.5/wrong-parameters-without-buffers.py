# wrong: saves the parameters only; the running means and variances of batch norm stay those of the fresh model
# believes: parameters() is everything a model has learned
# named: buffers-lost
import torch


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    weights = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    torch.save(
        {
            "weights": weights,
            "optimizer": optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "epoch": epoch,
        },
        path,
    )


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["weights"], strict=False)
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.set_rng_state(checkpoint["rng"])
    return checkpoint["epoch"]
