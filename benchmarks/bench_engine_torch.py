"""The engine against other ways to train the same PyTorch model on the same data.

``python -m benchmarks.bench_engine_torch``: a tiny CNN on 8x8 digits with one thread, where the loop's own cost shows,
and mini_resnet at 32x32 with two threads, where it must not.
"""

from __future__ import annotations

import argparse
import logging
import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (the name every PyTorch reader knows)

import coursekit as ck
from benchmarks.harness import interleaved, own_peak, peak_memory, save, table, verdict

Contender = Callable[[], Any]


class Setting:
    """A model and its training data, as each contender wants them."""

    def __init__(self, kind: str) -> None:
        if kind == "tiny":
            self.data = ck.data.load("digits").train
            self.model_name, self.batch, self.epochs, threads = "tiny_cnn", 64, 10, 1
        else:
            self.data = ck.data.load("scenes", n=700, size=32, seed=0).train
            self.model_name, self.batch, self.epochs, threads = "mini_resnet", 64, 1, 2
        torch.set_num_threads(threads)
        # A true copy: with one channel, a transposed view passes for contiguous and is still taken for channels-last,
        # which is another (here faster) convolution.
        self.images = torch.from_numpy(self.data.images.transpose(0, 3, 1, 2).copy(order="C"))
        self.images = self.images.reshape(-1).reshape(self.images.shape)
        self.labels = torch.from_numpy(self.data.labels)

    def model(self) -> Any:
        return ck.models.build(
            self.model_name, "torch", input_shape=self.data.input_shape, num_classes=self.data.num_classes, seed=0
        )

    def loader(self) -> Any:
        dataset = torch.utils.data.TensorDataset(self.images, self.labels)
        return torch.utils.data.DataLoader(dataset, batch_size=self.batch, shuffle=True)


def plain_loop(setting: Setting) -> Contender:
    """The textbook's loop: DataLoader, Adam, loss and accuracy read after every batch."""
    model, loader = setting.model(), setting.loader()
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def run() -> None:
        model.train()
        for _ in range(setting.epochs):
            running_loss, correct, total = 0.0, 0, 0
            for images, labels in loader:
                optimizer.zero_grad()
                outputs = model(images)
                loss = criterion(outputs, labels)
                loss.backward()
                optimizer.step()
                running_loss += loss.item()
                _, predicted = outputs.max(1)
                correct += predicted.eq(labels).sum().item()
                total += labels.size(0)

    return run


def hand_tuned(setting: Setting) -> Contender:
    """What an expert would write for speed: sliced tensors, fused optimizer, nothing read before the epoch's end."""
    model = setting.model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    images, labels, size = setting.images, setting.labels, setting.batch

    def run() -> None:
        model.train()
        for _ in range(setting.epochs):
            order = torch.randperm(len(images))
            losses = []
            for first in range(0, len(images), size):
                chosen = order[first : first + size]
                optimizer.zero_grad(set_to_none=True)
                loss = F.cross_entropy(model(images[chosen]), labels[chosen])
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            torch.stack(losses).mean().item()

    return run


def ours(setting: Setting, *, progress: bool = False, channels_last: bool = False) -> Contender:
    """``Trainer.fit`` with accuracy and history."""
    trainer = ck.Trainer(
        setting.model(), optimizer="adam", learning_rate=1e-3, metrics=["accuracy"], channels_last=channels_last
    )
    return lambda: trainer.fit(setting.data, epochs=setting.epochs, batch_size=setting.batch, progress=progress)


def ignite(setting: Setting) -> Contender:
    """Ignite's supervised trainer with running loss and accuracy, on the DataLoader."""
    from ignite.engine import create_supervised_trainer
    from ignite.metrics import Accuracy, Average

    model, loader = setting.model(), setting.loader()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    engine = create_supervised_trainer(
        model,
        optimizer,
        torch.nn.CrossEntropyLoss(),
        output_transform=lambda _, y, y_pred, loss: {"loss": loss.item(), "y_pred": y_pred, "y": y},
    )
    Average(output_transform=lambda output: output["loss"]).attach(engine, "loss")
    Accuracy(output_transform=lambda output: (output["y_pred"], output["y"])).attach(engine, "accuracy")
    return lambda: engine.run(loader, max_epochs=setting.epochs)


