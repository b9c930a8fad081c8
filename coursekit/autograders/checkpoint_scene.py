"""A small training in PyTorch that is saved, broken off, and taken up again by another model and optimizer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from coursekit.autograders.pytorch_scene import tensor_array
from coursekit.grading.student import Student, in_one_line
from coursekit.grading.values import Plain, type_name

Moment: TypeAlias = "dict[str, np.ndarray[Any, Any]]"
EPOCHS, EARLY = 5, 2
CHECKPOINTS = {EARLY: "early", 4: "late"}
"""Epochs finished -> name of the checkpoint."""
NOTHING = "nothing was loaded"
SAME, OTHER = "the very same", "others"
READABLE, REFUSED = "a file that torch.load reads with weights_only=True", "a file that it refuses"


class Training:
    """Five short epochs of one network: the same every time it is played from the same random state.

    Args:
        rng: draws the weights, the images and their order in each epoch.
        dropout: whether the network draws from PyTorch's generator in every step.
        make: model, learning rate -> optimizer.
    """

    def __init__(
        self, rng: np.random.Generator, dropout: bool, make: Callable[[nn.Module, float], torch.optim.Optimizer]
    ) -> None:
        self._dropout, self._make, self._rng = dropout, make, rng
        images, labels = rng.standard_normal((12, 5)).astype(np.float32), rng.integers(0, 3, 12)
        # In PyTorch's memory, which is aligned: elsewhere the last bits of a product may depend on the address.
        self._images, self._labels = torch.tensor(images), torch.tensor(labels)
        self._orders = [torch.tensor(rng.permutation(12)) for _ in range(EPOCHS)]
        self._start = [rng.standard_normal(tuple(one.shape)) for one in self._network().parameters()]

    def first(self) -> tuple[nn.Module, torch.optim.Optimizer]:
        """The network with the weights of the start, and its optimizer."""
        return self._of(self._start, 0.1)

    def fresh(self) -> tuple[nn.Module, torch.optim.Optimizer]:
        """A network of the same kind with other weights, and an optimizer with another learning rate."""
        return self._of([self._rng.standard_normal(one.shape) for one in self._start], 0.03)

    def epoch(self, model: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> None:
        """Train for one epoch of three batches; ``number`` from 0. The rate is halved for good before the second."""
        model.train()
        if number == 1:
            for group in optimizer.param_groups:
                group["lr"] *= 0.5
        for batch in torch.split(self._orders[number], 4):
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(self._images[batch]), self._labels[batch])
            loss.backward()  # type: ignore[no-untyped-call]  # PyTorch's backward has no types
            optimizer.step()

    def _network(self) -> nn.Module:
        # A bias before batch norm has a gradient of rounding errors alone, which Adam would blow up.
        parts = [nn.Linear(5, 8, bias=False), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 3)]
        return nn.Sequential(*parts[:3], nn.Dropout(0.5), parts[3]) if self._dropout else nn.Sequential(*parts)

    def _of(self, weights: list[Any], rate: float) -> tuple[nn.Module, torch.optim.Optimizer]:
        model = self._network()
        with torch.no_grad():
            for parameter, values in zip(model.parameters(), weights, strict=True):
                parameter.copy_(torch.from_numpy(values.astype(np.float32)))
        return model, self._make(model, rate)


def play(student: Student, training: Training, seed: int) -> dict[str, Plain]:
    """Train without a break; again with two checkpoints; and take up each of these in a fresh model."""
    model, optimizer = training.first()
    torch.manual_seed(seed)
    course = [_moment(model)]
    for number in range(EPOCHS):
        training.epoch(model, optimizer, number)
        course.append(_moment(model))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        seen, paths, saved = _save(student, training, seed, folder, course)
        for epoch, when in CHECKPOINTS.items():
            seen[when] = _resume(student, training, paths[when], epoch, saved[when], course)
    return seen


def _save(
    student: Student, training: Training, seed: int, folder: Path, course: list[Moment]
) -> tuple[dict[str, Plain], dict[str, Any], dict[str, Moment]]:
    """The training with its two checkpoints: what became of it, where the files were moved, and what was saved."""
    model, optimizer = training.first()
    torch.manual_seed(seed)
    (folder / "moved").mkdir()
    files, troubles, moved, saved = [], [], {}, {}
    for number in range(EPOCHS):
        if number in CHECKPOINTS:
            path = folder / f"epoch-{number}.pt"
            # A path of either kind; and a file that is there already.
            path.write_bytes(b"an older file")
            given = path if number == EARLY else str(path)
            saved[CHECKPOINTS[number]] = _moment(model)
            outcome = student.outcome("save_checkpoint", given, model, optimizer, number, read=lambda _: None)
            troubles += [_error(outcome)] if outcome is not None else []
            files.append(_file(path))
            to = folder / "moved" / f"{CHECKPOINTS[number]}.pt"
            if path.exists():
                path.rename(to)
            moved[CHECKPOINTS[number]] = str(to) if number == EARLY else to
        training.epoch(model, optimizer, number)
    went_on = _same(_moment(model), course[-1], "weights", "buffers", "chance")
    written = READABLE in files or REFUSED in files
    seen: dict[str, Plain] = {"files": files, "troubles": troubles}
    return {**seen, "went_on": went_on if written else "nothing was saved"}, moved, saved


def _resume(
    student: Student, training: Training, path: Any, epoch: int, saved: Moment, course: list[Moment]
) -> dict[str, Plain]:
    """Load twice: once to look at what came back and train an epoch, once to train to the end."""
    model, optimizer, returned = _load(student, training, path, epoch)
    if isinstance(returned, dict) and "raised" in returned:
        parts = ("weights", "buffers", "numbers", "rates", "chance", "drawn", "next", "on", "end", "resumed")
        return {**dict.fromkeys(parts, NOTHING), "epoch": _error(returned)}
    now = _moment(model)
    seen: dict[str, Plain] = {"epoch": returned, "numbers": now["weights"], "drawn": now["chance"]}
    seen |= {name: _same(now, saved, name) for name in ("weights", "buffers", "chance")}
    seen["rates"] = [float(group["lr"]) for group in optimizer.param_groups]
    seen["next"] = _trained(training, model, optimizer, range(epoch, epoch + 1))
    seen["on"] = _same(_moment(model), course[epoch + 1], "weights")
    model, optimizer, returned = _load(student, training, path, epoch)
    begin = returned if type(returned) is int and 0 <= returned <= EPOCHS else epoch
    seen["end"] = _trained(training, model, optimizer, range(begin, EPOCHS))
    seen["resumed"] = _same(_moment(model), course[-1], "weights", "buffers")
    return seen


def _load(
    student: Student, training: Training, path: Any, epoch: int
) -> tuple[nn.Module, torch.optim.Optimizer, Plain]:
    model, optimizer = training.fresh()
    # Chance as in a new process: neither where the training stood nor where it began.
    torch.manual_seed(1000 + epoch)
    return model, optimizer, student.outcome("load_checkpoint", path, model, optimizer, read=_number)


def _error(outcome: dict[str, Plain]) -> str:
    # Its class alone: the message may hold the folder's name, which is another in each run.
    return f"the error {str(outcome['raised']).partition(':')[0]}"


def _number(value: object) -> Plain:
    return value if type(value) is int else f"a value of type {type_name(value)}"


def _trained(training: Training, model: nn.Module, optimizer: torch.optim.Optimizer, epochs: range) -> Plain:
    """Train for some epochs; the weights, or why that failed."""
    try:
        for number in epochs:
            training.epoch(model, optimizer, number)
    except Exception as error:  # an optimizer or a model that was loaded with anything at all
        return f"it could not be trained: {in_one_line(error)}"
    return _moment(model)["weights"]


def _moment(model: nn.Module) -> Moment:
    """Where a training stands: its weights, running means and the next random numbers, which stay the next."""
    state = torch.get_rng_state()
    chance = tensor_array(torch.rand(4))
    torch.set_rng_state(state)
    parameters, buffers = (
        np.concatenate([tensor_array(one).astype(np.float64).ravel() for one in some])
        for some in (model.parameters(), model.buffers())
    )
    return {"weights": parameters, "buffers": buffers, "chance": chance}


def _same(one: Moment, other: Moment, *names: str) -> str:
    return SAME if all(np.array_equal(one[name], other[name]) for name in names) else OTHER


def _file(path: Path) -> str:
    if not path.is_file() or path.read_bytes() == b"an older file":
        return "no file"
    try:
        torch.load(path, weights_only=True)
    except Exception:  # whatever a file that is no checkpoint makes of it
        return REFUSED
    return READABLE
