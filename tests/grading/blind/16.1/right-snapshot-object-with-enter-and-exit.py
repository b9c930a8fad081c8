# right: snapshot object with __enter__ and __exit__

import torch


class NoTrace:
    """Takes a picture of modes, grad switch and random numbers; puts them back, error or not."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.modes = [(m, m.training) for m in self.model.modules()]
        self.grad = torch.is_grad_enabled()
        self.rng = torch.get_rng_state()
        self.cuda_rng = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None
        torch.set_grad_enabled(False)
        self.model.eval()
        return self.model

    def __exit__(self, kind, error, trace):
        for m, mode in self.modes:
            m.training = mode
        torch.set_grad_enabled(self.grad)
        torch.set_rng_state(self.rng)
        if self.cuda_rng is not None:
            torch.cuda.set_rng_state_all(self.cuda_rng)
        return False            # never swallow the error


def validate(model, loss_fn, batches):
    rows = []
    with NoTrace(model) as quiet:
        for images, labels in batches:
            logits = quiet(images)
            rows.append((labels.shape[0], float(loss_fn(logits, labels)), int(logits.argmax(1).eq(labels).sum())))
    n = sum(r[0] for r in rows)
    return dict(loss=sum(r[0] * r[1] for r in rows) / n, accuracy=sum(r[2] for r in rows) / n)
