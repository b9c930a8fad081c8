"""The script of the contact sheets finds what a notebook shows, tells the kinds apart, and says it in words."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import nbformat
import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "make_contact_sheet.py"
STYLE = "<style>.ckf .ckf-panels{}</style>"
PICTURE = f'{STYLE}<figure class="ckf"><div class="ckf-panels" role="img" aria-label="A &lt;curve&gt;."></div></figure>'
QUESTION = f'{STYLE}<div class="ckf" role="status"><p>Which one?</p></div>'
CARD = '<div class="ck-card" role="group" aria-label="Result"><h3>14.1 A step: <span>failed</span>, 5 points</h3></div>'


@pytest.fixture(scope="module")
def script():
    found = importlib.util.spec_from_file_location("make_contact_sheet", SCRIPT)
    module = importlib.util.module_from_spec(found)
    import sys

    sys.modules["make_contact_sheet"] = module  # where a dataclass looks for its annotations
    found.loader.exec_module(module)
    yield module
    del sys.modules["make_contact_sheet"]


@pytest.fixture(scope="module")
def found(script):
    def cell(name, html, source=""):
        data = {"text/html": html, "text/plain": "Which one?\na) this"}
        return nbformat.v4.new_code_cell(source, id=name, outputs=[nbformat.v4.new_output("execute_result", data)])

    cells = [
        nbformat.v4.new_markdown_cell("# 14 · The training loop"),
        cell("picture", PICTURE),
        nbformat.v4.new_markdown_cell("## The nine steps\n\n### A step"),
        cell("explorer", PICTURE, "ck.widgets.OptimizerRace()"),
        cell("question", QUESTION, "ck.quiz()"),
        cell("card", CARD),
        cell("table", "<table><tr><td>1</td></tr></table>"),
        nbformat.v4.new_code_cell("print(1)", outputs=[nbformat.v4.new_output("stream", text="1")]),
    ]
    return script.items(nbformat.v4.new_notebook(cells=cells))


def test_kinds_places_and_words(found):
    assert [(one.number, one.kind, one.section, one.cell, one.words) for one in found] == [
        (1, "figure", "14 · The training loop", "picture", "A <curve>."),
        (2, "explorer", "The nine steps", "explorer", "A <curve>."),
        (3, "question", "The nine steps", "question", "Which one?"),
        (4, "card", "The nine steps", "card", "14.1 A step: failed, 5 points"),
    ]


def test_each_has_a_line_and_a_tile(script, found):
    said = script.words({"14": found})
    assert "4. **The nine steps** (card, cell `card`): 14.1 A step: failed, 5 points" in said
    assert "images/contact_sheet_14.png" in said
    assert script.page("14", found).count('class="tile"') == 4


def test_the_sheets_that_are_kept_are_small():
    for chapter in ("13", "14"):
        sheet = SCRIPT.parent / "images" / f"contact_sheet_{chapter}.png"
        assert 0 < sheet.stat().st_size < 1_500_000
