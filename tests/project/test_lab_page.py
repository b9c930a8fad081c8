"""The page that `coursekit lab` opens: it asks nothing, sends nothing away, and shows what a learner needs."""

from __future__ import annotations

from typing import Any

import pytest
from jupyterlab_session import ROOT, Lab, Tab


@pytest.fixture(scope="module")
def tab(lab: Lab, browser: Any) -> Tab:
    first = Tab(browser.new_page(viewport={"width": 1200, "height": 900}), lab)
    first.asked = []
    first.page.on("request", lambda request: first.asked.append(request.url.removeprefix(lab.address)))
    first.open("notebooks/00_start_here.ipynb")
    return first


def test_it_asks_no_question(tab: Tab) -> None:
    # The question about news comes as soon as the page has its settings; the notebook and its kernel come later.
    assert tab.page.locator(".Toastify__toast").count() == 0
    assert tab.page.get_by_text("official Jupyter news").count() == 0


def test_no_request_leaves_the_machine(tab: Tab) -> None:
    assert tab.outside == []
    # What the server would answer by asking a server elsewhere: the news, the newest version, the list of extensions.
    elsewhere = ("/lab/api/news", "/lab/api/update", "/lab/api/extensions")
    assert [path for path in tab.asked if path.startswith(elsewhere)] == []
    assert any(path.startswith("/lab/api/settings") for path in tab.asked)


def test_the_tools_of_nbgrader_are_not_in_the_way(tab: Tab) -> None:
    assert tab.page.get_by_text("Run", exact=True).count() > 0
    for name in ("Validate", "Nbgrader", "Create Assignment"):
        assert tab.page.get_by_text(name, exact=True).count() == 0


def test_a_notebook_is_shown_whole(tab: Tab) -> None:
    heading = tab.page.get_by_role("heading", name="Start here").first
    assert heading.is_visible()


@pytest.mark.parametrize("chapter", sorted(path.name for path in (ROOT / "notebooks").glob("1*.ipynb")))
def test_a_chapter_is_readable_before_it_is_run(tab: Tab, chapter: str) -> None:
    tab.open(f"notebooks/{chapter}")
    # Sanitised, a figure would be its words alone; a widget that was saved would be an error.
    assert tab.page.locator(".jp-OutputArea figure.ckf svg").count() > 10
    assert tab.page.get_by_text("model not found").count() == 0
