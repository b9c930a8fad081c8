"""Right code for 14.5 in other styles."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

VARIANTS: dict[str, Form] = {
    "chance-first": Edit(
        ('    torch.set_rng_state(checkpoint["rng"])\n', ""),
        ("    model.load_state_dict(", '    torch.set_rng_state(checkpoint["rng"])\n    model.load_state_dict('),
    ),
    "written-beside-and-renamed": """\
import os
import random
from pathlib import Path

import torch
from torch import load, save


def save_checkpoint(path, model, optimizer, epoch):
    path = Path(path)
    beside = path.with_suffix(".tmp")
    content = dict(
        weights=model.state_dict(),
        training={"optimizer": optimizer.state_dict(), "epochs finished": int(epoch)},
        chance={"torch": torch.random.get_rng_state(), "python": random.getstate(), "others": []},
    )
    with open(beside, "wb") as file:
        save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    return path


def load_checkpoint(path, model, optimizer):
    with open(path, "rb") as file:
        content = load(file, map_location="cpu", weights_only=True)
    optimizer.load_state_dict(content["training"]["optimizer"])
    model.load_state_dict(content["weights"], strict=True, assign=False)
    version, numbers, gauss = content["chance"]["python"]
    random.setstate((version, tuple(numbers), gauss))
    torch.random.set_rng_state(content["chance"]["torch"])
    return content["training"]["epochs finished"]
""",
    "a-list-and-tensors-copied-by-hand": """\
import torch


def save_checkpoint(path, model, optimizer, epoch):
    values = [p.data for p in model.parameters()] + list(model.buffers())
    momenta = [optimizer.state.get(p, {}) for g in optimizer.param_groups for p in g["params"]]
    settings = [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]
    torch.save([values, momenta, settings, torch.default_generator.get_state(), torch.tensor(epoch)], str(path))


def load_checkpoint(path, model, optimizer):
    values, momenta, settings, chance, epoch = torch.load(str(path), weights_only=True)
    with torch.no_grad():
        for mine, saved in zip([*model.parameters(), *model.buffers()], values):
            mine.copy_(saved)
    parameters = [p for g in optimizer.param_groups for p in g["params"]]
    for parameter, state in zip(parameters, momenta):
        optimizer.state[parameter] = dict(state)
    for group, setting in zip(optimizer.param_groups, settings):
        group.update(setting)
    torch.default_generator.set_state(chance)
    return epoch.item()
""",
    "deep-copies-and-bytes": """\
import copy
import io
import torch


def save_checkpoint(path, model, optimizer, epoch):
    state = copy.deepcopy([model.state_dict(), optimizer.state_dict()])
    state += [torch.get_rng_state().tolist(), str(epoch)]
    buffer = io.BytesIO()
    torch.save({str(i): s for i, s in enumerate(state)}, buffer)
    with open(path, "wb") as f:
        f.write(buffer.getvalue())


def load_checkpoint(path, model, optimizer):
    with open(path, "rb") as f:
        state = torch.load(io.BytesIO(f.read()), weights_only=True)
    for target, key in ((model, "0"), (optimizer, "1")):
        target.load_state_dict(state[key])
    torch.set_rng_state(torch.tensor(state["2"], dtype=torch.uint8))
    return int(state["3"])
""",
    "tensors-replaced-in-double": """\
import torch

KEYS = ("model", "optimizer")


def save_checkpoint(path, model, optimizer, epoch):
    was_training = model.training
    model.eval()
    parts = {key: part.state_dict() for key, part in zip(KEYS, (model, optimizer))}
    parts["model"] = {k: v.double() if v.is_floating_point() else v.clone() for k, v in parts["model"].items()}
    torch.save({**parts, "more": (epoch, torch.get_rng_state().clone())}, path, _use_new_zipfile_serialization=False)
    model.train(was_training)


def load_checkpoint(path, model, optimizer):
    parts = torch.load(path, map_location=torch.device("cpu"))
    optimizer.zero_grad(set_to_none=True)
    [part.load_state_dict(parts[key]) for key, part in zip(KEYS, (model, optimizer))]
    epoch, state = parts["more"]
    torch.random.set_rng_state(state)
    model.eval()
    return epoch
""",
}
