# right: decorator for the undoing, weighted average at the end

import functools
import numpy as np
import torch


def leaves_no_trace(function):
    @functools.wraps(function)
    def wrapper(model, *args):
        on = {m for m in model.modules() if m.training}
        rng = torch.random.get_rng_state().clone()
        try:
            model.eval()
            with torch.no_grad():
                return function(model, *args)
        finally:
            for m in model.modules():
                m.training = m in on
            torch.random.set_rng_state(rng)
    return wrapper


@leaves_no_trace
def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    sizes, losses, shares = [], [], []
    for x, y in batches:
        out = model(x)
        sizes.append(y.numel())
        losses.append(loss_fn(out, y).item())
        shares.append((out.max(dim=1)[1] == y).to(torch.float64).mean().item())
    return {"loss": float(np.average(losses, weights=sizes)), "accuracy": float(np.average(shares, weights=sizes))}
