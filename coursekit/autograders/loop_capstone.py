"""How 14.8 is observed: four functions, each on inputs of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain, type_name

LISTS = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate")
CHANNELS, CLASSES = 2, 3
RAGGED = (4, 1, 3, 1)
SCRIPTS: dict[str, tuple[tuple[float, ...], int, int, int, int]] = {
    # Two bad stretches, an equal loss in the second of them, and the end by patience; what comes after it shows who
    # counts wrongly.
    "long": ((3.0, 3.4, 3.2, 2.5, 2.8, 2.6, 2.5, 2.2, 2.7, 2.6, 2.5, 2.4, 2.9, 1.9, 1.8), 4, 2, 17, 10),
    "ties": ((3.0, 2.4, 2.6, 2.4, 2.5, 2.9, 2.8, 2.0, 1.9), 3, 1, 11, 5),
    "limit": ((3.0, 2.2, 2.6, 2.4, 2.3), 4, 2, 5, 5),
    # Patience ends it before any rate falls.
    "short": ((3.0, 2.5, 2.7, 2.6, 2.9, 2.2), 2, 3, 8, 4),
    "rising": ((3.0, 2.6, 2.2), 2, 2, 3, 3),
    # Improvements smaller than a relative 1e-4, and all together than 1e-4: many a default takes them for none.
    "slow": ((3.0, 2.2, 2.19996, 2.19992, 2.6, 2.7), 3, 2, 6, 5),
}
"""Validation losses, patience, lr_patience, max_epochs and epochs looked at of each scripted training."""


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Each function on its own: what one of them does wrong changes no other's inputs."""
    scenes: dict[str, Callable[[Student, np.random.Generator], Plain]] = {
        "train": _train,
        "evaluate": _evaluate,
        "fit": _fit,
        "whole": _whole,
        "plot": _plot,
    }
    own = rng.spawn(len(scenes))
    return {name: scene(student, one) for (name, scene), one in zip(scenes.items(), own, strict=True)}


def _one_hot_error(input: Any, target: Any) -> Any:
    from torch.nn import functional

    return ((input - functional.one_hot(target, CLASSES)) ** 2).sum(1).mean()


def _train(student: Student, rng: np.random.Generator) -> Plain:
    """Three epochs with dropout, whose weights are looked at; and figures at a rate of 0, and of a single batch."""
    import torch
    from torch.nn import functional

    from coursekit.autograders.pytorch_evaluation_scene import nested_network
    from coursekit.autograders.pytorch_scene import small_network, tensors, weights_of

    network = small_network(rng, [], channels=CHANNELS, classes=CLASSES, layers="dropout")
    optimizer = torch.optim.SGD(network.parameters(), lr=0.2, momentum=0.9)
    batches = _batches(rng, (6, 4, 5))
    epochs = []
    for _ in range(3):
        # As an evaluation and an epoch of somebody else leave it.
        network.eval()
        for weight in network.parameters():
            weight.grad = tensors(rng.standard_normal(tuple(weight.shape)).astype(np.float32))[0]
        epochs.append(student.outcome("train_epoch", network, functional.cross_entropy, optimizer, batches, read=_pair))
    trained = next((one for one in epochs if "raised" in one), None)
    seen: dict[str, Plain] = {"weights": trained or weights_of(network)}
    for name, rate, sizes in (("frozen", 0.0, RAGGED), ("once", 0.5, (5,))):
        model, notes = nested_network(rng, channels=CHANNELS, classes=CLASSES, whole=False)
        images = torch.from_numpy(rng.standard_normal((sum(sizes), CHANNELS, 4, 4)).astype(np.float32))
        parts: Any = images, _labels(rng, model, notes, images, sizes)  # PyTorch's split has no types
        listed = list(zip(*(part.split(sizes) for part in parts), strict=True))
        descent = torch.optim.SGD(model.parameters(), lr=rate)
        seen[name] = student.outcome("train_epoch", model, _one_hot_error, descent, listed, read=_pair)
    return {**seen, "kinds": [seen[name].pop("kinds", seen[name]) for name in ("frozen", "once")]}


