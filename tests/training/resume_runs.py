"""A run that is killed again and again, and the one that is left in peace: ``python resume_runs.py torch FOLDER``.

The framework is imported once, in a parent that computes nothing with it. Every attempt at the run is a forked child,
which resumes from whatever the killed one before it left on the disk. Half of the kills come from outside at a random
moment of training; the other half strike from within, at a random call of those that write, rename and remove files.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["OMP_NUM_THREADS"] = "1"

KILLS = 40
EPOCHS, IMAGES, BATCH = 24, 90, 8  # 12 steps per epoch, the last of 2 images


def memory_path() -> Iterator[Path]:
    """A folder in memory where there is such a thing: thousands of flushes to a disk take their time."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=base) as name:
        yield Path(name)


def data() -> tuple[Any, Any]:
    from coursekit.data import ArrayDataset

    rng = np.random.default_rng(5)
    images = rng.random((IMAGES + 21, 6, 6, 1), np.float32)
    labels = (images.mean((1, 2, 3)) > 0.5).astype(np.int64) + (images[:, 0, 0, 0] > 0.7)
    whole = ArrayDataset(images, labels, ("a", "b", "c"))
    return whole[:IMAGES], whole[IMAGES:]


def tiny_model(framework: str) -> Any:
    """Convolution, batch norm and dropout; the same initial weights every time."""
    if framework == "torch":
        import torch
        from torch import nn

        torch.manual_seed(3)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(64, 3),
        )
    import keras

    keras.utils.set_random_seed(3)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(3),
        ]
    )


def import_all(framework: str) -> None:
    """Import what the children will use, so that they inherit it; an operation would start threads, and forks hang."""
    import safetensors.numpy  # noqa: F401

    if framework == "torch":
        import torch._dynamo  # noqa: F401  (torch.optim asks for it, and it takes seconds)
    else:
        import tensorflow as tf

        from coursekit.backends.tensorflow_steps import Steps

        for function in (Steps._train_block, Steps._evaluate_block):
            tf.autograph.to_graph(function)  # rewrites source and runs nothing; the result is cached


def one_thread(framework: str) -> None:
    if framework == "torch":
        import torch

        torch.set_num_threads(1)
    else:
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def train(framework: str, folder: Path, report: Callable[[int], None] = lambda _: None) -> None:
    """The run, or what is left of it; at its end the result lies in ``folder``."""
    from coursekit.training import Trainer
    from coursekit.training.callbacks import Checkpoint, EarlyStopping, ReduceLROnPlateau

    one_thread(framework)
    training, validation = data()

    def augment(images: Any, labels: Any, rng: np.random.Generator) -> tuple[Any, Any]:
        report(1)
        return images + rng.normal(0, 0.05, images.shape).astype(np.float32), labels

    settings = {"optimizer": "adam", "learning_rate": 3e-3, "metrics": ["accuracy", "f1"], "seed": 11}
    trainer = Trainer(tiny_model(framework), **settings)
    history = trainer.fit(
        training,
        validation,
        epochs=EPOCHS,
        batch_size=BATCH,
        augment=augment,
        progress=False,
        resume=True,
        callbacks=[
            EarlyStopping(patience=2 * EPOCHS),
            ReduceLROnPlateau(patience=1),
            Checkpoint(folder / "run", every_n_steps=3, keep=2),
        ],
    )
    arrays, _ = trainer.backend.get_state()
    np.savez(folder / "arrays.npz", **arrays)
    (folder / "history.json").write_text(json.dumps(history.to_json()))


WRITERS = ("fsync", "rename", "replace", "mkdir", "unlink", "rmdir", "open")


