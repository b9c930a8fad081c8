"""The rules for chapters, each broken once: what breaks a rule is found, and named by its cell."""

from __future__ import annotations

import copy
import runpy
from pathlib import Path
from typing import Any

import chapter_rules as rules
import pytest


def _code(name: str, source: str, text: str = "", **more: Any) -> dict[str, Any]:
    outputs = [{"output_type": "stream", "name": "stdout", "text": [text]}] if text else []
    return {
        "cell_type": "code", "id": name, "source": source, "outputs": outputs, "execution_count": None, "metadata": {},
        **more,
    }  # fmt: skip


def _good() -> dict[str, Any]:
    """A notebook that breaks none of them."""
    cells = [
        {"cell_type": "markdown", "id": "title", "source": "# Chapter\n\n## 1. The loss", "metadata": {}},
        _code("versions", "import torch\nimport tensorflow as tf\nprint(torch.__version__, tf.__version__)", "2, 2"),
        _code("in-torch", "a = torch.ones(3).sum().item()"),
        _code("in-tensorflow", "b = tf.reduce_sum(tf.ones(3)).numpy()"),
        _code("agree", "assert abs(a - b) < 1e-6", metadata={"tags": ["parity"]}),
        {"cell_type": "markdown", "id": "ask", "source": "### `F.nll_loss` and what it takes", "metadata": {}},
        _code("guess", "ck.predict('How much?', 3.0)\n" + "\n".join(f"ck.quiz({n})" for n in range(5))),
    ]
    cells += [_code(f"key-{n}", f"{rules.CHECKED}\nprint({n})", f"{n}\n") for n in range(12)]
    for count, cell in enumerate((cell for cell in cells if cell["cell_type"] == "code"), 1):
        cell["execution_count"] = count
    return {"cells": cells, "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}


ALL = (
    rules.ids, rules.lengths, rules.saved, rules.widgets, rules.places, rules.compared, rules.helpers, rules.parity,
    rules.questions,
)  # fmt: skip
_WIDGET = {"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {}}, "metadata": {}}
_HTML = {"output_type": "display_data", "metadata": {}}
_REASON = {"tags": ["long"], "coursekit": {"reason": "one loop, whole"}}
# rule, cell, what is set in it, what the rule must say
BROKEN: list[tuple[Any, str, dict[str, Any], str]] = [
    (rules.ids, "agree", {"id": "3f9a01bc"}, "no readable words"),
    (rules.ids, "agree", {"id": "Agree_1"}, "no readable words"),
    (rules.ids, "agree", {"id": ""}, "no readable words"),
    (rules.ids, "agree", {"id": "title"}, "title: the id of two cells"),
    (rules.lengths, "key-1", {"source": "x = 1\n" * 13}, "key-1: 13 lines"),
    (rules.lengths, "key-1", {"source": "x" * 101}, "key-1: a line of 101 characters"),
    (rules.lengths, "ask", {"source": "one " * 81}, "ask: 81 words"),
    (rules.lengths, "ask", {"source": "| a | b |\n|---|---|\n" + "| one | `two` |\n" * 40}, "ask: 82 words"),
    (rules.lengths, "key-1", {"source": "x = 1\n" * 13, "metadata": {"tags": ["long"]}}, "no reason"),
    (rules.lengths, "key-1", {"metadata": _REASON}, "does not need"),
    (rules.saved, "key-1", {"execution_count": None}, "key-1: saved as execution None"),
    (rules.saved, "key-1", {"execution_count": 40}, "key-1: saved as execution 40"),
    (rules.saved, "key-1", {"outputs": [{"output_type": "error", "ename": "ValueError"}]}, "error ValueError"),
    (rules.saved, "key-1", {"outputs": [{"output_type": "stream", "name": "stderr", "text": "W0"}]}, "stderr"),
    (rules.widgets, "key-1", {"outputs": [_WIDGET]}, "key-1: a widget, and not only"),
    (rules.places, "key-1", {"source": "open('/home/ada/x')"}, "a path of some machine"),
    (rules.places, "key-1", {"outputs": [{**_HTML, "data": {"text/html": ["see C:\\Users"]}}]}, "a path of"),
    (rules.places, "key-1", {"outputs": [{**_HTML, "data": {"text/plain": "lib/site-packages"}}]}, "a path of"),
    (rules.places, "ask", {"source": "[x](https://mirror.example/simple)"}, "an address at mirror.example"),
    (rules.places, "ask", {"source": "go to localhost:8888"}, "an address at localhost"),
    (rules.compared, "key-1", {"source": "print(1)"}, "only 11 cells"),
    (rules.compared, "key-1", {"source": f"x = 1\n{rules.CHECKED}"}, "not its first line"),
    (rules.compared, "key-1", {"outputs": []}, "key-1: compared, and prints nothing"),
    (rules.compared, "key-1", {"outputs": [{**_HTML, "data": {"text/html": "<svg>"}}]}, "key-1: a figure"),
    (rules.compared, "key-1", {"outputs": [{**_HTML, "data": {"text/plain": "1", "image/png": ""}}]}, "a figure"),
    (rules.helpers, "key-1", {"source": "import matplotlib.pyplot as plt"}, "key-1: raw matplotlib"),
    (rules.helpers, "key-1", {"source": "x = 1\n!pip install y"}, "key-1: a magic"),
    (rules.helpers, "key-1", {"source": "%%capture\nx = 1"}, "key-1: a magic"),
    (rules.helpers, "key-1", {"source": "warnings.simplefilter('ignore')"}, "key-1: hides warnings"),
    (rules.parity, "agree", {"metadata": {}}, "1. The loss: both frameworks"),
    (rules.parity, "agree", {"source": "print(a - b)"}, "agree: tagged parity, and asserts nothing"),
    (rules.parity, "agree", {"source": "assert a"}, "agree: tagged parity, and asserts no agreement"),
    (rules.questions, "guess", {"source": "ck.quiz(1)\nck.predict(2)"}, "1 questions"),
    (rules.questions, "guess", {"source": "ck.quiz(1)\n" * 5}, "nothing is predicted"),
]


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.__name__)
def test_a_good_chapter_breaks_none(rule) -> None:  # type: ignore[no-untyped-def]
    assert list(rule(_good())) == []


@pytest.mark.parametrize(("rule", "name", "change", "said"), BROKEN)
def test_what_breaks_a_rule_is_named(rule, name: str, change: dict[str, Any], said: str) -> None:  # type: ignore[no-untyped-def]
    book = copy.deepcopy(_good())
    next(cell for cell in book["cells"] if cell["id"] == name).update(change)
    assert any(said in found for found in rule(book))


def test_the_state_of_widgets_is_found() -> None:
    book = _good()
    book["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    assert list(rules.widgets(book)) == ["metadata.widgets: the state of widgets"]


def test_tidied_it_keeps_the_picture_alone() -> None:
    tidy = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "tidy_notebook.py"))["tidy"]
    book = _good()
    book["metadata"]["widgets"] = {}
    data = {**_WIDGET["data"], "text/html": "<figure>", "text/plain": "words"}
    book["cells"][2].update(outputs=[{**_WIDGET, "data": data}], metadata={"execution": {"x": 1}, "tags": ["kept"]})
    assert list(rules.widgets(book)) != []
    tidied = tidy(copy.deepcopy(book))
    assert list(rules.widgets(tidied)) == []
    assert tidied["cells"][2]["outputs"][0]["data"] == {"text/html": "<figure>", "text/plain": "words"}
    assert tidied["cells"][2]["metadata"] == {"tags": ["kept"]}


