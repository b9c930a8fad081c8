"""Two logical CPUs under a MirroredStrategy against one; the runs are in ``distributed_runs_tensorflow.py``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("distributed_runs_tensorflow.py")
CASES = ["even", "odd", "one left over", "sgd", "nesterov", "rmsprop", "adam", "adamw", "keras adam"]
CASES += ["class weights", "accumulate", "clipped", "accumulate, weights, clipped"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("strategy")
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)], env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-6000:]
    figures: dict[str, Any] = json.loads((folder / "tensorflow.json").read_text())
    assert figures["replicas"] == 2
    assert list(figures["one"]) == CASES
    return figures


def assert_close(found: Any, wanted: Any, tolerance: float) -> None:
    assert type(found) is type(wanted)
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        for key in wanted:
            assert_close(found[key], wanted[key], tolerance)
    elif wanted is None or isinstance(wanted, str):
        assert found == wanted
    elif isinstance(wanted, list) and wanted and isinstance(wanted[0], dict):
        for one, other in zip(found, wanted, strict=True):
            assert_close(one, other, tolerance)
    else:
        np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("case", CASES)
def test_two_replicas_learn_what_one_learns(results: dict[str, Any], case: str) -> None:
    one, two = results["one"][case], results["two"][case]
    assert_close(two["weights"], one["weights"], 1e-6)
    assert_close(two["outputs"], one["outputs"], 1e-5)


@pytest.mark.parametrize("case", CASES)
def test_figures_count_every_sample_once(results: dict[str, Any], case: str) -> None:
    one, two = results["one"][case], results["two"][case]
    assert_close(two["history"], one["history"], 2e-6)
    assert_close(two["evaluated"], one["evaluated"], 2e-6)


@pytest.mark.parametrize("case", ["clipped", "accumulate, weights, clipped"])
def test_gradients_are_reported_for_the_whole_batch(results: dict[str, Any], case: str) -> None:
    one, two = results["one"][case]["report"], results["two"][case]["report"]
    assert len(one) == 4
    assert_close(two, one, 1e-5)


def test_a_resumed_run_is_the_undisturbed_one_bit_for_bit(results: dict[str, Any]) -> None:
    assert results["resumed"]["again"] == results["resumed"]["alone"]


def test_all_replicas_hold_the_same_model(results: dict[str, Any]) -> None:
    copies = results["resumed"]["copies"]
    assert len(copies) == 9  # running statistics and dropout's seed included
    assert all(copies.values()), copies


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("model outside", r"ModelError: a model that was not built under the MirroredStrategy.*with strategy.scope()"),
        ("optimizer outside", "ConfigurationError: the optimizer Adam that was not made under the MirroredStrategy"),
        ("no strategy", "ConfigurationError: strategy=str"),
        ("compile", "ConfigurationError: compile=True with a strategy"),
    ],
)
def test_wrong_use_is_told(results: dict[str, Any], what: str, said: str) -> None:
    import re

    assert re.search(said, results["refused"][what])