def die_within_writes(countdown: int) -> None:
    """From now on, the ``countdown``-th call that touches files is this process's last; half a file is left behind."""
    import safetensors.numpy as safetensors

    left = [countdown]

    def armed(function: Callable[..., Any], torn: Callable[..., None] | None = None) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                if torn is not None:
                    torn(*arguments)
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call

    save = safetensors.save_file

    def half_an_array_file(tensors: Any, path: Any) -> None:
        save(tensors, path)
        os.truncate(path, Path(path).stat().st_size // 2)

    safetensors.save_file = armed(save, half_an_array_file)
    for name in WRITERS:
        setattr(os, name, armed(getattr(os, name), half_a_file if name == "fsync" else None))


def half_a_file(descriptor: int) -> None:
    """What had not been flushed may be lost: cut the file that was about to be."""
    name = str(Path(f"/proc/self/fd/{descriptor}").readlink()) if Path("/proc/self/fd").exists() else ""
    if Path(name).is_file() and ".tmp" in name:
        os.truncate(name, os.fstat(descriptor).st_size // 2)


def fork(work: Callable[[Callable[[int], None]], None]) -> tuple[int, int]:
    """Start ``work`` in a child; returns its number and the end of a pipe on which it says one byte per batch."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        status = 1
        try:
            work(lambda code: void(os.write(theirs, bytes([code]))))
            status = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    os.close(theirs)
    return child, ours


def void(_: object) -> None:
    return None


def kill_after(child: int, pipe: int, batches: int | None, delay: float) -> tuple[int, int]:
    """Wait for so many batches and then a moment, and kill; returns the child's wait status and batches begun."""
    begun = 0
    while batches is not None and begun < batches:
        said = os.read(pipe, 1)
        if not said:
            break
        begun += 1
    if batches is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    while select.select([pipe], [], [], 120)[0]:
        said = os.read(pipe, 4096)
        if not said:
            break
        begun += len(said)
    os.close(pipe)
    return os.waitpid(child, 0)[1], begun


def newest_step(folder: Path) -> int:
    from coursekit.training import checkpoint_files as files

    there = files.list_checkpoints(folder / "run")
    return files.step_of(there[-1]) if there else 0


def torment(framework: str, folder: Path, seed: int) -> dict[str, Any]:
    """Kill the run ``KILLS`` times, then let it finish; returns what happened."""
    rng = random.Random(seed)
    killed = {"outside": 0, "within writes": 0}
    lost: list[int] = []
    at: list[int] = []
    while sum(killed.values()) < KILLS:
        kind = "outside" if killed["outside"] <= killed["within writes"] else "within writes"
        before = newest_step(folder)
        if kind == "outside":
            child, pipe = fork(lambda report: train(framework, folder, report))
            status, begun = kill_after(child, pipe, rng.randint(1, 12), rng.uniform(0, 0.012))
        else:
            countdown = rng.randint(1, 60)

            def work(report: Callable[[int], None], countdown: int = countdown) -> None:
                begun = []

                def armed(code: int) -> None:
                    report(code)
                    if not begun:
                        begun.append(die_within_writes(countdown))

                train(framework, folder, armed)

            child, pipe = fork(work)
            status, begun = kill_after(child, pipe, None, 0.0)
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            raise SystemExit(f"an attempt ended by itself with status {status}, after {killed} kills")
        killed[kind] += 1
        kept = newest_step(folder)
        at.append(before + begun)
        lost.append(before + begun - kept)
    child, pipe = fork(lambda report: train(framework, folder, report))
    status, rest = kill_after(child, pipe, None, 0.0)
    return {"status": status, "killed": killed, "at": at, "lost": lost, "rest": rest}


def differing(one: Path, other: Path) -> list[str]:
    """Names of all that is not identical, bit for bit, at the end of two runs."""
    names = []
    first, second = np.load(one / "arrays.npz"), np.load(other / "arrays.npz")
    for name in sorted({*first.files, *second.files}):
        same = name in first.files and name in second.files and first[name].dtype == second[name].dtype
        if not same or first[name].tobytes() != second[name].tobytes():
            names.append(name)
    for path in ("history.json", "run/best.json"):
        if (one / path).read_bytes() != (other / path).read_bytes():
            names.append(path)
    if names_in(one / "run") != names_in(other / "run"):
        names.append(f"files: {names_in(one / 'run')} and {names_in(other / 'run')}")
    return names


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def main(framework: str, where: str) -> None:
    warnings.simplefilter("ignore")
    folder = Path(where)
    for name in ("peace", "torment"):
        (folder / name).mkdir(parents=True)
    import_all(framework)
    began = time.perf_counter()
    child, pipe = fork(lambda report: train(framework, folder / "peace", report))
    status, steps = kill_after(child, pipe, None, 0.0)
    alone = time.perf_counter() - began
    figures = torment(framework, folder / "torment", seed=7) | {"peace": status, "steps": steps}
    figures["differing"] = differing(folder / "peace", folder / "torment")
    figures["seconds"] = [round(alone, 2), round(time.perf_counter() - began, 2)]
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
