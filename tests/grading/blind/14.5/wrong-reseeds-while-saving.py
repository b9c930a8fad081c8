# wrong: (subtle) saving draws a new seed and seeds with it; both sides agree, but saving changes the training
# believes: it is enough when the training after the saving and the one after the loading have the same random numbers
# named: new-seed-by-saving
import torch


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    seed = torch.randint(2**31 - 1, (1,)).item()
    torch.save(
        {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "seed": seed,
            "epoch": epoch,
        },
        path,
    )
    torch.manual_seed(seed)  # the same start for both: the one that goes on and the one that resumes


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.manual_seed(checkpoint["seed"])
    return checkpoint["epoch"]
