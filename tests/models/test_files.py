"""Model files: whole or refused, and the same for both frameworks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit import models
from coursekit.errors import CheckpointError, ConfigurationError, ModelError


@pytest.fixture(scope="module")
def model() -> Any:
    return models.mini_resnet("torch", input_shape=(9, 8, 2), width=2, blocks=(1, 1), num_classes=3, seed=4)


def same(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> bool:
    return one.keys() == two.keys() and all(np.array_equal(one[key], two[key]) for key in one)


@pytest.mark.parametrize("source", ["torch", "tensorflow"])
def test_one_file_for_both_frameworks(source: str, tmp_path: Path) -> None:
    for name in models.names():
        saved = models.build(name, source, input_shape=(9, 8, 2), num_classes=3, seed=4)
        models.set_weights(saved, {k: v + 0.5 for k, v in models.get_weights(saved).items()})
        path = models.save(saved, tmp_path / "new" / f"{name}.safetensors")
        for framework in ("torch", "tensorflow"):
            loaded = models.load(path, framework)
            assert same(models.get_weights(loaded), models.get_weights(saved))
            assert models.spec_of(loaded) == models.spec_of(saved)
        assert [entry.name for entry in path.parent.iterdir() if entry.name.startswith(".")] == []


def test_the_file_is_plain_safetensors_with_torch_names(model: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    path = models.save(model, tmp_path / "m.safetensors")
    found = load_file(path)
    result = model.load_state_dict(found, strict=False)
    assert result.unexpected_keys == []
    assert all(key.endswith("num_batches_tracked") for key in result.missing_keys)


def test_damage_is_detected_wherever_it_is(model: Any, tmp_path: Path) -> None:
    path = models.save(model, tmp_path / "m.safetensors")
    spec, weights = models.read(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    places = {*range(0, 900), *rng.integers(0, len(whole), 300).tolist(), len(whole) - 1}
    for place in sorted(places):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            found_spec, found = models.read(path)
        except CheckpointError:
            continue
        # A bit may turn one space of the header's padding into another: then nothing is lost.
        assert found_spec == spec, place
        assert same(found, weights), place
    for length in [0, 1, 7, 8, 100, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=r"m\.safetensors"):
            models.read(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(CheckpointError):
        models.load(path, "torch")


@pytest.mark.parametrize("fails", ["fsync", "write", "replace"])
def test_a_write_that_fails_keeps_the_old_file(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    path = models.save(model, tmp_path / "m.safetensors")
    before = path.read_bytes()

    def full(*_arguments: Any, **_named: Any) -> None:
        raise OSError(28, "No space left on device")

    if fails == "replace":
        monkeypatch.setattr(Path, "replace", full)
    else:
        monkeypatch.setattr(os, "fsync" if fails == "fsync" else "fdopen", full)
    other = models.mini_resnet("torch", input_shape=(9, 8, 2), width=2, blocks=(1, 1), seed=9)
    with pytest.raises(CheckpointError, match="No space left"):
        models.save(other, path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.safetensors"]


def test_files_of_another_kind(model: Any, tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.numpy import save_file

    path = tmp_path / "m.safetensors"
    with pytest.raises(CheckpointError, match="does not exist"):
        models.load(path, "torch")
    with pytest.raises(CheckpointError):
        models.load(tmp_path, "torch")
    save_file({"a": np.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="not a model file of coursekit"):
        models.load(path, "torch")
    models.save(model, path)
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    save_file(models.get_weights(model), path, {**metadata, "version": "2"})
    with pytest.raises(CheckpointError, match="format version 2, not 1"):
        models.load(path, "torch")
    with pytest.raises(ConfigurationError):
        models.load(models.save(model, path), "jax")


def test_a_consistent_file_of_an_inconsistent_model(model: Any, tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    from coursekit.models.files import checksum

    path = tmp_path / "m.safetensors"
    weights = models.get_weights(model)
    specs = [
        models.spec_of(model).with_classes(7).to_json(),
        "[]",
        "{",
        '{"architecture": "x", "arguments": {}}',
    ]
    for spec in specs:
        metadata = {
            "format": "coursekit.model",
            "version": "1",
            "spec": spec,
            "sha256": checksum(spec, weights),
        }
        save_file(weights, path, metadata)
        with pytest.raises(CheckpointError):
            models.load(path, "torch")


def test_a_model_that_was_not_built_here(tmp_path: Path) -> None:
    import torch

    with pytest.raises(ModelError, match="says nothing of how it was built"):
        models.save(torch.nn.Linear(2, 2), tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []
