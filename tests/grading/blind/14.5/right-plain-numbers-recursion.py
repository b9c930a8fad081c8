# right: boils every tensor down to nested lists of Python numbers by recursion; the file holds no tensor at all
# believes: a float32 is exactly a Python float, so numbers and strings are enough
import torch


def freeze(thing):
    if isinstance(thing, torch.Tensor):
        kind = str(thing.dtype).split(".")[1]
        return ["tensor", kind, list(thing.shape), thing.detach().flatten().tolist()]
    if isinstance(thing, dict):
        return ["dict", [[freeze(key), freeze(value)] for key, value in thing.items()]]
    if isinstance(thing, list):
        return ["list", [freeze(item) for item in thing]]
    if isinstance(thing, tuple):
        return ["tuple", [freeze(item) for item in thing]]
    return ["plain", thing]


def thaw(ice):
    kind = ice[0]
    if kind == "tensor":
        return torch.tensor(ice[3], dtype=getattr(torch, ice[1])).reshape(ice[2])
    if kind == "dict":
        return {thaw(key): thaw(value) for key, value in ice[1]}
    if kind == "list":
        return [thaw(item) for item in ice[1]]
    if kind == "tuple":
        return tuple(thaw(item) for item in ice[1])
    return ice[1]


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    torch.save(freeze((model.state_dict(), optimizer.state_dict(), torch.get_rng_state(), epoch)), path)


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    weights, momenta, chance, epoch = thaw(torch.load(path, weights_only=True))
    optimizer.load_state_dict(momenta)
    model.load_state_dict(weights)
    torch.set_rng_state(chance)
    return epoch
