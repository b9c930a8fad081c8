# right: error caught, cleaned up, raised again

import torch
from collections import Counter


def validate(model, loss_fn, batches):
    """Return the mean loss and the accuracy; leave the model as it was."""
    rng = torch.get_rng_state()
    train_modules = [m for m in model.modules() if m.training]
    eval_modules = [m for m in model.modules() if not m.training]

    def put_back():
        for m in train_modules:
            m.training = True
        for m in eval_modules:
            m.training = False
        torch.set_rng_state(rng)

    @torch.no_grad()
    def go():
        tally = Counter()
        for images, labels in batches:
            logits = model.eval()(images)
            tally["images"] += len(images)
            tally["hits"] += (logits.argmax(1) == labels).sum().item()
            tally["loss"] += loss_fn(logits, labels).item() * len(images)
        return tally

    try:
        tally = go()
    except BaseException:
        put_back()
        raise
    put_back()
    return {key: float(tally[name] / tally["images"]) for key, name in (("loss", "loss"), ("accuracy", "hits"))}
