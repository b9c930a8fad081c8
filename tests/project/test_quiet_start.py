"""TensorFlow starts without a screenful of its native log, unless the user wants it or something fails."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest

from coursekit import _quiet

NATIVE = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"


def run(code: str, **extra: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != _quiet.LEVEL} | extra
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)


def torch_for_cuda() -> bool:
    found = find_spec("torch")
    return found is not None and (Path(found.origin or "").parent / "lib" / "libtorch_cuda.so").exists()


def test_tensorflow_is_imported_in_quiet() -> None:
    done = run("import coursekit, tensorflow, sys; print('own words', file=sys.stderr); print(tensorflow.__version__)")
    assert done.returncode == 0
    assert done.stderr == "own words\n"


BACKWARD = "import torch; torch.ones(1, requires_grad=True).sum().backward()"


@pytest.mark.skipif(not torch_for_cuda(), reason="a PyTorch without CUDA does not look for a GPU")
def test_pytorch_after_it_warns_of_no_gpu_that_is_not_there() -> None:
    done = run(f"import coursekit, tensorflow; {BACKWARD}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("driver", [True, False])
def test_a_failing_driver_is_worth_a_warning(driver: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "driver").touch()
    monkeypatch.setattr(_quiet, "_DRIVERS", (str(tmp_path / ("driver" if driver else "none")),))
    monkeypatch.setattr(sys, "platform", "linux")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _quiet.no_warning_of_a_gpu_that_is_not_there()
        warnings.warn("CUDA initialization: Unexpected error from cudaGetDeviceCount()", UserWarning, stacklevel=1)
        warnings.warn("CUDA is something else", UserWarning, stacklevel=1)
    assert len(caught) == 1 + driver


BLOCK = "import os, sys\nfrom coursekit._quiet import native_log_dropped\n"


def test_other_lines_are_shown() -> None:
    block = f"with native_log_dropped():\n    os.write(2, {NATIVE!r}.encode())\n"
    code = BLOCK + block + "    os.write(2, b'a real warning\\n')"
    assert run(code).stderr == "a real warning\n"


def test_a_failing_import_shows_everything() -> None:
    code = BLOCK + f"with native_log_dropped():\n    os.write(2, {NATIVE!r}.encode()); raise ImportError('no')"
    done = run(code)
    assert NATIVE in done.stderr
    assert "ImportError: no" in done.stderr


@pytest.mark.parametrize("level", ["0", "1"])
def test_a_user_with_an_opinion_sees_all(level: str) -> None:
    code = BLOCK + f"with native_log_dropped():\n    os.write(2, {NATIVE!r}.encode())"
    assert run(code, **{_quiet.LEVEL: level}).stderr == NATIVE
