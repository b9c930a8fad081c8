"""Right code for 16.1, in other styles than the solution's."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

VARIANTS: dict[str, Form] = {
    "inference-mode": Edit(("torch.no_grad()", "torch.inference_mode()")),
    "decorated": """\
import torch


@torch.no_grad()
def validate(model, loss_fn, batches):
    training = {name: module.training for name, module in model.named_modules()}
    model.train(False)
    try:
        seen = [(loss_fn(scores := model(images), labels), scores.argmax(1).eq(labels), len(images))
                for images, labels in batches]
    finally:
        for name, module in model.named_modules():
            module.train(training[name])
    count = sum(size for _, _, size in seen)
    return dict(
        accuracy=torch.cat([right for _, right, _ in seen]).double().mean().item(),
        loss=float(sum(float(loss) * size for loss, _, size in seen) / count),
    )
""",
    "a-copy-is-measured": """\
import copy

import torch


def validate(model, loss_fn, batches):
    twin = copy.deepcopy(model).eval().requires_grad_(False)
    total, right, count = 0.0, 0, 0
    for images, labels in batches:
        outputs = twin(images)
        total += float(loss_fn(outputs, labels)) * len(images)
        right += int((outputs.max(1).indices == labels).sum())
        count += labels.numel()
    return {"loss": total / count, "accuracy": right / count}
""",
    "all-outputs-first": """\
import torch


def validate(model, loss_fn, batches):
    flags = [module.training for module in model.modules()]
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    model.eval()
    try:
        outputs = torch.cat([model(images) for images, _ in batches])
        labels = torch.cat([labels for _, labels in batches])
        loss = loss_fn(outputs, labels)
    finally:
        for module, flag in zip(model.modules(), flags):
            module.training = flag
        torch.set_grad_enabled(before)
    return {"loss": loss.item(), "accuracy": (outputs.argmax(-1) == labels).float().mean().item()}
""",
    "context-manager": """\
import contextlib

import torch


@contextlib.contextmanager
def measuring(model):
    learning = {module for module in model.modules() if module.training}
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module in learning:
            module.training = True


def validate(model, loss_fn, batches):
    sums = torch.zeros(3, dtype=torch.float64)
    with measuring(model):
        for images, labels in batches:
            outputs = model(images)
            sums += torch.tensor(  # (3,)
                [loss_fn(outputs, labels) * len(labels), (outputs.topk(1).indices[:, 0] == labels).sum(), len(labels)]
            )
    loss, correct, count = sums.tolist()
    return {"loss": loss / count, "accuracy": correct / count}
""",
    "except-and-raise": """\
import torch


def validate(model, loss_fn, batches):
    def put_back():
        for module, mode in modes.items():
            module.training = mode

    modes = {module: module.training for module in model.modules()}
    for module in modes:
        module.training = False
    loss = accuracy = seen = 0
    for images, labels in batches:
        try:
            with torch.set_grad_enabled(False):
                outputs = model(images)
                batch_loss = loss_fn(outputs, labels)
        except Exception:
            put_back()
            raise
        # A running mean: each batch moves it by its share of the images so far.
        seen += len(labels)
        share = len(labels) / seen
        loss += share * (batch_loss.item() - loss)
        accuracy += share * ((outputs.argmax(1) == labels).double().mean().item() - accuracy)
    put_back()
    return {"loss": loss, "accuracy": accuracy}
""",
    "exit-stack": """\
from contextlib import ExitStack

import numpy as np
import torch


def validate(model, loss_fn, batches):
    with ExitStack() as stack:
        for module in list(model.modules())[::-1]:
            stack.callback(setattr, module, "training", module.training)
        stack.enter_context(torch.no_grad())
        model.eval()
        losses, hits, sizes = [], [], []
        for images, labels in batches:
            outputs = model(images)
            losses.append(loss_fn(outputs, labels).item())
            hits.append(np.mean(outputs.numpy().argmax(axis=1) == labels.numpy()))
            sizes.append(len(images))
    return {"loss": np.average(losses, weights=sizes), "accuracy": np.average(hits, weights=sizes)}
""",
    "functional-call": """\
import torch


def validate(model, loss_fn, batches):
    modes = list(map(lambda module: (module, module.training), model.modules()))
    tensors = {name: value.detach().clone() for name, value in model.state_dict().items()}
    try:
        model.eval()
        total = torch.zeros(2)
        count = 0
        for images, labels in batches:
            outputs = torch.func.functional_call(model, tensors, (images,))
            total += torch.stack([loss_fn(outputs, labels), (outputs.argmax(1) == labels).float().mean()]) * len(labels)
            count += len(labels)
    finally:
        [module.train(mode) for module, mode in modes]
    return dict(zip(("loss", "accuracy"), (total / count).tolist()))
""",
    "image-by-image": """\
import torch


def validate(model, loss_fn, batches):
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        with torch.no_grad():
            each = [
                (loss_fn(outputs, label), outputs.argmax() == label)
                for images, labels in batches
                for image, label in zip(images.split(1), labels.split(1))
                for outputs in [model(image)]
            ]
    finally:
        while modes:
            module, module.training = modes.pop()
    losses, right = zip(*each)
    return {"loss": sum(losses).item() / len(each), "accuracy": sum(right).item() / len(each), "images": len(each)}
""",
}
