"""`make lab` serves JupyterLab with the course's folder open."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIRST = "notebooks/00_start_here.ipynb"
_SECONDS = 120


def _ask(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # The tests run in the environment that is to be tested, so `make` must not touch it: only its last step is run
    # where that environment is not the checkout's own .venv.
    flags = f"--no-browser --port {port} --ServerApp.port_retries=0 --IdentityProvider.token=read"
    own = Path(sys.prefix).resolve() == (ROOT / ".venv").resolve() and (ROOT / ".venv" / ".installed").exists()
    command = (
        ["make", "--silent", "-o", ".venv/.installed", "lab", f"LAB_FLAGS={flags}"]
        if own
        else [sys.executable, "-m", "coursekit", "lab", *flags.split()]
    )
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, **{f"JUPYTER_{name}_DIR": str(home / name) for name in ("CONFIG", "DATA", "RUNTIME")}}
    log = (home / "log").open("w+")
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        address = f"http://127.0.0.1:{port}"
        end = time.monotonic() + _SECONDS
        while True:
            try:
                _ask(f"{address}/api?token=read")
                break
            except (urllib.error.URLError, ConnectionError):
                if process.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    pytest.fail(f"no answer: {log.read()[-3000:]}")
                time.sleep(0.2)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)
        log.close()


def test_the_course_folder_is_the_root(server: str) -> None:
    listing = json.loads(_ask(f"{server}/api/contents/?token=read"))
    assert {"notebooks", "coursekit", "README.md"} <= {entry["name"] for entry in listing["content"]}


def test_the_first_notebook_is_what_opens(server: str) -> None:
    page = _ask(f"{server}/lab/tree/{FIRST}?token=read")
    assert "JupyterLab" in page
    assert json.loads(_ask(f"{server}/api/contents/{FIRST}?content=0&token=read"))["type"] == "notebook"


def test_the_figures_of_chapters_are_shown_before_they_are_run(server: str) -> None:
    # What is not trusted is sanitised: of a figure only its words remain.
    cells = json.loads(_ask(f"{server}/api/contents/{FIRST}?content=1&token=read"))["content"]["cells"]
    assert {cell["metadata"].get("trusted") for cell in cells if cell["cell_type"] == "code"} == {True}


def test_no_news_are_fetched_unless_somebody_wants_them(server: str) -> None:
    name = "@jupyterlab/apputils-extension:notification"
    settings = json.loads(_ask(f"{server}/lab/api/settings/{name}?token=read"))
    chosen = {name: about["default"] for name, about in settings["schema"]["properties"].items()}
    # JupyterLab asks a question where fetchNews is "none", whatever LabApp.news_url says.
    assert chosen["fetchNews"] == "false"
    assert chosen["checkForUpdates"] is False


def test_settings_of_others_are_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from coursekit import cli

    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "elsewhere")
    cli._with_settings_of_the_course(ROOT)
    assert os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep) == [str(ROOT / "etc" / "jupyter"), "elsewhere"]


def test_strangers_are_not_let_in(server: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        _ask(f"{server}/api/contents/")


def test_outside_the_course_it_says_where_to_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from coursekit import cli

    monkeypatch.setattr(cli, "course_folder", lambda: None)
    said = CliRunner().invoke(cli.app, ["lab"])
    assert said.exit_code == 1
    assert "course's folder" in said.output


def test_the_course_folder_is_found_from_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from coursekit.cli import course_folder

    (tmp_path / "notebooks").mkdir()
    (tmp_path / FIRST).touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert course_folder() == tmp_path
