"""Draw docs/images/contact_sheet_13.png and _14.png: every figure, explorer, question and card, light and dark.

    python docs/make_contact_sheet.py [13] [14]

What is shown is what the notebooks hold: run and save them first. docs/contact_sheet.md gets a line for each.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CHAPTERS = {"13": "13_losses_and_optimizers", "14": "14_training_loop"}
LARGEST = 1_450_000  # bytes of a picture
WIDTH = 780  # pixels: what an output has of a JupyterLab pane 900 pixels wide
ZOOM = 0.75
COLUMNS = 2


@dataclass(frozen=True)
class Item:
    """One output worth looking at."""

    number: int
    kind: str
    section: str
    cell: str
    words: str
    html: str


def items(notebook: Any) -> list[Item]:
    """The figures, explorers, questions and cards that a notebook holds, in its order."""
    found: list[Item] = []
    section = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#{1,2} (.+)$", cell.source, flags=re.MULTILINE)
            section = headings[-1] if headings else section
            continue
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            html = "".join(data.get("text/html", ""))
            if kind := _kind(html, cell.source):
                words = _words(html, "".join(data.get("text/plain", "")))
                found.append(Item(len(found) + 1, kind, section, cell.get("id", ""), words, html))
    return found


def _kind(html: str, source: str) -> str:
    if 'class="ck-card"' in html:
        return "card"
    if 'class="ckf-panels"' in html:
        return "explorer" if "widgets." in source else "figure"
    return "question" if "ckf" in html and re.search(r"\b(quiz|predict)\(", source) else ""


def _words(html: str, plain: str) -> str:
    label = re.search(r'aria-label="([^"]*)"', html)
    words = label[1] if label else next(iter(plain.splitlines()), "")
    if heading := re.search(r"<h3[^>]*>(.*?)</h3>", html):
        words = re.sub(r"<[^>]*>", "", heading[1])
    return " ".join(unescape(words).split())


def page(chapter: str, found: list[Item]) -> str:
    """A page of tiles, each as wide as a notebook's output and drawn smaller."""
    tiles = "".join(
        f"<section><p>{one.number} · {escape(one.kind)} · {escape(one.section)}</p>"
        f'<div class="tile">{one.html}</div></section>'
        for one in found
    ).replace("<details", "<details open")
    width = round(COLUMNS * WIDTH * ZOOM + (COLUMNS + 1) * 16)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Chapter {chapter}</title><style>"
        "body{margin:16px;background:#fff;color:#1c2430;font:15px system-ui,sans-serif}"
        "@media (prefers-color-scheme:dark){body{background:#111;color:#e8ecf1}}"
        f"main{{width:{width - 32}px;column-count:{COLUMNS};column-gap:16px}}"
        "section{break-inside:avoid;margin:0 0 18px;border-top:1px solid #8888}section>p{margin:4px 0;font-weight:600}"
        f".tile{{width:{WIDTH}px;zoom:{ZOOM}}}</style><main>{tiles}</main>"
    )


def draw(chapter: str, found: list[Item]) -> bytes:
    """Both schemes beside each other, as one PNG that is not too large."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    halves = []
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        path = own if Path(own).exists() else shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for scheme in ("light", "dark"):
            context = browser.new_context(
                color_scheme=scheme,
                viewport={"width": round(COLUMNS * WIDTH * ZOOM + (COLUMNS + 1) * 16), "height": 800},
                java_script_enabled=False,
                offline=True,
            )
            tab = context.new_page()
            tab.set_content(page(chapter, found))
            halves.append(Image.open(io.BytesIO(tab.screenshot(full_page=True))).convert("RGB"))
            context.close()
        browser.close()
    whole = Image.new("RGB", (sum(one.width for one in halves), max(one.height for one in halves)), "white")
    whole.paste(halves[0], (0, 0))
    whole.paste(halves[1], (halves[0].width, 0))
    for share in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5):
        size = (round(whole.width * share), round(whole.height * share))
        shown = whole if share == 1 else whole.resize(size, Image.Resampling.LANCZOS)
        file = io.BytesIO()
        shown.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=4, dither=Image.Dither.NONE).save(
            file, "PNG", optimize=True
        )
        if file.tell() <= LARGEST:
            break
    return file.getvalue()


def words(found: dict[str, list[Item]]) -> str:
    """The page of words: a line for each item."""
    lines = [
        "# Contact sheets of the chapters",
        "",
        "Every figure, explorer, question and card as the saved notebooks hold them, left in the light theme and right",
        "in the dark one, at the width of an output in a JupyterLab pane of 900 pixels. Made by",
        "`python docs/make_contact_sheet.py` after the notebooks were run.",
        "",
    ]
    for chapter, inside in found.items():
        name = CHAPTERS[chapter]
        lines += [
            f"## Chapter {chapter}",
            "",
            f"![Contact sheet of chapter {chapter}](images/contact_sheet_{chapter}.png)",
            "",
        ]
        lines += [f"`notebooks/{name}.ipynb`: {len(inside)} items.", ""]
        lines += [f"{one.number}. **{one.section}** ({one.kind}, cell `{one.cell}`): {one.words}" for one in inside]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Draw the sheets that are asked for; by default all."""
    import nbformat

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", help=f"among {', '.join(CHAPTERS)}; by default all")
    wanted = parser.parse_args().chapters or list(CHAPTERS)
    found = {}
    for chapter, name in CHAPTERS.items():
        file = HERE.parent / "notebooks" / f"{name}.ipynb"
        if not file.exists():
            print(f"{file.name} is not there yet")
            continue
        found[chapter] = items(nbformat.read(file, as_version=4))
        if chapter in wanted and found[chapter]:
            picture = draw(chapter, found[chapter])
            target = HERE / "images" / f"contact_sheet_{chapter}.png"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(picture)
            print(f"{target.name}: {len(found[chapter])} items, {len(picture):,} bytes")
    (HERE / "contact_sheet.md").write_text(words(found), "utf-8")


if __name__ == "__main__":
    main()