def _batches(rng: np.random.Generator, sizes: tuple[int, ...]) -> list[Any]:
    from coursekit.autograders.pytorch_scene import tensors

    return [
        tuple(tensors(rng.standard_normal((size, CHANNELS, 4, 4)).astype(np.float32), rng.integers(0, CLASSES, size)))
        for size in sizes
    ]


def _labels(rng: np.random.Generator, model: Any, notes: list[str], images: Any, sizes: tuple[int, ...]) -> Any:
    """Labels (N,) on which the model is right but for one image of each batch, a last one of a single image excepted.

    So the accuracy differs from the mean over batches, and from that of the last one, whatever is drawn.
    """
    import torch

    with torch.no_grad():
        labels = model.eval()(images).argmax(1)
    notes.clear()
    start = 0
    for number, size in enumerate(sizes):
        if size > 1 or number < len(sizes) - 1:
            place = start + int(rng.integers(size))
            labels[place] = (labels[place] + int(rng.integers(1, CLASSES))) % CLASSES
        start += size
    return labels


def _evaluate(student: Student, rng: np.random.Generator) -> Plain:
    """A plain network with batches of different sizes; one with batch norm and dropout that arrives in training."""
    import torch
    from torch.nn import functional

    from coursekit.autograders.pytorch_evaluation_scene import arrive, nested_network, state_of

    seen: dict[str, Plain] = {}
    scenes: list[tuple[str, bool, tuple[int, ...], Any]] = [
        ("ragged", False, RAGGED, _one_hot_error),
        ("modes", True, (4, 4, 4), functional.cross_entropy),
    ]
    for name, whole, sizes, loss_fn in scenes:
        model, notes = nested_network(rng, channels=CHANNELS, classes=CLASSES, whole=whole)
        images = torch.from_numpy(rng.standard_normal((sum(sizes), CHANNELS, 5, 5)).astype(np.float32))
        parts: Any = images, _labels(rng, model, notes, images, sizes)  # PyTorch's split has no types
        listed = list(zip(*(part.split(sizes) for part in parts), strict=True))
        arrive(model, "training")
        outcome = student.outcome("evaluate", model, loss_fn, listed, read=_pair)
        if "raised" in outcome:
            seen[name] = dict.fromkeys(("loss", "accuracy", "kinds", "graphs", "weights", "statistics"), outcome)
            continue
        after = state_of(model)
        kept = {part: after[part] for part in ("weights", "statistics")}
        seen[name] = {**outcome, "graphs": sorted(set(notes)), **kept}
    return seen


def _pair(value: object) -> Plain:
    from coursekit.autograders.pytorch_scene import read_number

    if not isinstance(value, tuple | list) or len(value) != 2:
        what = f"{len(value)} values" if isinstance(value, tuple | list) else f"one value of type {type_name(value)}"
        return {"loss": what, "accuracy": what, "kinds": what}
    loss, accuracy = (read_number(part) for part in value)
    return {
        "loss": loss["value"],
        "accuracy": accuracy["value"],
        "kinds": f"{loss['kind']}, {accuracy['kind']}",
    }


def _fit(student: Student, rng: np.random.Generator) -> Plain:
    """Six trainings whose validation losses are written down beforehand."""
    from torch.nn import functional

    from coursekit.autograders.pytorch_script_scene import Play
    from coursekit.autograders.written_losses import Script

    seen: dict[str, Plain] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for number, (name, script) in enumerate(SCRIPTS.items()):
            path = Path(folder) / f"{name}.pt"
            play = Play(rng, Script(*script), path)
            _, patience, lr_patience, max_epochs, _ = script
            outcome = student.outcome(
                "fit",
                play.model,
                functional.cross_entropy,
                play.optimizer,
                play.training,
                play.validation,
                # A path of either kind.
                str(path) if number % 2 else path,
                max_epochs,
                patience,
                lr_patience,
                play.factor,
                read=_history,
            )
            after = play.seen()
            if "raised" in outcome:
                # Where it broke off is not where it would have ended.
                file = dict.fromkeys(after["file"], outcome)
                after = dict.fromkeys((*after, *LISTS, "best_epoch", "kinds"), outcome) | {"file": file}
                outcome = {}
            seen[name] = {**outcome, **after}
    return seen


