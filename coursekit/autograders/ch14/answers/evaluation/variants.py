"""Right code for 14.3 in other styles."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

from .solution import HITS, LOSS, RESULT

VARIANTS: dict[str, Form] = {
    "inference-mode-as-decorator": """\
import torch

@torch.inference_mode()
def evaluate(model, loss_fn, batches):
    flags = {name: m.training for name, m in model.named_modules()}
    model.train(False)
    losses, hits = [], []
    for x, y in batches:
        z = model(x)
        losses += [loss_fn(z, y)] * y.numel()
        hits.append(z.topk(1).indices[:, 0].eq(y))
    for name, m in model.named_modules():
        m.training = flags[name]
    return torch.stack(losses).mean().item(), torch.cat(hits).float().mean().item()
""",
    "one-pass-over-everything": """\
import torch

def evaluate(model, loss_fn, batches):
    x, y = (torch.cat(part) for part in zip(*batches))
    was = {m: m.training for m in model.modules()}
    with torch.no_grad():
        model.eval()
        z = model(x)
        loss = loss_fn(z, y)
    [setattr(m, "training", t) for m, t in was.items()]
    return float(loss), float((z.max(1).indices == y).double().mean())
""",
    "a-copy-in-double": """\
import copy
import torch

def evaluate(model, loss_fn, batches):
    twin = copy.deepcopy(model).double().eval()
    loss = hits = seen = 0
    for image, label in ((i, l) for x, y in batches for i, l in zip(x, y)):
        with torch.no_grad():
            z = twin(image[None].double())
            loss = loss + loss_fn(z, label[None])
        hits += int(z[0].argmax()) == int(label)
        seen += 1
    return (loss / seen).item(), hits / seen
""",
    "context-manager-and-numpy": """\
import contextlib
import numpy as np
import torch

@contextlib.contextmanager
def measuring(model):
    before = [m.training for m in model.modules()]
    recording = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        yield model.eval()
    finally:
        torch.set_grad_enabled(recording)
        for m, mode in zip(model.modules(), before):
            m.training = mode

def evaluate(model, loss_fn, batches):
    logits, labels, losses, sizes = [], [], [], []
    with measuring(model) as network:
        for x, y in batches:
            out = network(x)
            logits.append(out.cpu().numpy())
            labels.append(y.cpu().numpy())
            losses.append(loss_fn(out, y).item())
            sizes.append(len(y))
    right = np.concatenate(logits).argmax(-1) == np.concatenate(labels)
    return float(np.average(losses, weights=sizes)), float(right.mean())
""",
    "running-mean": """\
import torch

def evaluate(model, loss_fn, batches):
    modes = tuple((m, m.training) for m in model.modules())
    for m, _ in modes:
        m.training = False
    loss = accuracy = n = 0.0
    for images, labels in batches:
        with torch.no_grad():
            outputs = model.forward(images)
            k = images.size(0)
            n += k
            loss += (loss_fn(input=outputs, target=labels).item() - loss) * k / n
            share = torch.mean((torch.argmax(outputs, axis=-1) == labels).to(torch.float64))
            accuracy += (share.item() - accuracy) * k / n
    for m, mode in reversed(modes):
        m.training = mode
    return [loss, accuracy]
""",
    "functional-call-without-no-grad": """\
import torch

def evaluate(model, loss_fn, batches):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    frozen = {n: p.detach() for n, p in model.named_parameters()}
    figures = torch.zeros(3, dtype=torch.float64)
    for images, labels in batches:
        z = torch.func.functional_call(model, frozen, (images,))
        right = torch.count_nonzero(z.argmax(1) == labels)
        figures += torch.tensor([float(loss_fn(z, labels)) * len(z), float(right), len(z)], dtype=torch.float64)
    for m in model.modules():
        m.train(modes[m]) if not list(m.children()) else None
    for m in model.modules():
        m.training = modes[m]
    return tuple((figures[:2] / figures[2]).tolist())
""",
    "requires-grad-put-back": """\
import torch

def evaluate(model, loss_fn, batches):
    flags = [p.requires_grad for p in model.parameters()]
    modes = [m.training for m in model.modules()]
    model.eval().requires_grad_(False)
    try:
        rows = []
        for images, labels in batches:
            outputs = model(images)
            right = (outputs.argsort(1)[:, -1] == labels).sum()
            rows.append((loss_fn(outputs, labels).item(), right.item(), len(images)))
        n = sum(row[2] for row in rows)
        return sum(a * c for a, _, c in rows) / n, sum(b for _, b, _ in rows) / n
    finally:
        for p, flag in zip(model.parameters(), flags):
            p.requires_grad_(flag)
        for m, mode in zip(model.modules(), modes):
            m.training = mode
""",
    "as-a-class": """\
import torch
from collections import namedtuple

Figures = namedtuple("Figures", "loss accuracy")

class Evaluation:
    def __call__(self, model, loss_fn, batches):
        self.loss = torch.zeros((), dtype=torch.float64)
        self.right = self.seen = 0
        with torch.no_grad():
            stack = [(model, model.training)] + [(m, m.training) for m in list(model.modules())[1:]]
            model.eval()
            list(map(lambda batch: self.add(model, loss_fn, *batch), batches))
            while stack:
                module, mode = stack.pop()
                module.train(mode) if mode is None else setattr(module, "training", mode)
        return Figures(self.loss.item() / self.seen, self.right / self.seen)

    def add(self, model, loss_fn, images, labels):
        outputs = model(images).softmax(1).log()
        raw = model(images)
        self.loss += len(labels) * loss_fn(raw, labels).double()
        self.right += sum(int(a) == int(b) for a, b in zip(outputs.argmax(1), labels))
        self.seen += labels.shape[0]

evaluate = Evaluation()
""",
    "no-grad-around-all": Edit(
        ("    model.eval()\n", "    for module in model.modules():\n        module.eval()\n"),
        ("with torch.no_grad():", "with torch.autograd.grad_mode.inference_mode(mode=True):"),
        (".item() * len(labels)", ".tolist() * images.shape[0]"),
    ),
    "sum-of-a-list": Edit(
        ("total, correct, count = 0.0, 0, 0", "total, correct, count = torch.zeros(1), torch.tensor(0), 0"),
        (LOSS, "total = total + loss_fn(outputs, labels) * labels.size(0)"),
        (HITS, "correct = correct + outputs.max(1)[1].eq(labels).sum()"),
        (RESULT, "return float(total[0] / count), (correct / count).item()"),
    ),
}
