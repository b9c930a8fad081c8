# wrong: saves the learning rate of the first group only and gives it to every group
# believes: an optimizer has one learning rate, to be found in param_groups[0]
# named: first-rate-for-all
import torch


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    torch.save(
        {
            "model": model.state_dict(),
            "momenta": optimizer.state_dict()["state"],
            "lr": optimizer.param_groups[0]["lr"],
            "rng": torch.get_rng_state(),
            "epoch": epoch,
        },
        path,
    )


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    state = optimizer.state_dict()
    state["state"] = checkpoint["momenta"]
    optimizer.load_state_dict(state)
    for group in optimizer.param_groups:
        group["lr"] = checkpoint["lr"]
    torch.set_rng_state(checkpoint["rng"])
    return checkpoint["epoch"]
