"""In a real JupyterLab: run all, move a slider by keys, see picture and words change, answer, predict; no request."""

from __future__ import annotations

import re

import pytest
from jupyterlab_session import Tab

CELLS = (
    "import coursekit.widgets as w",
    "w.LossExplorer(('cat', 'dog'), (0.0, 0.0))",
    "w.quiz('Which one?', ['this', 'that'], 'that', why={'that': 'It is so.'})",
    "w.predict('How much?', 4.0)",
    "w.OptimizerRace('bowl', ('SGD',))",
    "w.ScheduleExplorer('step')",
)


@pytest.fixture(scope="module")
def tab(lab, browser):
    import nbformat

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, lab.folder / "notebooks" / "explorers.ipynb")
    return Tab(browser.new_page(viewport={"width": 1000, "height": 3600}), lab)


def test_a_learner_moves_answers_and_predicts(tab):
    page, expect = tab.page, tab.expect
    tab.open("notebooks/explorers.ipynb")
    tab.run_all()

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
    assert '"guess": 2.0' in tab.lab.guesses

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
    assert tab.outside == []


def _brightness(colour: str) -> int:
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3])
