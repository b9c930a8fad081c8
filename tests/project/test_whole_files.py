"""Small files of the ground: whole or not at all, with ordinary rights, changed by one process at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit._whole_files import Notes, write_whole


def test_the_users_umask_decides_who_may_read(tmp_path: Path) -> None:
    if os.name != "posix":
        return
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "open", b"x")
        write_whole(tmp_path / "secret", b"x", mode=0o600)
    finally:
        os.umask(before)
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_processes_that_change_notes_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    code = (
        "import sys\nfrom pathlib import Path\nfrom coursekit._whole_files import Notes\n"
        "notes = Notes(lambda: Path(sys.argv[1]), 'n', version=1, said='x')\n"
        "for i in range(30):\n"
        "    with notes.changing() as entries:\n"
        "        entries[f'{sys.argv[2]}-{i}'] = {}\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), str(number)]) for number in range(3)]
    assert [one.wait(120) for one in running] == [0, 0, 0]
    assert len(json.loads(path.read_text())["n"]) == 90
    assert len(Notes(lambda: path, "n", version=1, said="x").load()) == 90
