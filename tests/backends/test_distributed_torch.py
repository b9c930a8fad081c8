"""Two processes under torchrun against one process with the doubled batch; the runs are in ``distributed_runs.py``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import distributed_runs
import numpy as np
import pytest

Results = tuple[dict[str, Any], dict[str, Any], dict[str, Any], Path, str]

EQUAL = ["even", "odd", "one left over", "adam", "class weights", "accumulate", "clipped"]
EQUAL += ["accumulate, weights, clipped", "stream", "unfrozen"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Figures of the single process and of both of two, the folder, and what they printed."""
    folder = tmp_path_factory.mktemp("distributed")
    script = distributed_runs.__file__
    alone = {k: v for k, v in os.environ.items() if k not in ("RANK", "WORLD_SIZE")}
    alone |= {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    launch = ["-m", "torch.distributed.run", "--nproc_per_node", "2", "--rdzv_backend", "c10d"]
    launch += ["--rdzv_endpoint", "127.0.0.1:0", "--local_addr", "127.0.0.1"]
    printed = ""
    for how in ([], launch):
        done = subprocess.run(
            [sys.executable, *how, script, str(folder)], env=alone, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr[-6000:]
        printed = done.stdout + done.stderr
    one, first, second = (
        json.loads((folder / name).read_text())
        for name in ("world-1-rank-0.json", "world-2-rank-0.json", "world-2-rank-1.json")
    )
    return one, first, second, folder, printed


def assert_close(found: Any, wanted: Any, tolerance: float) -> None:
    assert type(found) is type(wanted)
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        for key in wanted:
            assert_close(found[key], wanted[key], tolerance)
    elif wanted is None or isinstance(wanted, str):
        assert found == wanted
    else:
        np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("case", EQUAL)
def test_two_processes_learn_what_one_learns_from_the_doubled_batch(results: Results, case: str) -> None:
    one, first, second, _, _ = results
    assert_close(first[case]["weights"], one[case]["weights"], 1e-6)
    assert second[case] == first[case]  # weights and figures: bit for bit
    moved = np.abs(np.array(one[case]["weights"]["3.weight"]) - model_weights()).max()
    assert moved > 1e-3


def model_weights() -> Any:
    return distributed_runs.model()[3].weight.detach().numpy()


@pytest.mark.parametrize("case", EQUAL)
def test_figures_count_every_sample_once(results: Results, case: str) -> None:
    one, first, _, _, _ = results
    assert_close(first[case]["history"], one[case]["history"], 2e-6)
    for found, wanted in zip(first[case]["evaluated"], one[case]["evaluated"], strict=True):
        assert_close(found, wanted, 2e-6)


def test_the_metrics_are_those_of_scikit_learn(results: Results) -> None:
    from sklearn.metrics import accuracy_score, f1_score

    _, first, _, _, _ = results
    case = first["one left over"]
    import torch

    net = distributed_runs.model()
    net.load_state_dict({name: torch.tensor(values) for name, values in case["weights"].items()})
    for count, figures in zip((1, 31, 65, 129), case["evaluated"], strict=True):
        held_out = distributed_runs.data(count)
        with torch.no_grad():
            predicted = net(torch.from_numpy(held_out.images).permute(0, 3, 1, 2)).argmax(1).numpy()
        assert figures["accuracy"] == pytest.approx(accuracy_score(held_out.labels, predicted), abs=1e-12)
        assert figures["f1"] == pytest.approx(f1_score(held_out.labels, predicted, average="macro"), abs=1e-12)


def test_a_resumed_run_is_that_of_undisturbed_processes_bit_for_bit(results: Results) -> None:
    for process in results[1:3]:
        for resumed in process["distributed"]["resumed"]:
            assert resumed == process["distributed"]["alone"]


def test_all_processes_end_with_the_same_model_batch_norm_included(results: Results) -> None:
    first, second = (process["distributed"] for process in results[1:3])
    assert first["alone"] == second["alone"]
    assert first["outputs"] == second["outputs"]
    assert any("running_mean" in name for name in _tensors(first["alone"]))


def _tensors(case: dict[str, Any]) -> list[str]:
    return list(case["weights"])


def test_processes_stop_together(results: Results) -> None:
    first, second = (process["distributed"]["stopped"] for process in results[1:3])
    assert first["steps"] == second["steps"] == 10
    assert (first["reason"], second["reason"]) == ("another process of the run stopped", "enough")


def test_each_process_draws_its_own_random_numbers(results: Results) -> None:
    import torch

    first, second = (process["distributed"]["drawn"] for process in results[1:3])
    torch.manual_seed(1)
    assert first == torch.rand(4).tolist()  # the first process's are those of a single one
    assert not set(first) & set(second)


def test_processes_that_see_different_folders_say_so(results: Results) -> None:
    for process in results[1:3]:
        assert "file system that all machines share" in process["distributed"]["disagreement"]


def test_only_the_first_process_writes_and_prints(results: Results) -> None:
    _, _, _, folder, printed = results
    names = sorted(path.name for path in (folder / "alone").iterdir())
    assert names == ["best.json", "step-0000000018", "step-0000000020", "step-0000000021"]
    assert not [path for path in folder.rglob("*") if ".tmp" in path.name]
    assert printed.count("epoch 1/1") == 1, printed
