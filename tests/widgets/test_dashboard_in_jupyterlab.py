"""In a real JupyterLab: a run is started by hand, watched, held while another cell runs, and stopped; no request."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jupyterlab_session import Tab

CELLS = {
    "imports": "import coursekit as ck, time\n"
    "from coursekit.widgets import TrainingDashboard\n"
    "digits = ck.data.load('digits')",
    "dashboard": """class Says(ck.Callback):
    def on_train_begin(self, state):
        print("a callback speaks")
trainer = ck.Trainer(ck.models.tiny_cnn("torch", input_shape=(8, 8, 1), num_classes=10), learning_rate=1e-3)
dashboard = TrainingDashboard(trainer, digits.train, digits.validation, epochs=10**6, callbacks=[Says()])
dashboard""",
    "asks": "print('at step', len(dashboard.history.steps['learning_rate']), dashboard.status)",
    "busy": "print('busy')\ntime.sleep(6)\nprint('free')",
}


@pytest.fixture(scope="module")
def tab(lab, browser):
    import nbformat

    made = [nbformat.v4.new_code_cell(cell, id=name) for name, cell in CELLS.items()]
    book = nbformat.v4.new_notebook(cells=made)
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, lab.folder / "notebooks" / "dashboard.ipynb")
    return Tab(browser.new_page(viewport={"width": 1000, "height": 1800}), lab)


def test_a_learner_starts_holds_and_stops_a_run(tab):
    page, expect = tab.page, tab.expect
    tab.open("notebooks/dashboard.ipynb")
    tab.run_all()
    said = page.locator("figure.ckf figcaption")
    start, pause, stop = (page.get_by_role("button", name=name, exact=True) for name in ("Start", "Pause", "Stop"))
    expect(said).to_contain_text("Not started: 1000000 epochs planned.")
    expect(pause).to_be_disabled()

    # By keys alone.
    start.focus()
    page.keyboard.press("Enter")
    expect(said).to_contain_text(re.compile(r"Running: epoch \d+ of 1000000, step \d+"))
    expect(said).not_to_contain_text(f"step {_step(said)} ")
    expect(start).to_be_disabled()
    expect(page.locator("figure.ckf svg")).to_have_count(4)

    # What the thread prints is below the dashboard's cell.
    expect(tab.cell("dashboard").locator(".jp-OutputArea")).to_contain_text("a callback speaks")

    # While a cell is busy the numbers and the curves move, and the buttons work.
    drawn = page.locator("figure.ckf svg").first.inner_html()
    _begin(tab, "busy")
    busy = tab.cell("busy").locator(".jp-OutputArea")
    expect(busy).to_have_text(re.compile(r"^\s*busy\s*$"))
    expect(said).not_to_contain_text(f"step {_step(said)} ")
    assert page.locator("figure.ckf svg").first.inner_html() != drawn
    pause.focus()
    page.keyboard.press("Space")
    expect(said).to_contain_text("Paused: epoch")
    assert "free" not in busy.inner_text()

    # Held, it stands still while other cells run.
    held = said.inner_text()
    expect(busy).to_contain_text("free")
    tab.run("asks")
    expect(tab.cell("asks").locator(".jp-OutputArea")).to_contain_text(f"at step {_step(said)} paused")
    assert said.inner_text() == held

    # The button that was Pause has another name now, and nothing else has changed.
    page.get_by_role("button", name="Resume", exact=True).focus()
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Running: epoch")
    expect(said).not_to_contain_text(f"step {_step(said)} ")

    stop.click()
    expect(said).to_contain_text("Stopped by hand: epoch")
    expect(start).to_be_enabled()
    tab.run("asks")
    expect(tab.cell("asks").locator(".jp-OutputArea")).to_contain_text(f"at step {_step(said)} stopped")
    assert tab.outside == []


def _step(said: Any) -> int:
    found = re.search(r"step (\d+)", said.inner_text())
    assert found is not None
    return int(found[1])


def _begin(tab: Any, name: str) -> None:
    tab.show(name).locator(".jp-InputPrompt").click()
    tab.page.keyboard.press("Control+Enter")
