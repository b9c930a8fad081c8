"""What ``coursekit doctor`` knows: is this environment fit for the course, and if not, what mends it.

``examine`` reads metadata and files only and takes a fraction of a second. ``try_frameworks`` imports each
framework in a process of its own and takes a training step in it, which finds what metadata cannot: a broken
library, a driver that does not answer, two libraries that do not bear each other.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from . import _startup
from ._frameworks import FRAMEWORKS, installed

Level = Literal["ok", "note", "wrong"]
_OLDEST_PYTHON = (3, 11)
_LEAST_FREE_GB = 2.0
_TIMEOUT_SECONDS = 300

_TORCH_STEP = """
import torch
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
model(torch.ones(3, 2)).sum().backward()
optimizer.step()
"""
_TORCH_REPORT = """
devices = [f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
devices += ["mps"] if torch.backends.mps.is_available() else []
print(f"{torch.__version__}, {torch.get_num_threads()} threads, devices: " + ", ".join(["cpu", *devices]))
"""
_TENSORFLOW_STEP = """
import tensorflow as tf
weight = tf.Variable(2.0)
with tf.GradientTape() as tape:
    loss = weight * weight
tf.keras.optimizers.SGD(0.1).apply_gradients([(tape.gradient(loss, weight), weight)])
assert abs(float(weight) - 1.6) < 1e-6
"""
_TENSORFLOW_REPORT = """
keras = f"Keras {tf.keras.__version__} on {tf.keras.backend.backend()}"
devices = [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()]
print(f"{tf.__version__}, {keras}, devices: " + ", ".join(devices))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        level: ``ok``; ``note``, which hinders nothing now; ``wrong``, which must be mended.
        topic: what was looked at: ``"Python"``.
        text: what was found.
        mend: what to do, where something is to be done.
    """

    level: Level
    topic: str
    text: str
    mend: str = ""


def examine() -> list[Finding]:
    """Look at the environment without importing any framework."""
    return [_python(), *_packages(), *_frameworks(), _order(), _devices(), _processors(), *_disk()]


def _python() -> Finding:
    # No paths in the report: people paste it where others read it.
    where = f"environment {Path(sys.prefix).name}" if sys.prefix != sys.base_prefix else "no environment of its own"
    version = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {where}"
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return Finding("wrong", "Python", version, "use Python 3.11 or newer")
    return Finding("ok", "Python", version)


def _packages() -> Iterator[Finding]:
    """Compare what is installed with what coursekit's own metadata asks for, extra by extra."""
    required = [Requirement(line) for line in metadata.requires("coursekit") or ()]
    extras = metadata.metadata("coursekit").get_all("Provides-Extra") or []
    for extra in ("", *extras):
        wanted = [r for r in required if _asked_for_by(r, extra)]
        good, missing, unfit = _sort_out(wanted)
        topic = f"[{extra}]" if extra else "coursekit " + metadata.version("coursekit")
        command = f'pip install "coursekit[{extra}]"' if extra else "pip install coursekit"
        if unfit:
            yield Finding("wrong", topic, "does not fit: " + ", ".join(unfit), command)
        if missing:
            level: Level = "note" if extra else "wrong"
            yield Finding(level, topic, "not installed: " + ", ".join(missing), command)
        if not unfit and not missing:
            yield Finding("ok", topic, ", ".join(good))


def _asked_for_by(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    if marker is None:
        return not extra
    return marker.evaluate({"extra": extra}) and not (extra and marker.evaluate({"extra": ""}))


def _sort_out(wanted: list[Requirement]) -> tuple[list[str], list[str], list[str]]:
    good: list[str] = []
    missing: list[str] = []
    unfit: list[str] = []
    for requirement in wanted:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            missing.append(requirement.name)
            continue
        fits = requirement.specifier.contains(version, prereleases=True)
        (good if fits else unfit).append(
            f"{requirement.name} {version}" + ("" if fits else f" (needs {requirement.specifier})")
        )
    return good, missing, unfit


def _frameworks() -> Iterator[Finding]:
    if not any(installed(name) for name in FRAMEWORKS):
        yield Finding(
            "wrong",
            "frameworks",
            "neither PyTorch nor TensorFlow is installed",
            'pip install "coursekit[torch]" or "coursekit[tensorflow]"',
        )
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow":
        yield Finding("wrong", "Keras", f"KERAS_BACKEND={backend}", "unset it: coursekit trains Keras on TensorFlow")


def _order() -> Finding:
    topic = "triton and TensorFlow"
    version = _startup.triton_version()
    if not _startup.order_matters() or not installed("tensorflow"):
        found = "no triton" if version is None else f"triton {version[0]}.{version[1]}"
        return Finding("ok", topic, f"{found}: any order of import works here")
    name = f"triton {version[0]}.{version[1]}" if version and version[0] < 999 else "this triton"
    kernel = Path(sys.prefix, "etc", "ipython", "ipython_kernel_config.py")
    if not kernel.is_file():
        return Finding(
            "note",
            topic,
            f"{name} must be loaded before TensorFlow: `import coursekit` sees to it, but kernels of this "
            "environment do not before that line",
            "import coursekit before tensorflow, or install coursekit into this environment again",
        )
    return Finding("ok", topic, f"{name} must be loaded before TensorFlow: coursekit and its kernels see to it")


def _devices() -> Finding:
    found = []
    if shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists():
        found.append("an NVIDIA driver")
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        found.append("Apple silicon (PyTorch's mps)")
    text = " and ".join(found) if found else "no GPU was found; the course needs none"
    return Finding("ok", "devices", text)


def _processors() -> Finding:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
    limits = [f"{name}={os.environ[name]}" for name in names if name in os.environ]
    return Finding("ok", "processors", ", ".join([f"{usable} usable", *limits]))


def _disk() -> Iterator[Finding]:
    for topic, folder in (("disk, this folder", Path.cwd()), ("disk, downloads", Path.home())):
        if not folder.exists():
            yield Finding("note", topic, "the home folder does not exist")
            continue
        free = shutil.disk_usage(folder).free / 1e9
        writable = os.access(folder, os.W_OK)
        text = f"{free:.0f} GB free" + ("" if writable else ", but it cannot be written")
        low = free < _LEAST_FREE_GB or not writable
        yield Finding("note" if low else "ok", topic, text, "free some space" if free < _LEAST_FREE_GB else "")


def try_sandbox() -> Finding:
    """Whether submissions can be graded in a sandbox on this machine: one is started, and a job comes back from it."""
    from .grading.sandbox.choice import available

    found = available()
    if not found.namespaces:
        return Finding("note", "grading a class", f"no sandbox: {found.reason}", found.mend)
    calls = "system calls are filtered" if found.filtered else "system calls are not filtered on this processor"
    return Finding("ok", "grading a class", f"in a sandbox of namespaces; {calls}")


def try_frameworks() -> Iterator[Finding]:
    """Import what is installed, each in a process of its own, and both in one; take a training step in each.

    A generator: each finding comes when it is known, after 3 to 30 seconds.
    """
    steps = {
        "torch": _TORCH_STEP + _TORCH_REPORT,
        "tensorflow": _TENSORFLOW_STEP + _TENSORFLOW_REPORT,
    }
    found = [name for name in FRAMEWORKS if installed(name)]
    for name in found:
        yield _attempt(f"a step in {name}", steps[name])
    if len(found) == 2:
        report = "print('TensorFlow first, then a step in each; import order:', coursekit._startup.order())"
        both = "import coursekit, tensorflow\n" + _TORCH_STEP + _TENSORFLOW_STEP + report
        yield _attempt("both in one process", both)


def _attempt(topic: str, code: str) -> Finding:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return Finding("wrong", topic, f"no answer in {_TIMEOUT_SECONDS} s", "restart the machine, or reinstall")
    if done.returncode == 0:
        return Finding("ok", topic, done.stdout.strip())
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return Finding("wrong", topic, f"failed (exit {done.returncode}): {last}", "make clean, then make lab")
