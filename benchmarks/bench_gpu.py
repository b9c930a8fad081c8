"""The engine on a CUDA machine: images per second, peak memory and final loss, side by side.

``python -m benchmarks.bench_gpu``: mini_resnet on 20,000 scenes of 32x32, batch 512. The plain loop is float32 with a
DataLoader; the others use bfloat16, channels-last and compilation. Without CUDA it says so and ends. Frameworks and
libraries that are not installed are left out by name.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import coursekit as ck
from benchmarks.harness import save
from coursekit._frameworks import installed

BATCH, RATE = 512, 0.1
# Relative difference allowed between the final losses: bfloat16 has 8 bits of mantissa, and orders differ.
TOLERANCE = 0.05


class Setting:
    """Data in host memory, as each contender wants it."""

    def __init__(self, images: int, epochs: int) -> None:
        self.data, self.epochs = ck.data.draw_scenes(images, classes=4, size=32, seed=0), epochs

    def model(self, framework: str) -> Any:
        return ck.models.mini_resnet(framework, input_shape=(32, 32, 3), num_classes=4, width=64, seed=0)


def plain_loop(setting: Setting) -> Callable[[], float]:
    import torch

    model = setting.model("torch").cuda()
    images = torch.from_numpy(setting.data.images.transpose(0, 3, 1, 2).copy())
    dataset = torch.utils.data.TensorDataset(images, torch.from_numpy(setting.data.labels))
    loader = torch.utils.data.DataLoader(dataset, BATCH, shuffle=True, pin_memory=True)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)

    def epoch() -> float:
        model.train()
        total = 0.0
        for x, y in loader:
            x, y = x.cuda(), y.cuda()
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
        return total / len(dataset)

    return epoch


def hand_tuned(setting: Setting) -> Callable[[], float]:
    import torch
    import torch.nn.functional as F  # noqa: N812  (the name every PyTorch reader knows)

    model = setting.model("torch").cuda().to(memory_format=torch.channels_last)
    forward = torch.compile(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, fused=True)
    images = torch.from_numpy(setting.data.images).cuda().permute(0, 3, 1, 2)
    labels = torch.from_numpy(setting.data.labels).cuda()

    def epoch() -> float:
        model.train()
        total = torch.zeros((), device="cuda")
        for chosen in torch.randperm(len(images), device="cuda").split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cuda", torch.bfloat16):
                outputs = forward(images[chosen])
            loss = F.cross_entropy(outputs.float(), labels[chosen])
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(chosen)
        return total.item() / len(images)

    return epoch


def ours_torch(setting: Setting) -> Callable[[], float]:
    trainer = ck.Trainer(
        setting.model("torch"),
        optimizer="momentum",
        learning_rate=RATE,
        precision="bf16",
        channels_last=True,
        compile=True,
    )
    return lambda: trainer.fit(setting.data, epochs=1, batch_size=BATCH, progress=False)["loss"][-1]


def lightning(setting: Setting) -> Callable[[], float]:
    import lightning as pl
    import torch
    import torch.nn.functional as F  # noqa: N812  (the name every PyTorch reader knows)

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = torch.compile(setting.model("torch").to(memory_format=torch.channels_last))

        def training_step(self, batch: Any) -> Any:
            x, y = batch
            loss = F.cross_entropy(self.model(x.to(memory_format=torch.channels_last)).float(), y)
            self.log("loss", loss, on_epoch=True, on_step=False)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=RATE, momentum=0.9, fused=True)

    module = Module()
    images = torch.from_numpy(setting.data.images.transpose(0, 3, 1, 2).copy())
    dataset = torch.utils.data.TensorDataset(images, torch.from_numpy(setting.data.labels))
    loader = torch.utils.data.DataLoader(dataset, BATCH, shuffle=True, pin_memory=True)

    def epoch() -> float:
        trainer = pl.Trainer(
            max_epochs=1,
            precision="bf16-mixed",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, loader)
        return float(trainer.callback_metrics["loss"])

    return epoch


def keras_fit(setting: Setting) -> Callable[[], float]:
    import keras

    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    model = setting.model("tensorflow")
    keras.mixed_precision.set_global_policy("float32")
    model.compile(
        keras.optimizers.SGD(RATE, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=True,
    )
    arrays = (setting.data.images, setting.data.labels)
    return lambda: float(model.fit(*arrays, batch_size=BATCH, epochs=1, verbose=0).history["loss"][-1])


def ours_tensorflow(setting: Setting) -> Callable[[], float]:
    trainer = ck.Trainer(
        setting.model("tensorflow"), optimizer="momentum", learning_rate=RATE, precision="bf16", compile=True
    )
    return lambda: trainer.fit(setting.data, epochs=1, batch_size=BATCH, progress=False)["loss"][-1]


CONTENDERS: dict[str, tuple[str, Callable[[Setting], Callable[[], float]]]] = {
    "plain loop, fp32": ("torch", plain_loop),
    "hand-tuned": ("torch", hand_tuned),
    "coursekit, torch": ("torch", ours_torch),
    "lightning": ("lightning", lightning),
    "keras fit, XLA": ("tensorflow", keras_fit),
    "coursekit, tensorflow": ("tensorflow", ours_tensorflow),
}


def measure(setting: Setting, make: Callable[[Setting], Callable[[], float]], framework: str) -> dict[str, float]:
    """Train from the same weights; the shortest epoch counts, the first (which compiles) does not."""
    import torch

    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    epoch = make(setting)
    seconds, loss = [], float("nan")
    for _ in range(setting.epochs):
        began = perf_counter()
        loss = epoch()
        torch.cuda.synchronize()
        seconds.append(perf_counter() - began)
    peak = torch.cuda.max_memory_allocated()
    if framework == "tensorflow":
        import tensorflow as tf

        peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
    return {
        "images_per_second": round(len(setting.data) / min(seconds[1:]), 1),
        "peak_mb": round(peak / 2**20, 1),
        "final_loss": round(loss, 5),
        "first_epoch_seconds": round(seconds[0], 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args()
    if not installed("torch"):
        print("PyTorch is not installed: nothing to measure.")
        return 0
    import torch

    if not torch.cuda.is_available():
        print("No CUDA device here: nothing to measure.")
        return 0
    if installed("tensorflow"):
        import tensorflow as tf

        for device in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(device, True)
    setting = Setting(options.images, options.epochs)
    results: dict[str, dict[str, float]] = {}
    print(f"{torch.cuda.get_device_name()}: mini_resnet (width 64), {options.images} images of 32x32, batch {BATCH}")
    print(f"{'':24}{'images/s':>12}{'peak MB':>10}{'loss':>10}{'first epoch s':>15}")
    for name, (needs, make) in CONTENDERS.items():
        if not installed(needs):
            print(f"{name:24}  left out: {needs} is not installed")
            continue
        results[name] = row = measure(setting, make, needs)
        print(
            f"{name:24}{row['images_per_second']:>12.0f}{row['peak_mb']:>10.0f}{row['final_loss']:>10.4f}"
            f"{row['first_epoch_seconds']:>15.1f}",
            flush=True,
        )
    wanted = results["plain loop, fp32"]["final_loss"]
    apart = {name: abs(row["final_loss"] - wanted) / wanted for name, row in results.items()}
    print(f"final losses within {max(apart.values()):.1%} of the plain loop's (at most {TOLERANCE:.0%} wanted)")
    save("gpu", {"device": torch.cuda.get_device_name(), "results": results, "relative_loss_difference": apart})
    return 0


if __name__ == "__main__":
    sys.exit(main())
