"""The pages in a browser: axe-core finds nothing, nothing is requested, nothing sticks out, a keyboard reaches all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_samples import finding, result

from coursekit.grading.gradebook import Adjustment
from coursekit.grading.judge import judge
from coursekit.grading.observing import observe_code
from coursekit.grading.registry import answers
from coursekit.grading.rendering import html
from coursekit.grading.report import Report
from coursekit.grading.reporting import write_report
from coursekit.grading.results import Flag, Result

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS = (360, 1280)


def _chromium(playwright: Any) -> str:
    own = playwright.chromium.executable_path
    if Path(own).exists():
        return str(own)
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("there is no Chromium on this machine: playwright install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    # A browser that is there and does not start is a failure and no reason to skip.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=_chromium(playwright), args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


def _reports() -> list[Report]:
    # Real cards: of the solution, every misconception, code that raises, the stub, and one that could not be judged.
    found = answers("13.1")
    sources = [found.solution, *(source for _, source in found.forms()), found.exercise.starter]
    sources.append("def cross_entropy(logits, labels):\n    return logits[99999]\n")
    reports = [judge(observe_code(found.exercise, source, 3), found, 3) for source in sources]
    return [*reports, Report(exercise_id="13.1", title="T", status="not judged", points=0, max_points=10)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    rng = np.random.default_rng(0)
    results = []
    for number, report in enumerate(_reports()):
        student = f"Student Number {number}"
        one = Result(student=student, assignment="week-5", notebook="losses", report=report, outcome="observed")
        flags = [Flag(kind="edited-check", text="The locked cell check-13-1 was changed.")] if number % 3 == 0 else []
        points = int(rng.integers(0, 5))
        results += [one, result(student, "13.2", points, assignment="week-5", flags=flags)]
    results += [result(f"more-{n}", "13.2", 2, named=[finding()], assignment="week-5") for n in range(20)]
    results += [result(f"yet-{n}", "13.2", 1, message=f"Failure {n}", assignment="week-6") for n in range(14)]
    reason = "An unusual but right way, which the checks do not know; see what was said in the office hour."
    chosen = [one.key for one in results[:4]]  # the first two students have pages that are looked at
    write_report(
        results,
        folder,
        adjustments={key: Adjustment(key=key, points=3.5, reason=reason, by="A. Teacher") for key in chosen},
    )
    (folder / "cards.html").write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Cards</title><main><h1>Cards</h1><h2>All</h2>"
        + "".join(html.card(report) for report in _reports()),
        "utf-8",
    )
    return folder


def _look_at(folder: Path) -> list[Path]:
    students = sorted((folder / "students").glob("*.html"))
    return [folder / "index.html", folder / "cards.html", students[0], students[-1], students[len(students) // 2]]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_requested(
    browser: Any, axe: str, folder: Path, scheme: str, width: int
) -> None:
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True, reduced_motion="reduce"
    )
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    for path in _look_at(folder):
        page.goto(path.as_uri())
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.evaluate(axe + ";0")
        violations = page.evaluate("axe.run()")["violations"]
        found = [(one["id"], one["impact"], [node["html"] for node in one["nodes"][:3]]) for one in violations]
        assert found == [], path.name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path.name} sticks out at {width}"
    context.close()
    own = {path.as_uri() for path in _look_at(folder)}
    assert [url for url in requested if url not in own and not url.startswith("data:")] == []


def test_the_policy_lets_the_style_in_and_nothing_else(browser: Any, folder: Path) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((folder / "index.html").as_uri())
    assert complaints == []
    assert page.evaluate("getComputedStyle(document.querySelector('.entry')).display") == "grid"
    page.evaluate("document.body.append(Object.assign(document.createElement('img'), {src: 'http://127.0.0.1:9/x'}))")
    page.wait_for_function("document.images[0].complete")
    assert any("Content Security Policy" in text for text in complaints)
    page.close()


def test_a_keyboard_reaches_what_scrolls(browser: Any, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 700})
    page.goto((folder / "index.html").as_uri())
    reached = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.getAttribute('aria-labelledby') || document.activeElement.tagName")
        if name == "BODY":
            break
        reached.add(name)
    regions = page.evaluate("[...document.querySelectorAll('.scroll')].map(one => one.getAttribute('aria-labelledby'))")
    assert set(regions) <= reached
    page.close()


def test_printed_on_paper_everything_is_there(browser: Any, folder: Path) -> None:
    page = browser.new_page()
    page.emulate_media(media="print")
    page.goto((folder / "index.html").as_uri())
    heights = page.evaluate(
        "[...document.querySelectorAll('details > :not(summary)')].map(one => one.getBoundingClientRect().height)"
    )
    assert heights
    assert all(height > 0 for height in heights)
    page.close()
