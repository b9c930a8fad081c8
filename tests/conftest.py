"""What tests of several rooms share: a JupyterLab, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jupyterlab_session import ARGUMENTS, Lab, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium without a window; the test is skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(playwright), args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab on a course's folder of its own, as ``coursekit lab`` serves it."""
    started = Lab(tmp_path_factory.mktemp("course"))
    try:
        started.wait()
        yield started
    finally:
        started.close()
