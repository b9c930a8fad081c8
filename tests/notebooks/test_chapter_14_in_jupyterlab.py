"""Chapter 14 as a learner goes through it, in a real JupyterLab: run all, explore, train, answer, solve 14.1 twice."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jupyterlab_session import ROOT, STDERR, Lab, Tab

CHAPTER = "notebooks/14_training_loop.ipynb"
EXERCISES = "exercises/14_training_loop.ipynb"
WITHOUT_ZERO_GRAD = """\
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
"""
RIGHT = WITHOUT_ZERO_GRAD.replace("    loss.backward()", "    optimizer.zero_grad()\n    loss.backward()")


def _bring(path: str, lab: Lab) -> None:
    """Copy a notebook without its outputs: what the page shows then comes from this run."""
    book = json.loads((ROOT / path).read_text("utf-8"))
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
            # Long enough for a pause on any machine.
            cell["source"] = re.sub(r"(TrainingDashboard\(.*epochs=)\d+", r"\g<1>100000", "".join(cell["source"]))
    copy = lab.folder / path
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(json.dumps(book), "utf-8")


@pytest.fixture(scope="module")
def tab(lab: Lab, browser: Any) -> Iterator[Tab]:
    for path in (CHAPTER, EXERCISES):
        _bring(path, lab)
    first = Tab(browser.new_page(viewport={"width": 1200, "height": 900}), lab)
    first.open(CHAPTER)
    first.run_all()
    yield first
    first.page.close()


def test_every_cell_runs_without_noise(tab: Tab) -> None:
    noise = tab.page.locator(f'[data-mime-type="{STDERR}"]')
    assert noise.all_text_contents() == []
    assert tab.outside == []


def test_a_key_moves_the_schedule(tab: Tab) -> None:
    explorer = tab.show("schedule-explorer")
    figure = explorer.locator("figure.ckf")
    drawn, said = figure.locator("svg").first.inner_html(), figure.locator("figcaption").text_content()
    explorer.locator(".noUi-handle >> visible=true").first.focus()
    for _ in range(3):
        tab.page.keyboard.press("ArrowRight")
    tab.expect(figure.locator("figcaption")).not_to_have_text(said)
    assert figure.locator("svg").first.inner_html() != drawn


def _choices(lab: Lab, name: str) -> tuple[str, str]:
    """A wrong choice of a question, and the right one, as its cell says."""
    source = next(
        "".join(cell["source"])
        for cell in json.loads((lab.folder / CHAPTER).read_text("utf-8"))["cells"]
        if cell["id"] == name
    )
    asked = next(
        call for call in ast.walk(ast.parse(source)) if isinstance(call, ast.Call) and "quiz" in ast.dump(call.func)
    )
    _, choices, right = map(ast.literal_eval, asked.args[:3])
    return next(choice for choice in choices if choice != right), right


def test_a_question_is_answered(tab: Tab) -> None:
    wrong, right = _choices(tab.lab, "quiz-first")
    question = tab.show("quiz-first")
    verdict = question.locator("[role=status]").last
    for choice, said in ((wrong, "Not this one"), (right, "Right.")):
        question.get_by_role("radio", name=choice, exact=True).check()
        question.get_by_role("button", name="Check my answer").click()
        tab.expect(verdict).to_contain_text(said)
    assert tab.lab.guesses  # the first answer is kept


def _step(said: Any) -> int:
    found = re.search(r"step (\d+)", said.text_content())
    return int(found[1]) if found else 0


def test_a_run_is_started_held_and_stopped(tab: Tab) -> None:
    dashboard = tab.show("dashboard")
    said = dashboard.locator("figure.ckf figcaption")

    def press(name: str) -> None:
        dashboard.get_by_role("button", name=name, exact=True).click()

    press("Start")
    tab.expect(said).to_contain_text(re.compile(r"Running: epoch \d+ of \d+, step \d+"))
    tab.expect(said).not_to_contain_text(f"step {_step(said)} ")
    press("Pause")
    tab.expect(said).to_contain_text("Paused: epoch")
    held = said.text_content()
    # Two answers of the kernel later, a run that went on would have made further steps.
    tab.run("setup")
    tab.run("setup")
    assert said.text_content() == held
    press("Resume")
    tab.expect(said).not_to_contain_text(f"step {_step(said)} ")
    press("Stop")
    tab.expect(said).to_contain_text("Stopped")
    tab.expect(dashboard.get_by_role("button", name="Start", exact=True)).to_be_enabled()


def test_a_wrong_step_is_named_and_a_right_one_turns_the_card(tab: Tab) -> None:
    tab.open(EXERCISES)
    for name in ("setup", "ex-14-1-setup"):
        tab.run(name)
    card = tab.cell("ex-14-1-check").locator(".ck-card")

    tab.write("ex-14-1-solution", WITHOUT_ZERO_GRAD)
    tab.run("ex-14-1-solution")
    tab.run("ex-14-1-check")
    tab.expect(card.locator("h3")).to_contain_text("failed")
    tab.expect(card).to_contain_text("Gradients pile up from batch to batch")

    tab.write("ex-14-1-solution", RIGHT)
    tab.run("ex-14-1-solution")
    tab.run("ex-14-1-check")
    tab.expect(card.locator("h3")).to_contain_text("passed, 10 of 10 points")
    tab.expect(card).not_to_contain_text("Gradients pile up")
    assert tab.outside == []
