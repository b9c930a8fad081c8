# right: walks the optimizer's groups and states by hand instead of using its state_dict
# believes: an optimizer is a list of option dicts plus one little dict of memories per parameter
import torch


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    drawers = []
    for group in optimizer.param_groups:
        options = {name: value for name, value in group.items() if name != "params"}
        memories = [dict(optimizer.state.get(parameter, {})) for parameter in group["params"]]
        drawers.append([options, memories])
    torch.save({"w": model.state_dict(), "o": drawers, "r": torch.get_rng_state(), "e": epoch}, path)


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    box = torch.load(path, weights_only=True)
    model.load_state_dict(box["w"])
    assert len(box["o"]) == len(optimizer.param_groups)
    for group, (options, memories) in zip(optimizer.param_groups, box["o"]):
        group.update(options)
        assert len(memories) == len(group["params"])
        for parameter, memory in zip(group["params"], memories):
            if memory:
                optimizer.state[parameter] = dict(memory)
            else:
                optimizer.state.pop(parameter, None)
    torch.set_rng_state(box["r"])
    return box["e"]
