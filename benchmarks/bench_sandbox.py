"""The sandbox: seconds until a server is warm, and jobs per second of it, for one caller and for two.

A trivial job shows what isolation costs: fork, namespaces, mounts, limits, filter, and taking it all down again. A
training job is three steps of a small convolutional network in the framework (NumPy: of softmax regression). Each
figure is the best of three rounds.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

JOBS = {
    "nothing": {"numpy": 200, "torch": 100, "tensorflow": 100},
    "training": {"numpy": 100, "torch": 20, "tensorflow": 20},
}


def nothing() -> bytes:
    return b"done"


def training(framework: str) -> bytes:
    return {"numpy": _numpy, "torch": _torch, "tensorflow": _tensorflow}[framework]()


def _numpy() -> bytes:
    import numpy as np

    rng = np.random.default_rng(0)
    weights, x, y = rng.normal(size=(64, 10)), rng.normal(size=(16, 64)), rng.integers(0, 10, 16)
    for _ in range(3):
        scores = x @ weights
        p = np.exp(scores - scores.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        p[np.arange(16), y] -= 1
        weights -= 0.1 * x.T @ p / 16
    return repr(float(weights.sum())).encode()


def _torch() -> bytes:
    import torch

    torch.manual_seed(0)
    layers = (torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8 * 36, 10))
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        loss = torch.nn.functional.cross_entropy(model(torch.randn(16, 1, 8, 8)), torch.randint(0, 10, (16,)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return repr(loss.item()).encode()


def _tensorflow() -> bytes:
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Input((8, 8, 1)), keras.layers.Conv2D(8, 3, activation="relu"), keras.layers.Flatten()]
    model = keras.Sequential([*layers, keras.layers.Dense(10)])
    optimizer, loss_of = keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = loss_of(tf.zeros((16,), tf.int32), model(tf.random.normal((16, 8, 8, 1))))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return repr(float(loss)).encode()


def measure(server: Any) -> dict[str, float]:
    from coursekit.grading.sandbox.namespaces import NamespaceSandbox

    found: dict[str, float] = {}
    for kind in ("nothing", "training"):
        job: dict[str, object] = {"framework": server} if kind == "training" else {}
        with NamespaceSandbox(server, f"bench_sandbox:{kind}", python_path=[Path(__file__).parent]) as sandbox:
            found["warm start (s)"] = round(min(sandbox.started_in, found.get("warm start (s)", 1e9)), 2)
            for callers in (1, 2):
                count, best = JOBS[kind][server], 0.0
                for _ in range(3):
                    began = perf_counter()
                    with ThreadPoolExecutor(callers) as pool:
                        outcomes = list(pool.map(lambda _, s=sandbox, j=job: s.run(j), range(count)))
                    best = max(best, count / (perf_counter() - began))
                    assert {outcome.kind for outcome in outcomes} == {"observed"}, outcomes[0]
                found[f"{kind}, {callers} caller{'s' * (callers > 1)} (jobs/s)"] = round(best, 1)
    return found


def main() -> None:
    from benchmarks.harness import save

    servers = sys.argv[1:] or ["numpy", "torch", "tensorflow"]
    found = {server: measure(server) for server in servers}
    for name in found[servers[0]]:
        print(f"{name:32}" + "".join(f"{server:>14} {found[server][name]:>8.2f}" for server in servers))
    save("sandbox", found)


if __name__ == "__main__":
    main()
