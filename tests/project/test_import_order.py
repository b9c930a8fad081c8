"""TensorFlow, triton and PyTorch in one process, in every order of import."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

_STEPS = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
for name in sys.argv[1:]:
    __import__(name)
import torch
layer = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(layer.parameters())
layer(torch.ones(3, 2)).sum().backward()
before = layer.bias.item()
optimizer.step()
assert abs(before - layer.bias.item() - 1e-3) < 1e-6
import tensorflow as tf
weight = tf.Variable(1.0)
with tf.GradientTape() as tape:
    loss = weight * weight
tf.keras.optimizers.SGD(0.1).apply_gradients([(tape.gradient(loss, weight), weight)])
assert abs(float(weight) - 0.8) < 1e-6
print("both stepped")
"""

_ORDERS = [
    *itertools.permutations(("coursekit", "tensorflow", "torch")),
    ("triton", "tensorflow", "torch"),
    ("tensorflow", "triton", "torch", "coursekit"),
]


@pytest.fixture(scope="module")
def processes() -> dict[tuple[str, ...], Future[subprocess.CompletedProcess[str]]]:
    pool = ThreadPoolExecutor(2)
    return {
        order: pool.submit(
            subprocess.run,
            [sys.executable, "-c", _STEPS, *order],
            capture_output=True,
            text=True,
            timeout=300,
        )
        for order in _ORDERS
        if "triton" not in order or sys.platform == "linux"
    }


@pytest.mark.parametrize("order", _ORDERS, ids="-".join)
def test_a_step_in_each_framework(order: tuple[str, ...], processes: dict[tuple[str, ...], Future]) -> None:
    if order not in processes:
        pytest.skip("no triton on this platform")
    done = processes[order].result()
    assert done.returncode == 0, done.stderr[-2000:]
    assert "both stepped" in done.stdout


# The rest needs the newer triton, the one that clashes: stand-ins of the same names say when they are loaded.

Run = Callable[[str], list[str]]


@pytest.fixture
def new_triton(tmp_path: Path) -> Run:
    return _stand_ins(tmp_path, "3.7.0")


def _stand_ins(folder: Path, triton: str) -> Run:
    for name in ("tensorflow", "triton"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"print({name!r})\n")
    info = folder / f"triton-{triton}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: triton\nVersion: {triton}\n")

    def run(code: str) -> list[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(Path.cwd())])}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.split() + [line for line in done.stderr.splitlines() if "CoursekitWarning" in line]

    return run


def test_new_triton_is_loaded_just_before_tensorflow(new_triton: Run) -> None:
    assert new_triton("import coursekit; print('.'); import tensorflow") == [".", "triton", "tensorflow"]


def test_it_is_loaded_for_whoever_imports_tensorflow(new_triton: Run) -> None:
    code = "import coursekit; from importlib import import_module; import_module('tensorflow')"
    assert new_triton(code) == ["triton", "tensorflow"]


def test_nothing_is_loaded_by_coursekit_alone(new_triton: Run) -> None:
    assert new_triton("import coursekit") == []


def test_asking_whether_tensorflow_is_there_loads_nothing(new_triton: Run) -> None:
    code = "import coursekit; from coursekit._frameworks import installed; print(installed('tensorflow'))"
    assert new_triton(code) == ["True"]


def test_the_other_finders_are_still_asked(new_triton: Run) -> None:
    code = """
import sys, coursekit
asked = []
class Other:
    def find_spec(self, fullname, *_):
        asked.append(fullname)
sys.meta_path.insert(1, Other())
import tensorflow
print("tensorflow" in asked)
"""
    assert new_triton(code) == ["triton", "tensorflow", "True"]


def test_coursekit_after_tensorflow_keeps_triton_out_and_says_so(new_triton: Run) -> None:
    code = """
import tensorflow, coursekit, importlib.util
print(importlib.util.find_spec("triton"))
try:
    import triton
except ImportError:
    print("refused")
print(coursekit._startup.order().replace(" ", "-"))
"""
    *said, warning = new_triton(code)
    assert said == ["tensorflow", "None", "refused", "triton-kept-out"]
    assert "import coursekit before TensorFlow" in warning


def test_right_order_by_hand_is_left_alone(new_triton: Run) -> None:
    code = "import triton, tensorflow, coursekit; print(coursekit._startup.order().replace(' ', '-'))"
    assert new_triton(code) == ["triton", "tensorflow", "triton-first"]


def test_old_triton_is_not_loaded_for_tensorflow(tmp_path: Path) -> None:
    run = _stand_ins(tmp_path, "3.6.0")
    assert run("import coursekit, tensorflow; print(coursekit._startup.order())") == ["tensorflow", "free"]
    assert run("import tensorflow, coursekit, triton") == ["tensorflow", "triton"]


def test_a_triton_that_cannot_be_loaded_does_not_stop_tensorflow(tmp_path: Path) -> None:
    run = _stand_ins(tmp_path, "3.7.0")
    (tmp_path / "triton" / "__init__.py").write_text("raise ImportError('libtriton.so: cannot open')\n")
    assert run("import coursekit, tensorflow") == ["tensorflow"]


def test_installing_twice_adds_one_finder(new_triton: Run) -> None:
    code = """
import sys, coursekit
before = list(sys.meta_path)
coursekit._startup.install()
coursekit._startup.load_ipython_extension(None)
print(before == sys.meta_path)
"""
    assert new_triton(code) == ["True"]


def test_a_kernel_sees_to_the_order_before_its_first_cell() -> None:
    """The environment's kernels load coursekit's start-up; nothing in the notebook mentions coursekit."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    try:
        code = "import sys; print('coursekit._startup' in sys.modules, type(sys.meta_path[0]).__name__)"
        said: list[str] = []
        client.execute_interactive(
            code, timeout=60, output_hook=lambda message: said.append(message["content"].get("text", ""))
        )
        assert "".join(said).split()[0] == "True"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
