"""The Makefile: help by default, set-up only once, and again when the lock or the PyTorch build changes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {"help", "lab", "test", "lint", "verify", "unit", "notebooks", "bench", "lock", "clean", "setup"}


def _make(folder: Path, *arguments: str, **variables: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    inherited.pop("TORCH_BACKEND", None)
    done = subprocess.run(
        ["make", *arguments], cwd=folder, env={**inherited, **variables}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment is already there, with a stand-in for the installing script."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "install.sh").write_text('echo "installing for [$2]"; echo "$2" >"$1/.torch-backend"\n')
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("python", "uv"):
        (tmp_path / ".venv" / "bin" / name).touch(mode=0o755)
    return tmp_path


def test_help_is_the_default_and_names_every_target(checkout: Path) -> None:
    said = _make(checkout)
    assert {*re.findall(r"^  make ([a-z]+)", said, flags=re.MULTILINE)} == TARGETS
    assert "TORCH_BACKEND=cpu" in said


def test_the_second_set_up_has_nothing_to_do(checkout: Path) -> None:
    assert "installing for []" in _make(checkout, "setup")
    assert "installing" not in _make(checkout, "setup")


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_new_lock_is_installed(checkout: Path, name: str) -> None:
    _make(checkout, "setup")
    later = (checkout / ".venv" / ".installed").stat().st_mtime + 10
    os.utime(checkout / name, (later, later))
    assert "installing" in _make(checkout, "setup")


def test_an_interrupted_set_up_is_taken_up(checkout: Path) -> None:
    script = checkout / "scripts" / "install.sh"
    good = script.read_text()
    script.write_text("kill -INT $$\n")
    with pytest.raises(AssertionError):
        _make(checkout, "setup")
    script.write_text(good)
    assert "installing" in _make(checkout, "setup")


def test_the_chosen_torch_is_kept_until_another_is_asked_for(checkout: Path) -> None:
    assert "installing for [cpu]" in _make(checkout, "setup", TORCH_BACKEND="cpu")
    assert "installing" not in _make(checkout, "setup")
    assert "installing" not in _make(checkout, "setup", TORCH_BACKEND="cpu")
    assert "installing for []" in _make(checkout, "setup", TORCH_BACKEND="")
    assert "installing" not in _make(checkout, "setup")


def test_tests_end_with_pytest_s_summary(checkout: Path) -> None:
    steps = _make(checkout, "-n", "test").strip().splitlines()
    assert "pytest" in steps[-1]
    assert any("nbval" in step for step in steps[:-1])


def test_a_python_that_is_too_old_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "make_venv.sh"), str(tmp_path / "venv")],
        env={"PATH": str(tmp_path), "PYTHON": str(old)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "PYTHON=/path/to/python3.12" in done.stderr
    assert not (tmp_path / "venv").exists()
