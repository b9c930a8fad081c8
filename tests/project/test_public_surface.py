"""What ``import coursekit`` offers, and what it costs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import coursekit

_HEAVY = (
    "torch",
    "tensorflow",
    "keras",
    "triton",
    "matplotlib",
    "ipywidgets",
    "IPython",
    "sklearn",
    "pandas",
    "scipy",
    "skimage",
)


_LOADED = f"import json; print(json.dumps([name for name in {_HEAVY!r} if name in sys.modules]))"


def _fresh(code: str) -> object:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def test_import_loads_nothing_heavy() -> None:
    assert _fresh(f"import sys, coursekit; dir(coursekit); {_LOADED}") == []


@pytest.mark.parametrize("room", ["data", "losses", "optimizers", "schedules", "metrics", "models", "training"])
def test_no_room_imports_a_framework(room: str) -> None:
    """Rooms are loaded when named; a framework only when a model, a picture or a download asks for it."""
    assert _fresh(f"import sys, importlib; importlib.import_module('coursekit.{room}'); {_LOADED}") == []


def test_every_public_name_resolves() -> None:
    for name in coursekit.__all__:
        assert getattr(coursekit, name) is not None


def test_all_dir_and_type_checkers_see_the_same_names() -> None:
    named = {*coursekit._ROOMS, *coursekit._NAMES, "__version__"}
    assert set(coursekit.__all__) == named
    assert named <= set(dir(coursekit))
    tree = ast.parse(Path(coursekit.__file__).read_text("utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {
        alias.asname: (node.module or "")
        for node in ast.walk(checked)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == {**dict.fromkeys(coursekit._ROOMS, ""), **coursekit._NAMES}


def test_the_contract_of_the_design() -> None:
    callbacks = """EarlyStopping ReduceLROnPlateau LRSchedule Checkpoint GradualUnfreezing TerminateOnNaN
        GradientMonitor CSVLogger JSONLogger TensorBoard Progress LivePlot Timer"""
    tools = """Trainer History TrainState Callback lr_find overfit_one_batch check_initial_loss
        cross_validate linear_scaled"""
    rooms = "data losses optimizers schedules metrics models errors"
    assert {*callbacks.split(), *tools.split(), *rooms.split()} <= set(coursekit.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Traner'"):
        coursekit.Traner  # noqa: B018  # the attribute access is what is tested


def test_the_version_is_the_package_s() -> None:
    from importlib import metadata

    assert coursekit.__version__ == metadata.version("coursekit")