def _history(value: object) -> Plain:
    """A returned history: its lists as numbers, whatever kind of number they are, and their kinds."""
    from coursekit.autograders.pytorch_scene import read_number

    if not isinstance(value, dict):
        return dict.fromkeys((*LISTS, "best_epoch", "kinds"), f"a value of type {type_name(value)}")
    seen: dict[str, Plain] = {}
    kinds = set()
    for name in LISTS:
        entries = value.get(name, f"no entry {name!r}")
        if not isinstance(entries, list | tuple):
            seen[name] = entries if isinstance(entries, str) else f"a value of type {type_name(entries)}"
            continue
        numbers = [read_number(entry) for entry in entries]
        seen[name] = [number["value"] for number in numbers]
        kinds |= {number["kind"] for number in numbers}
    seen["best_epoch"] = plain(value.get("best_epoch", "no entry 'best_epoch'"))
    return {**seen, "kinds": sorted(kinds)}


def _whole(student: Student, rng: np.random.Generator) -> Plain:
    """A real network with batch norm and dropout that is trained for three epochs, by SGD with momentum."""
    import torch
    from torch.nn import functional

    from coursekit.autograders.pytorch_scene import small_network

    model = small_network(rng, [], channels=CHANNELS, classes=CLASSES, layers="norm dropout")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    training, validation = _batches(rng, (5, 3, 4)), _batches(rng, (4, 2))
    model.eval()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        arguments = model, functional.cross_entropy, optimizer, training, validation
        path = Path(folder) / "best.pt"
        outcome = student.outcome("fit", *arguments, path, 3, 9, 9, 0.5, read=_history)
    # Which epoch is the best depends on the numbers that were drawn: it is asked of the written trainings.
    return dict.fromkeys(("train_loss", "val_loss"), outcome) if "raised" in outcome else outcome


def _plot(student: Student, rng: np.random.Generator) -> Plain:
    """A history drawn on matplotlib's axes: which lines are there, and what is written."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return dict.fromkeys(("lines", "words"), "matplotlib is not installed here")
    epochs = int(rng.integers(4, 9))
    history: dict[str, Any] = {name: [float(value) for value in rng.uniform(0.1, 0.9, epochs)] for name in LISTS}
    history["best_epoch"] = 2
    figure = Figure()
    axes: Any = figure.subplots()
    outcome = student.outcome("plot_accuracy", history, axes, read=lambda _: _drawn(figure, axes))
    return dict.fromkeys(("lines", "words"), outcome) if "raised" in outcome else outcome


def _drawn(figure: Any, axes: Any) -> dict[str, Plain]:
    lines: dict[str, list[Plain]] = {"training": [], "validation": []}
    for line in axes.get_lines():
        label = str(line.get_label()).lower()
        for name, found in lines.items():
            if name in label:
                data = (line.get_xdata(orig=False), line.get_ydata(orig=False))
                found.append([np.asarray(values, dtype=np.float64) for values in data])
    legends = [legend for legend in (axes.get_legend(), *figure.legends) if legend is not None]
    listed = " ".join(text.get_text().lower() for legend in legends for text in legend.get_texts())
    words = {
        "legend": [name for name in lines if name in listed],
        "x axis": "epoch" if "epoch" in str(axes.get_xlabel()).lower() else "something else",
        "y axis": "accuracy" if "accuracy" in str(axes.get_ylabel()).lower() else "something else",
    }
    return {"lines": lines, "words": words}
