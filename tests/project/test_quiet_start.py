"""TensorFlow starts without a screenful of its native log, unless the user wants it or something fails."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from coursekit import _quiet

NATIVE = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"


def run(code: str, **extra: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != _quiet.LEVEL} | extra
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)


def test_tensorflow_is_imported_in_quiet() -> None:
    done = run("import coursekit, tensorflow, sys; print('own words', file=sys.stderr); print(tensorflow.__version__)")
    assert done.returncode == 0
    assert done.stderr == "own words\n"


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
