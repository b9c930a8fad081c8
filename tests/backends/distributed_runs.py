"""What each process of a distributed run does: ``torchrun --nproc_per_node 2 distributed_runs.py FOLDER``.

Started alone it is the run of one process with the doubled batch. Every case leaves its weights and figures in FOLDER.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from coursekit.data import ArrayDataset
from coursekit.errors import CheckpointError
from coursekit.losses import CrossEntropy
from coursekit.training import Trainer
from coursekit.training.callback import Callback
from coursekit.training.callbacks import Checkpoint

RANK, WORLD = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
WEIGHTS = (0.2, 1.0, 5.0)


def data(count: int) -> ArrayDataset:
    rng = np.random.default_rng(5)
    images = rng.random((count, 6, 6, 1), np.float32)
    labels = (images.mean((1, 2, 3)) > 0.5).astype(np.int64) + (images[:, 0, 0, 0] > 0.7)
    return ArrayDataset(images, labels, ("a", "b", "c"))


def model(*, whole: bool = False) -> Any:
    """Without batch norm, whose statistics are each process's own; ``whole``: with it, and with dropout."""
    torch.manual_seed(3)
    layers = [torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(64, 3)]
    if whole:
        layers[1:1] = [torch.nn.BatchNorm2d(4)]
        layers[4:4] = [torch.nn.Dropout(0.3)]
    return torch.nn.Sequential(*layers)


def trainer(net: Any = None, **options: Any) -> Trainer:
    given = {"optimizer": "momentum", "learning_rate": 0.05, "metrics": ["accuracy", "f1"], "seed": 1, **options}
    return Trainer(model() if net is None else net, **given)


def fit(who: Trainer, count: int, **options: Any) -> Any:
    given = {"epochs": 3, "batch_size": 16 // WORLD, "progress": False, **options}
    return who.fit(data(count), data(23), **given)


def result(who: Trainer, **more: Any) -> dict[str, Any]:
    weights = {name: array.astype(float).tolist() for name, array in who.backend.get_weights().items()}
    return {"weights": weights, "history": who.history.to_json(), **more}


class At(Callback):
    """Do something after a step of one process."""

    every_n_steps = 1

    def __init__(self, step: int, action: Any, rank: int) -> None:
        self.step, self.action, self.rank = step, action, rank

    def on_step_end(self, state: Any) -> None:
        if state.step == self.step and rank_is(self.rank):
            self.action(state)


def rank_is(rank: int) -> bool:
    return rank in (RANK, -1)


def equal_runs() -> dict[str, Any]:
    """Cases that must come out the same from one process and from two."""
    cases: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
        "even": (96, {}, {}),
        "odd": (101, {}, {}),  # the last global batch has 5 images: 3 and 2
        "one left over": (97, {}, {}),  # the last global batch has 1 image: one process has none
        "adam": (97, {"optimizer": "adam", "learning_rate": 1e-3}, {}),
        "class weights": (97, {"loss": CrossEntropy(class_weights=WEIGHTS)}, {}),
        "accumulate": (97, {"accumulate": 2}, {}),
        "clipped": (97, {"clip_norm": 0.1}, {}),
        "accumulate, weights, clipped": (
            101,
            {"accumulate": 2, "loss": CrossEntropy(class_weights=WEIGHTS), "clip_norm": 0.5},
            {},
        ),
    }
    results = {}
    for name, (count, settings, options) in cases.items():
        who = trainer(**settings)
        fit(who, count, **options)
        evaluated = [who.evaluate(data(n), batch_size=64 // WORLD) for n in (1, 31, 65, 129)]
        results[name] = result(who, evaluated=evaluated)
    # A stream of each process's own, of different sizes: together, the batches that one process would see.
    batches = [(data(97)[at : at + 16].images, data(97)[at : at + 16].labels) for at in range(0, 96, 16)]
    cut = [0, 16] if WORLD == 1 else [[0, 10], [10, 16]][RANK]
    who = trainer()
    stream = [(images[slice(*cut)], labels[slice(*cut)]) for images, labels in batches]
    # Evaluated, streams may even be of different lengths.
    held_out = batches if WORLD == 1 else [batches[:2], batches[2:]][RANK]
    who.fit(stream, held_out, epochs=3, progress=False)
    results["stream"] = result(who, evaluated=[who.evaluate(held_out)])
    # Layers that learn only later are averaged, too.
    who = trainer()
    who.model[0].requires_grad_(False)
    who.backend.trainable_changed()
    fit(who, 97, epochs=1)
    who.model[0].requires_grad_(True)
    who.backend.trainable_changed()
    fit(who, 97, epochs=2)
    results["unfrozen"] = result(who, evaluated=[])
    return results


def whole_run(folder: Path, kill: Any = None, **options: Any) -> Trainer:
    """A run with all that depends on the process: dropout, running statistics, figures of an epoch half done."""
    who = trainer(model(whole=True), optimizer="adam", learning_rate=3e-3)
    keeper = Checkpoint(folder, every_n_steps=2, keep=3)
    callbacks = [keeper] if kill is None else [keeper, At(kill, stop_here, -1)]
    fit(who, 101, callbacks=callbacks, **options)
    return who


class Killed(BaseException):
    pass


def stop_here(_: Any) -> None:
    raise Killed


def only_distributed(folder: Path) -> dict[str, Any]:
    """What can be asked of several processes only."""
    results: dict[str, Any] = {"resumed": []}
    alone = whole_run(folder / "alone")
    results["alone"] = result(alone)
    for step in (3, 7, 10, 20):  # the 7th step is an epoch's last: its validation is still to come
        with contextlib.suppress(Killed):
            whole_run(folder / f"killed-{step}", kill=step)
        torch.distributed.barrier()
        again = whole_run(folder / f"killed-{step}", resume=True)
        results["resumed"].append(result(again))
    outputs = alone.predict(data(9).images)
    results["outputs"] = outputs.tolist()

    # One process wants to stop: all do, in the same step.
    who = trainer()
    fit(who, 97, epochs=9, callbacks=[At(10, lambda state: state.stop("enough"), 1)])
    results["stopped"] = {"steps": len(who.history.steps["loss"]), "reason": who.history.stop_reason}

    # Dropout draws differently in each process.
    with alone.backend.random_stream(1):
        who = trainer()
        with who.backend.random_stream(1):
            results["drawn"] = torch.rand(4).tolist()

    # Processes that find different checkpoints do not start to wait for each other.
    try:
        whole_run(folder / ("alone" if RANK == 0 else "elsewhere"), resume=True)
        results["disagreement"] = ""
    except CheckpointError as error:
        results["disagreement"] = str(error)
    return results


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    results = equal_runs()
    if WORLD > 1:
        results["distributed"] = only_distributed(folder)
        who = trainer()
        fit(who, 97, epochs=1, progress=True)  # what is printed is looked at
    (folder / f"world-{WORLD}-rank-{RANK}.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
