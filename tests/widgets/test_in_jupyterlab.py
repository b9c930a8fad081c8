"""In a real JupyterLab: run all, move a slider by keys, see picture and words change, answer, predict; no request."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 60_000  # milliseconds: how long a slow machine may take, and not how long it does
CELLS = (
    "import coursekit.widgets as w",
    "w.LossExplorer(('cat', 'dog'), (0.0, 0.0))",
    "w.quiz('Which one?', ['this', 'that'], 'that', why={'that': 'It is so.'})",
    "w.predict('How much?', 4.0)",
    "w.OptimizerRace('bowl', ('SGD',))",
    "w.ScheduleExplorer('step')",
)


def _chromium(playwright: Any) -> str:
    own = playwright.chromium.executable_path
    if Path(own).exists():
        return str(own)
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("there is no Chromium on this machine: playwright install chromium")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    import nbformat

    folder = tmp_path_factory.mktemp("lab")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, folder / "explorers.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    own = {name: str(folder / name.lower()) for name in names}
    environment = {**os.environ, **own, "COURSEKIT_GUESSES": str(folder / "guesses.json")}
    # Started elsewhere, a kernel would not find a package that is not installed.
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    options = [
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
    ]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *options], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/api", server)
            yield address, folder
        finally:
            server.terminate()
            server.wait(60)


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5)
            return
        except OSError:
            time.sleep(0.3)
    pytest.fail("JupyterLab did not start")


def test_a_learner_moves_answers_and_predicts(lab):
    from playwright.sync_api import expect, sync_playwright

    address, folder = lab
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(playwright), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1000, "height": 3600})
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        outside: list[str] = []
        page.on(
            "request",
            lambda request: request.url.startswith((address, "data:", "blob:")) or outside.append(request.url),
        )
        page.goto(f"{address}/lab/tree/explorers.ipynb?reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        # Before the kernel answers, "Run All" is dropped without a word.
        expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
        page.click(".lm-MenuBar-itemLabel:text-is('Run')")
        page.click("text=Run All Cells")

        pictures = page.locator("figure.ckf")
        expect(pictures).to_have_count(3)
        loss = pictures.nth(0)
        expect(loss.locator("figcaption")).to_contain_text("Loss 0.693 nats")
        drawn = loss.locator("svg").first.inner_html()
        handle = page.locator(".noUi-handle").first
        handle.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        expect(loss.locator("figcaption")).to_contain_text("Loss 0.554 nats")  # log(1 + e^-0.3)
        assert loss.locator("svg").first.inner_html() != drawn

        page.get_by_role("radio", name="this").check()
        page.click("text=Check my answer")
        expect(page.locator("[role=status]", has_text="Not this one")).to_be_visible()
        page.get_by_role("radio", name="that").check()
        page.click("text=Check my answer")
        expect(page.locator("[role=status]", has_text="Right.")).to_contain_text("It is so.")

        page.fill("input[placeholder='a number']", "2")
        page.click("text=Store my guess and reveal")
        expect(page.locator("[role=status]", has_text="Not as predicted")).to_contain_text("You guessed 2; it is 4.")
        assert '"guess": 2.0' in (folder / "guesses.json").read_text("utf-8")

        # Only what a step schedule asks for is shown, and the choice of another one changes the picture.
        expect(page.get_by_text("factor of a fall")).to_be_visible()
        expect(page.get_by_text("rising share")).to_be_hidden()
        page.locator("select", has_text="one cycle").select_option("one cycle")
        expect(page.get_by_text("rising share")).to_be_visible()
        expect(pictures.nth(2).locator("figcaption")).to_contain_text("OneCycle(total=30)")

        ink = "(node) => getComputedStyle(node).color"
        light = loss.evaluate(ink)
        page.evaluate("document.body.dataset.jpThemeLight = 'false'")
        assert _brightness(loss.evaluate(ink)) > 600 > _brightness(light)
        assert outside == []
        browser.close()


def _brightness(colour: str) -> int:
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3])
