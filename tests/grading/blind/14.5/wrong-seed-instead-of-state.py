# wrong: saves the initial seed and sets it again, so the random numbers start from the beginning instead of going on
# believes: the seed is all there is to the random numbers
# named: seed-for-state
import torch


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    torch.save(
        {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "seed": torch.initial_seed(),
            "epoch": epoch,
        },
        path,
    )


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.manual_seed(checkpoint["seed"])
    return checkpoint["epoch"]
