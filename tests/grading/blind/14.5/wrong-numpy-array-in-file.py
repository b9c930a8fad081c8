# wrong: the random state lies in the file as a NumPy array, so weights_only=True refuses it; loads with False itself
# believes: an array is as plain as a tensor, and what my own load function can read is fine
# named: objects-pickled
import torch


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    torch.save(
        {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "rng": torch.get_rng_state().numpy(),
            "epoch": epoch,
        },
        path,
    )


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    checkpoint = torch.load(path, weights_only=False)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.set_rng_state(torch.from_numpy(checkpoint["rng"]))
    return checkpoint["epoch"]
