"""The lock, environment.yml and pyproject.toml say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.txt").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
CORE = PROJECT["project"]["dependencies"]
# What the conda environment is for; the other extras are for those who work on the project.
IN_CONDA = ("torch", "tensorflow", "lab", "grading")
# PyPI name -> conda-forge name, where they differ. None now: pytorch and matplotlib-base would, but come from pip.
CONDA_NAMES: dict[str, str] = {}
# Not from PyPI, or not a requirement of coursekit.
CONDA_ONLY = {"python", "pip", "make"}
CHOSEN = {
    "torch": "2.11.0",
    "torchvision": "0.26.0",
    "tensorflow": "2.21.0",
    "keras": "3.15.1",
    "numpy": "2.4.6",
    "jupyterlab": "4.6.6",
    "nbval": "0.11.0",
}
PLATFORMS = [
    {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64", "os_name": "posix"},
    {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64", "os_name": "nt"},
]
PYTHONS = ["3.11", "3.12", "3.13"]


def _entries() -> list[tuple[Requirement, int]]:
    """Each pin of the lock, with the number of its hashes."""
    found = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", LOCK):
        lines = [line for line in block.splitlines() if not line.lstrip().startswith("#")]
        if lines:
            text = " ".join(line.rstrip("\\").strip() for line in lines)
            pin, *hashes = re.split(r"\s+--hash=", text)
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value.strip()) for value in hashes), pin
            found.append((Requirement(pin), len(hashes)))
    return found


PINS = _entries()


def test_every_pin_is_exact_and_has_hashes() -> None:
    assert len(PINS) > 100
    for pin, hashes in PINS:
        assert [clause.operator for clause in pin.specifier] == ["=="], pin
        assert hashes > 0, pin


def test_the_lock_names_no_place() -> None:
    for pattern in (r"https?:", r"file:", r"--(extra-)?index", r"--find-links", r"\s/\w", r"\bfrom \w+\.\w+"):
        assert not re.search(pattern, LOCK), pattern
    assert all(pin.url is None for pin, _ in PINS)
    assert "make lock" in LOCK[:200]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform["sys_platform"])
def test_on_every_platform_each_requirement_has_one_fitting_pin(platform: dict[str, str], python: str) -> None:
    where = {**platform, "python_version": python, "python_full_version": f"{python}.5"}
    where |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    pinned: dict[str, list[str]] = {}
    for pin, _ in PINS:
        if pin.marker is None or pin.marker.evaluate(where):
            (clause,) = pin.specifier
            pinned.setdefault(canonicalize_name(pin.name), []).append(clause.version)
    assert {name: versions for name, versions in pinned.items() if len(versions) > 1} == {}
    for text in [*CORE, *(line for extra in EXTRAS.values() for line in extra)]:
        wanted = Requirement(text)
        (version,) = pinned[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), (text, version)


def test_the_chosen_versions_are_locked() -> None:
    locked = {pin.name: next(iter(pin.specifier)).version for pin, _ in PINS if pin.name in CHOSEN}
    assert locked == CHOSEN


def test_ranges_for_users_are_ranges() -> None:
    for text in [*CORE, *(line for extra in EXTRAS.values() for line in extra)]:
        assert {clause.operator for clause in Requirement(text).specifier} == {">="}, text


def _conda() -> tuple[dict[str, SpecifierSet], list[str]]:
    content = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    pip = next(entry["pip"] for entry in content if isinstance(entry, dict))
    stated = [entry for entry in content if isinstance(entry, str)] + [line for line in pip if not line.startswith("-")]
    by_pypi_name = {conda: pypi for pypi, conda in CONDA_NAMES.items()}
    requirements = [Requirement(line) for line in stated]
    return {by_pypi_name.get(r.name, r.name): r.specifier for r in requirements}, pip


def test_conda_names_the_same_ranges() -> None:
    conda, _ = _conda()
    wanted = [Requirement(text) for text in [*CORE, *(line for extra in IN_CONDA for line in EXTRAS[extra])]]
    assert {name: spec for name, spec in conda.items() if name not in CONDA_ONLY} == {
        r.name: r.specifier for r in wanted
    }
    assert conda["python"].contains("3.11")
    assert not conda["python"].contains("3.10")


def test_conda_takes_numerics_from_pip_and_installs_the_course_itself() -> None:
    """On Windows and macOS two OpenMP libraries in one process abort it; conda-forge has no TensorFlow for Windows."""
    _, pip = _conda()
    names = {Requirement(line).name for line in pip if not line.startswith("-")}
    assert {"numpy", "scikit-learn", "torch", "torchvision", "tensorflow", "keras"} <= names
    assert pip[-1] == "-e ."