def test_an_exception_with_a_reason_is_one() -> None:
    book = _good()
    book["cells"][2].update(source="x = torch.ones(1)\n" * 13, metadata=_REASON)
    assert list(rules.lengths(book)) == []


def test_a_section_that_compares_nothing_says_why() -> None:
    book = _good()
    book["cells"][4]["metadata"] = {}
    assert len(list(rules.parity(book))) == 1
    book["cells"][0]["metadata"] = {"coursekit": {"apart": "each is measured alone"}}
    assert list(rules.parity(book)) == []


def test_frameworks_by_name_count_as_used() -> None:
    cell = {"source": "for name in ('torch', 'tensorflow'):\n    ck.Trainer(name)"}
    assert rules.frameworks(cell) == {"torch", "tensorflow"}
    assert rules.frameworks({"source": "import torch\nimport keras\nprint(keras.__version__)"}) == set()


def test_headings_lose_number_and_marks() -> None:
    assert rules.headings(_good()) == ["Chapter", "The loss", "F.nll_loss and what it takes"]


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    book = _good()
    (tmp_path / "there.ipynb").touch()
    book["cells"][0]["source"] = "[a](there.ipynb#part) [b](https://doi.org/1) [c](gone.ipynb)"
    assert list(rules.links(book, tmp_path)) == ["title: a link to gone.ipynb, which is not there"]
