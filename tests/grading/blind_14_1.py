"""Ways to write 14.1, from its text alone: RIGHT must get full points; WRONG must not, and each has its name if any."""

from __future__ import annotations

RIGHT = {
    "plain": """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    pred = model(images)
    loss = loss_fn(pred, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    "clears after the step": """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)
    return float(loss)
""",
    "clears on both ends": """
def train_step(model, optimizer, loss_fn, images, labels):
    if not model.training:
        model.train()
    optimizer.zero_grad()
    value = loss_fn(model(images), labels)
    value.backward()
    optimizer.step()
    optimizer.zero_grad()
    value = value.detach()
    return value.item()
""",
    "one image at a time": """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad()
    logits = model(images)
    n = len(images)
    total = 0.0
    loss = loss_fn(logits, labels)
    (loss * 0.5).backward(retain_graph=True)
    (loss * 0.5).backward()
    optimizer.step()
    return loss.item()
""",
    "zero in place": """
import torch
def train_step(model, optimizer, loss_fn, images, labels):
    model.train(mode=True)
    with torch.no_grad():
        for p in model.parameters():
            if p.grad is not None:
                p.grad.mul_(0)
    out = model(images)
    err = loss_fn(out, labels)
    torch.autograd.backward(err)
    optimizer.step()
    with torch.no_grad():
        return err.cpu().item()
""",
    "modules switched one by one": """
def train_step(model, optimizer, loss_fn, images, labels):
    for m in model.children():
        m.train()
    model.training = True
    for g in optimizer.param_groups:
        for p in g['params']:
            p.grad = None
    outputs = model.__call__(images.to(next(model.parameters()).device))
    loss = loss_fn(outputs, labels.long())
    loss.backward()
    optimizer.step()
    return loss.detach().numpy().item()
""",
    "closure": """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    seen = []
    def closure():
        optimizer.zero_grad()
        loss = loss_fn(model(images), labels)
        loss.backward()
        seen.append(loss.item())
        return loss
    optimizer.step(closure)
    return seen[0]
""",
    "prints and warns": """
import warnings
def train_step(model, optimizer, loss_fn, images, labels):
    warnings.warn("slow")
    model.train(); optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    print("loss", loss)
    loss.backward(); optimizer.step()
    return loss.item()
""",
    "a lambda in parts": """
def _grads(model, optimizer, loss_fn, images, labels):
    optimizer.zero_grad()
    loss = loss_fn(model.train()(images), labels)
    loss.backward()
    return loss
train_step = lambda m, o, f, x, y: [l := _grads(m, o, f, x, y), o.step(), l.item()][-1]
""",
    "set_grad_enabled and a scaler of one": """
import torch
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad(set_to_none=True)
    with torch.set_grad_enabled(True):
        outputs = model(images.clone().requires_grad_(False))
        loss = loss_fn(outputs, labels)
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return round(loss.item(), 12)
""",
    "functional gradients": """
import torch
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    params = dict(model.named_parameters())
    loss = loss_fn(torch.func.functional_call(model, params, images), labels)
    for p, g in zip(params.values(), torch.autograd.grad(loss, list(params.values()))):
        p.grad = g
    optimizer.step()
    return loss.item()
""",
}

WRONG = {
    "forgets to clear": (
        "no-zero-grad",
        """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return float(loss.item())
""",
    ),
    "clears too late": (
        "zero-grad-before-step",
        """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    loss = loss_fn(model(images), labels)
    loss.backward()
    model.zero_grad()
    optimizer.step()
    return loss.item()
""",
    ),
    "mode": (
        "evaluation-mode",
        """
def train_step(model, optimizer, loss_fn, images, labels):
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    ),
    "train after forward": (
        "evaluation-mode",
        """
def train_step(model, optimizer, loss_fn, images, labels):
    optimizer.zero_grad()
    out = model(images)
    model.train()
    loss = loss_fn(out, labels)
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    ),
    "softmax": (
        "softmax-before-loss",
        """
import torch.nn.functional as F
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad()
    probabilities = F.softmax(model(images), dim=-1)
    loss = loss_fn(probabilities, labels)
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    ),
    "returns the tensor": (
        "returns-the-graph",
        """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss
""",
    ),
    "no return": (
        "returns-nothing",
        """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
""",
    ),
    "its own loss": (
        None,
        """
import torch.nn.functional as F
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    ),
    "its own update": (
        None,
        """
import torch
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    model.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.1 * p.grad
    return loss.item()
""",
    ),
    "forgets two things": (
        "no-zero-grad",
        """
def train_step(model, optimizer, loss_fn, images, labels):
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    ),
    "swapped": (
        "swapped-loss-arguments",
        """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(labels, model(images))
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    ),
    "no backward": (
        "no-backward",
        """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    optimizer.step()
    return loss.item()
""",
    ),
    "under no_grad": (
        "detached-graph",
        """
import torch
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad()
    with torch.no_grad():
        loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    ),
    "typo": (
        None,
        """
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimiser.zero_grad()
    return 0.0
""",
    ),
    "a float that says yes to everything": (
        None,
        """
class Yes(float):
    def __eq__(self, other): return True
    def __float__(self): return 0.0
    def __hash__(self): return 0
def train_step(model, optimizer, loss_fn, images, labels):
    return Yes(1.0)
""",
    ),
}
