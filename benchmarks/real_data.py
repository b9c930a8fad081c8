"""Real data through the public API: mini_resnet on CIFAR-10 or Fashion-MNIST, in either framework.

    python -m benchmarks.real_data cifar10 torch --root DATA --epochs 14 --precision bf16

DATA is a folder as ``coursekit.data.load`` takes it. The test set is looked at once, after the last epoch; a run takes
from ten minutes to an hour on two cores, so it is no part of ``make bench``. The result goes to ``results/`` as JSON.
"""

from __future__ import annotations

import argparse
import os
from time import perf_counter
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import coursekit as ck
from benchmarks.harness import save

WANTED = {"cifar10": 0.85, "fashion_mnist": 0.92}


def threads(framework: str, number: int) -> None:
    """Set how many cores the framework may use."""
    if framework == "torch":
        import torch

        torch.set_num_threads(number)
    else:
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(number)


def train(options: argparse.Namespace) -> dict[str, Any]:
    """Train once, and return the figures."""
    threads(options.framework, options.threads)
    data = ck.data.load(options.data, root=options.root)
    model = ck.models.mini_resnet(
        options.framework,
        input_shape=data.input_shape,
        num_classes=data.num_classes,
        width=options.width,
        seed=options.seed,
    )
    trainer = ck.Trainer(
        model,
        loss="cross_entropy",
        optimizer=ck.optimizers.SGD(momentum=0.9, nesterov=True, weight_decay=5e-4),
        learning_rate=options.learning_rate,
        seed=options.seed,
        precision=options.precision,
        channels_last=options.framework == "torch",
    )
    augment = ck.data.Compose([ck.data.RandomCrop(data.input_shape[0], padding=4), ck.data.RandomHorizontalFlip()])
    timer = ck.Timer()
    began = perf_counter()
    history = trainer.fit(
        data.train,
        data.validation,
        epochs=options.epochs,
        batch_size=options.batch_size,
        augment=augment,
        callbacks=[ck.LRSchedule("one_cycle", per="step"), timer],
    )
    seconds = perf_counter() - began
    test = trainer.evaluate(data.test)
    if options.save is not None:
        ck.models.save(model, options.save)
    return {
        "options": {name: value for name, value in vars(options).items() if name != "root"},
        "parameters": ck.models.count_parameters(model),
        "seconds": round(seconds, 1),
        "test": test,
        "wanted": WANTED[options.data],
        "holds": test["accuracy"] >= WANTED[options.data],
        "curve": {name: history[name] for name in history},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=sorted(WANTED))
    parser.add_argument("framework", choices=["torch", "tensorflow"])
    parser.add_argument("--root", required=True)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=0.2)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", default=None, help="a file for the trained weights (safetensors)")
    options = parser.parse_args()
    result = train(options)
    print(f"test {result['test']} after {result['seconds']} s; at least {result['wanted']} wanted")
    save(f"real_{options.data}_{options.framework}", result)


if __name__ == "__main__":
    main()
