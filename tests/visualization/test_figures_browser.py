"""All figures in a browser: axe-core finds nothing, nothing is requested, nothing sticks out, words stay in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from figure_samples import figures

from coursekit.visualization import page_style

# Letters whose box leaves their drawing's own: cut off at its edge.
CUT = """() => [...document.querySelectorAll('figure.ckf svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1
      || box.bottom > frame.bottom + 1;
  }).map(text => svg.parentElement.getAttribute('aria-label').slice(0, 40) + ': ' + text.textContent);
})"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parts = [f"<h2>{name}</h2>{picture.html(style=False)}" for name, picture in figures().items()]
    file = tmp_path_factory.mktemp("figures") / "figures.html"
    ground = "<style>@media (prefers-color-scheme:dark){body{background:#111;color:#eee}}</style>"
    file.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Figures</title>{page_style()}{ground}<main>"
        f"<h1>Figures</h1>{''.join(parts)}</main>",
        "utf-8",
    )
    return file


@pytest.mark.parametrize("width", [360, 900])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut(browser: Any, page_file: Path, scheme: str, width: int) -> None:
    import axe_playwright_python

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(page_file.as_uri())
    page.evaluate(axe + ";0")
    violations = page.evaluate("axe.run()")["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == []
    context.close()
    assert [url for url in requested if url != page_file.as_uri() and not url.startswith("data:")] == []