def lightning(setting: Setting) -> Contender:
    """Lightning's Trainer, everything optional switched off but the logged loss and accuracy."""
    import lightning as pl

    logging.getLogger("lightning").setLevel(logging.ERROR)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = setting.model()

        def training_step(self, batch: Any) -> Any:
            images, labels = batch
            outputs = self.model(images)
            loss = F.cross_entropy(outputs, labels)
            accuracy = (outputs.argmax(1) == labels).float().mean()
            self.log_dict({"loss": loss, "accuracy": accuracy}, on_epoch=True, on_step=False)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), lr=1e-3)

    module, loader = Module(), setting.loader()

    def run() -> None:
        pl.Trainer(
            max_epochs=setting.epochs,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        ).fit(module, loader)

    return run


CONTENDERS: dict[str, Callable[[Setting], Contender]] = {
    "plain loop": plain_loop,
    "hand-tuned loop": hand_tuned,
    "coursekit": ours,
    "coursekit, channels-last": lambda setting: ours(setting, channels_last=True),
    "coursekit, progress bar": lambda setting: ours(setting, progress=True),
    "ignite": ignite,
    "lightning": lightning,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", help="run one contender once and print this process's peak memory")
    parser.add_argument("--kind", default="tiny", choices=["tiny", "resnet"])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.memory:
        name, kind = options.memory.split("/")
        CONTENDERS[name](Setting(kind))()
        print(own_peak())
        return

    tiny = Setting("tiny")
    times = interleaved({name: make(tiny) for name, make in CONTENDERS.items()}, options.rounds)
    per_epoch = {name: value / tiny.epochs for name, value in times.items()}
    print(
        table(
            "tiny_cnn on digits, batch 64, 1 thread: an epoch",
            per_epoch,
            {"plain": "plain loop", "tuned": "hand-tuned loop"},
        )
    )
    checks = [
        verdict("tiny: coursekit / plain loop", times["coursekit"] / times["plain loop"], 0.75),
        verdict(
            "tiny: coursekit, channels-last / plain loop", times["coursekit, channels-last"] / times["plain loop"], 0.75
        ),
        verdict("tiny: coursekit / hand-tuned", times["coursekit"] / times["hand-tuned loop"], 1.05),
    ]
    resnet = Setting("resnet")
    chosen = ("plain loop", "hand-tuned loop", "coursekit")
    larger = interleaved({name: CONTENDERS[name](resnet) for name in chosen}, options.rounds)
    print(
        table(
            "mini_resnet on 32x32 scenes, batch 64, 2 threads: an epoch",
            larger,
            {"plain": "plain loop", "tuned": "hand-tuned loop"},
        )
    )
    checks.append(verdict("mini_resnet: coursekit / hand-tuned", larger["coursekit"] / larger["hand-tuned loop"], 1.02))
    memory = {}
    for kind in ("tiny", "resnet"):
        for name in ("plain loop", "coursekit"):
            memory[f"{name}, {kind}"] = min(
                peak_memory("benchmarks.bench_engine_torch", f"{name}/{kind}") for _ in range(3)
            )
        checks.append(
            verdict(
                f"{kind}: peak memory, coursekit / plain",
                memory[f"coursekit, {kind}"] / memory[f"plain loop, {kind}"],
                1.05,
            )
        )
    save(
        "engine_torch",
        {"seconds_per_epoch": per_epoch, "mini_resnet_seconds_per_epoch": larger, "peak_mb": memory, "checks": checks},
    )


if __name__ == "__main__":
    main()
