"""`coursekit doctor` says what is there, what is wrong, and what mends it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata

import pytest
from typer.testing import CliRunner

from coursekit import _environment, _startup, cli


def _topics(monkeypatch: pytest.MonkeyPatch, name: str, found: str | None) -> dict[str, _environment.Finding]:
    """Examine with one package at another version, or absent."""
    real = metadata.version

    def version(wanted: str) -> str:
        if wanted != name:
            return real(wanted)
        if found is None:
            raise metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(metadata, "version", version)
    return {finding.topic: finding for finding in _environment.examine()}


def test_this_environment_is_fit_and_nothing_is_imported_to_know_it() -> None:
    code = "import sys; from coursekit import cli; sys.argv = ['coursekit', 'doctor', '--json']\ntry:\n    cli.main()\n"
    code += "finally:\n    print([n for n in ('torch', 'tensorflow', 'keras') if n in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert done.stderr.strip() == "[]"
    findings = {finding["topic"]: finding for finding in json.loads(done.stdout)}
    assert {finding["level"] for finding in findings.values()} <= {"ok", "note"}
    assert metadata.version("torch") in findings["[torch]"]["text"]
    assert metadata.version("tensorflow") in findings["[tensorflow]"]["text"]
    assert {"Python", "triton and TensorFlow", "devices", "processors", "disk, this folder"} <= set(findings)


def test_an_absent_framework_is_a_note_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = _topics(monkeypatch, "tensorflow", None)["[tensorflow]"]
    assert finding.level == "note"
    assert finding.mend == 'pip install "coursekit[tensorflow]"'


def test_an_absent_core_package_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = _topics(monkeypatch, "safetensors", None)
    assert any(f.level == "wrong" and "safetensors" in f.text for f in findings.values())


def test_an_old_version_is_wrong_and_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = _topics(monkeypatch, "torch", "2.1.0")["[torch]"]
    assert finding.level == "wrong"
    assert "torch 2.1.0 (needs >=2.4)" in finding.text


def test_a_local_build_of_torch_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _topics(monkeypatch, "torch", "2.11.0+cpu")["[torch]"].level == "ok"


def test_no_framework_at_all_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_environment, "installed", lambda _: False)
    assert CliRunner().invoke(cli.app, ["doctor"]).exit_code == 1


def test_another_keras_backend_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    said = CliRunner().invoke(cli.app, ["doctor"])
    assert said.exit_code == 1
    assert "KERAS_BACKEND=jax" in said.output


@pytest.mark.parametrize(("version", "words"), [((3, 6), "any order"), ((3, 9), "must be loaded before TensorFlow")])
def test_it_says_whether_triton_matters(version: tuple[int, int], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_startup, "triton_version", lambda: version)
    finding = next(f for f in _environment.examine() if f.topic == "triton and TensorFlow")
    assert words in finding.text
    assert f"triton {version[0]}.{version[1]}" in finding.text


def test_a_framework_that_dies_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_environment, "FRAMEWORKS", ("torch",))
    monkeypatch.setattr(_environment, "_TORCH_STEP", "import os, sys; sys.stderr.write('LLVM ERROR'); os.abort()\n")
    (finding,) = _environment.try_frameworks()
    assert finding.level == "wrong"
    assert "LLVM ERROR" in finding.text
