"""One of each figure of the course, small, with what makes figures ugly: long names, gaps, what is not finite."""

from __future__ import annotations

import numpy as np

from coursekit.visualization import (
    Picture,
    bars,
    folds,
    gradient_flow,
    graph,
    histogram,
    images,
    lines,
    parity,
    rate_curve,
    slope,
    surface,
    trajectories,
)
from coursekit.visualization.style import MINUS

LOSS = f"L = (z {MINUS} y)²"
NODES = {
    "x": (3.0, -4.0),
    "w": (2.0, -6.0),
    "u = w·x": (6.0, -2.0),
    "b": (1.0, -2.0),
    "z = u + b": (7.0, -2.0),
    "y": (8.0, 2.0),
    LOSS: (1.0, 1.0),
}
EDGES = [
    ("x", "u = w·x", "w = 2"),
    ("w", "u = w·x", "x = 3"),
    ("u = w·x", "z = u + b", "1"),
    ("b", "z = u + b", "1"),
    ("z = u + b", LOSS, f"2(z {MINUS} y)"),
    ("y", LOSS, f"{MINUS}2(z {MINUS} y)"),
]
LAYERS = (
    "blocks.0.conv.weight",
    "blocks.1.conv.weight",
    "blocks.2.conv.weight",
    "features.dense.weight",
    "head.weight",
)


def ravine(x, y):
    return 0.5 * x**2 + 4 * y**2


def figures() -> dict[str, Picture]:
    """Name -> figure."""
    rng = np.random.default_rng(0)
    steps = np.arange(1, 61)
    loss = 2.3 * np.exp(-steps / 20) + 0.1
    pixels = rng.random((10, 12, 12, 3)) * 0.4
    masks = np.zeros((10, 12, 12))
    masks[:, 3:9, 4:10] = 1
    masks[:, 5, 7:] = 0
    pixels[masks > 0] += 0.5
    box = np.array([[4, 3, 10, 9]] * 10)
    labels = np.repeat(np.arange(10), 18)
    decay = {name: 10.0 ** (index - 5) / np.sqrt(steps) for index, name in enumerate(LAYERS)}
    decay[LAYERS[0]][40:] = np.nan
    ratios = {name: rng.lognormal(-7 + index / 2, 0.4, 60) for index, name in enumerate(LAYERS)}
    return {
        "images": images(pixels, titles=[f"class {n}" for n in range(10)], title="Ten images", columns=8),
        "boxes and masks": images(
            pixels[:4], boxes={"truth": box[:4], "predicted": box[:4] + 1}, masks=masks[:4], titles=["IoU 0.53"] * 4
        ),
        "bars": bars({"binary cross-entropy": 0.693, "cross-entropy": 2.303, "MSE": 0.09, "naive": np.nan},
                     title="loss of a fresh network on the digits, in ten classes", ylabel="loss (nats)"),
        "groups": bars({name: {"PyTorch": 1e-8, "TensorFlow": 1e-7} for name in ("Adam", "RMSprop")},
                       title="epsilon by default", log=True),
        "groups of bars": bars({"cat": {"one": 0.3, "other": 0.4}, "dog": {"one": -0.1, "other": 0.2}},
                               title="gradient of the logits", ylabel="d loss / d logit"),
        "parity": parity(PyTorch=loss, TensorFlow=loss + rng.normal(0, 1e-7, 60).round(7), tolerance=1e-5, title="loss",
                         xlabel="update"),
        "gradient flow": gradient_flow(decay, weight_ratio=ratios),
        "histogram": histogram({"He": rng.normal(0, 1, 4000), "Xavier": rng.normal(0, 0.5, 900), "ones": np.ones(10)},
                               title="weights at the start", xlabel="weight"),
        "folds": folds([np.flatnonzero(np.arange(180) % 5 == fold) for fold in range(5)], labels),
        "folds in order": folds([np.arange(36 * fold, 36 * (fold + 1)) for fold in range(5)], np.sort(labels % 3),
                                class_names=["disc", "square", "triangle"]),
        "graph": graph(NODES, EDGES, title="Backpropagation on a small graph"),
        "slope": slope(lambda x: x**2, 1.5, rate=0.2, title="loss as elevation"),
        "surface": surface(ravine, (-3.0, 1.2), xlim=(-4, 4), ylim=(-2, 2), rate=0.2, steps=8, minima=[(0, 0)]),
        "lines": lines(steps.tolist(), {"SGD": loss, "Adam": loss / 2}, title="loss (nats)", xlabel="update"),
        "crowd": lines(steps.tolist(), {f"optimizer {n}": np.sin(steps * (n + 1)) for n in range(5)}, title="a crowd",
                       xlabel="update"),
        "zeros": gradient_flow({name: np.where(steps > 7, 0, norms) for name, norms in decay.items()}),
        "range": lines([1e-4, 1e-3, 1e-2], {"noise": [0.9, 0.5, 0.2]}, title="noise", xlabel="rate", log=True,
                       log_x=True),
        "rate": rate_curve([0.1, 0.1, 0.01, 0.01]),
        "trajectories": trajectories(ravine, {"SGD": np.stack([loss, loss / 3], 1)}, xlim=(-4, 4), ylim=(-2, 2)),
    }  # fmt: skip
