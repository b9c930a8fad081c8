"""A JupyterLab of its own on a folder of its own, and a browser in it: what a learner does, by clicks and keys."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120_000  # milliseconds: how long a slow machine may take, and not how long it does
RUN_ALL = 900_000  # the same for a whole chapter
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# JupyterLab's own names of what a cell shows.
ERROR, STDERR = "application/vnd.jupyter.error", "application/vnd.jupyter.stderr"
_ALL_RUN = """(error) => {
  if (document.querySelector(`[data-mime-type="${error}"]`)) return "failed";
  // A folded cell has a placeholder without a number.
  const prompts = [...document.querySelectorAll(".jp-Notebook .jp-CodeCell .jp-InputArea .jp-InputPrompt")];
  return prompts.length && prompts.every(node => /\\[\\d+\\]/.test(node.textContent)) ? "done" : null;
}"""


class Lab:
    """The course's folder in small, served by ``coursekit lab``; progress and guesses are kept in it, too.

    Args:
        folder: empty; it becomes the course's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "notebooks").mkdir()
        for path in (ROOT / "notebooks").glob("*.ipynb"):
            shutil.copy(path, folder / "notebooks")
        shutil.copytree(ROOT / "etc", folder / "etc")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        kept = folder / ".kept"
        kept.mkdir()
        names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
        own = {f"JUPYTER_{name}": str(kept / name.lower()) for name in names}
        own |= {f"JUPYTERLAB_{name}_DIR": str(kept / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
        own |= {"COURSEKIT_PROGRESS": str(kept / "progress.json"), "COURSEKIT_GUESSES": str(kept / "guesses.json")}
        # Started elsewhere, a kernel would not find a package that is not installed.
        own["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
        self._log = (kept / "log").open("w+")
        self._server = subprocess.Popen(
            [sys.executable, "-m", "coursekit", "lab", *options],
            cwd=folder,
            env={**os.environ, **own},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def guesses(self) -> str:
        """Answers and guesses, as they are stored."""
        return (self.folder / ".kept" / "guesses.json").read_text("utf-8")

    def wait(self) -> None:
        """Until the server answers."""
        until = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < until and self._server.poll() is None:
            try:
                urllib.request.urlopen(f"{self.address}/api", timeout=5)
                return
            except OSError:
                time.sleep(0.3)
        self._log.seek(0)
        pytest.fail(f"JupyterLab did not start: {self._log.read()[-3000:]}")

    def close(self) -> None:
        """Stop the server and its kernels."""
        if self._server.poll() is None:
            # Asked by SIGTERM, it ends its kernels first; they are not of its process group.
            os.killpg(self._server.pid, signal.SIGTERM)
        self._server.wait(60)
        self._log.close()


class Tab:
    """A page of a browser with one notebook of a :class:`Lab` in it.

    Args:
        page: a page of Playwright's.
        lab: whose notebooks are opened.

    Attributes:
        expect: Playwright's, with our patience.
        outside: the addresses of requests that would leave the machine.
    """

    def __init__(self, page: Any, lab: Lab) -> None:
        from playwright.sync_api import expect

        self.page, self.lab, self.expect = page, lab, expect
        self._places: dict[str, int] = {}
        self.outside: list[str] = []
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        own = (lab.address, lab.address.replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda request: request.url.startswith(own) or self.outside.append(request.url))

    def open(self, path: str) -> None:
        """Open a notebook alone, and wait until its cells are there and its kernel listens."""
        book = json.loads((self.lab.folder / path).read_text("utf-8"))
        self._places = {cell["id"]: place for place, cell in enumerate(book["cells"])}
        self.page.goto(f"{self.lab.address}/lab/tree/{path}?reset")
        self.expect(self.page.locator(".jp-Notebook .jp-Cell")).to_have_count(len(self._places))
        # Before the kernel answers, "Run All" is dropped without a word.
        self.expect(self.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()

    def cell(self, name: str) -> Any:
        """The cell of an id."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self._places[name])

    def show(self, name: str) -> Any:
        """The cell of an id, scrolled to."""
        cell = self.cell(name)
        cell.scroll_into_view_if_needed()
        return cell

    def run_all(self) -> None:
        """Run All Cells, until each has run; fails with the words of the first cell that does not."""
        self.page.click(".lm-MenuBar-itemLabel:text-is('Run')")
        self.page.click("text=Run All Cells")
        how = self.page.wait_for_function(_ALL_RUN, arg=ERROR, timeout=RUN_ALL).json_value()
        if how == "failed":
            pytest.fail(self.page.locator(f'[data-mime-type="{ERROR}"]').first.inner_text()[-2000:])

    def run(self, name: str) -> None:
        """Run one cell and wait until it has run."""
        cell = self.show(name)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.text_content()
        prompt.click()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(
            "([node, before]) => /\\[\\d+\\]/.test(node.textContent) && node.textContent !== before",
            arg=[prompt.element_handle(), before],
        )

    def write(self, name: str, source: str) -> None:
        """Replace what stands in a code cell."""
        editor = self.cell(name).locator(".cm-content")
        editor.scroll_into_view_if_needed()
        editor.fill(source)


def chromium(playwright: Any) -> str:
    """The path of a Chromium; skips the test where there is none."""
    own: str = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("there is no Chromium on this machine: playwright install chromium")
