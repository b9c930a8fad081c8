# right: one flat list without names, in the order of state_dict(); the epoch as a tensor; copies through the aliases
# believes: the tensors of a state_dict share their memory with the module, so copy_ into them is enough
import torch


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    with open(path, "wb") as file:
        head = [torch.tensor([epoch], dtype=torch.int64), torch.get_rng_state()]
        torch.save([optimizer.state_dict(), head + list(model.state_dict().values())], file)


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    with open(path, "rb") as file:
        for_optimizer, tensors = torch.load(file, weights_only=True)
    tensors = iter(tensors)
    epoch = next(tensors).item()
    chance = next(tensors)
    for alias in model.state_dict().values():
        alias.copy_(next(tensors))
    if next(tensors, None) is not None:
        raise ValueError("the file has more tensors than the model")
    optimizer.load_state_dict(for_optimizer)
    torch.set_rng_state(chance)
    return int(epoch)
