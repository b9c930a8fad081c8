"""axe-core over live explorers, questions, the dashboard and a figure in a real JupyterLab, light and dark.

What is judged is ours, the outputs of the cells, and not JupyterLab around them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jupyterlab_session import PATIENCE, Tab

CELLS = (
    "import coursekit as ck, coursekit.widgets as w, coursekit.visualization as v\ndigits = ck.data.load('digits')",
    "w.LossExplorer()",
    "w.OptimizerRace()",
    "w.ScheduleExplorer()",
    "w.quiz('Which one?', ['this', 'that'], 'that', why={'that': 'It is so.'}, store={})",
    "w.predict('How much?', 4.0, store={})",
    "model = ck.models.tiny_cnn('torch', input_shape=(8, 8, 1), num_classes=10)\n"
    "w.TrainingDashboard(ck.Trainer(model), digits.train, digits.validation, epochs=2)",
    "v.images(digits.train.images[:8], titles=digits.train.labels[:8], title='Digits')",
    "v.parity(PyTorch=[1.0, 0.5], TensorFlow=[1.0, 0.5000001], tolerance=1e-5, title='loss', xlabel='update')",
    "ck.check('14.1', lambda *given: None, record=False)",
)
# ipywidgets gives the handle of a slider no name (docs/widgets.md, known limits); its label stands beside it.
KNOWN = {"aria-input-field-name": "noUi-handle"}
AXE = """axe.run({include: [[".jp-Notebook .jp-OutputArea-output"]]}).then(({violations, passes}) =>
  [violations, passes].map(found => found.map(one => [one.id, one.nodes.map(node => node.html.slice(0, 300))])))"""


@pytest.fixture(scope="module")
def tab(lab: Any, browser: Any) -> Tab:
    import nbformat

    made = [nbformat.v4.new_code_cell(cell, id=f"cell-{place}") for place, cell in enumerate(CELLS)]
    book = nbformat.v4.new_notebook(cells=made)
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, lab.folder / "notebooks" / "all.ipynb")
    # Tall: cells out of sight are not drawn.
    tab = Tab(browser.new_page(viewport={"width": 1100, "height": 9000}), lab)
    tab.open("notebooks/all.ipynb")
    tab.run_all()
    tab.expect(tab.page.locator("figure.ckf")).to_have_count(6)
    return tab


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_of_ours(tab: Tab, theme: str) -> None:
    import axe_playwright_python

    page = tab.page
    page.click(".lm-MenuBar-itemLabel:text-is('Settings')")
    page.hover(".lm-Menu-itemLabel:text-is('Theme')")
    page.click(f".lm-Menu-itemLabel:text-is('{theme}')")
    light = "true" if theme.endswith("Light") else "false"
    page.wait_for_function("wanted => document.body.dataset.jpThemeLight === wanted", arg=light)
    page.keyboard.press("Escape")
    page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8") + ";0")
    # JupyterLab's body has no height and hides what sticks out: axe would take all of the page for hidden.
    page.add_style_tag(content="body{overflow:visible!important}")
    for _ in range(PATIENCE // 1000):
        found, seen = page.evaluate(AXE)
        if "color-contrast" in dict(seen):
            break
        page.wait_for_timeout(1000)  # while a theme's style sheet is on its way, JupyterLab hides the page
    ours = {rule: [html for html in nodes if KNOWN.get(rule, "\0") not in html] for rule, nodes in found}
    assert {rule: nodes for rule, nodes in ours.items() if nodes} == {}
    assert sum("<figcaption" in html for html in dict(seen)["color-contrast"]) == 6  # it did look
    assert "aria-input-field-name" in dict(found), "ipywidgets names its sliders now: nothing is known any more"
    assert tab.outside == []
