"""A drawn figure with what it says in words: themed SVG for a page, PNG where nothing else is shown.

The words are not decoration. ``alt`` names what is drawn, for those who do not see it; ``state`` says what it shows
now, for everyone.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from html import escape
from typing import Any, Final, Literal

from matplotlib.figure import Figure
from PIL import Image

from coursekit.errors import ConfigurationError

from .style import DARK, LIGHT, styled

PNG_DPI: Final = 144


def _variables(theme: dict[str, str]) -> str:
    return ";".join(f"--ckf-{role}:{colour}" for role, colour in theme.items())


_IN_PAGE = f"""
.ckf{{{_variables(LIGHT)};color:var(--ckf-ink);
background:var(--jp-layout-color0,var(--ckf-ground));margin:0;padding:.4em .2em;max-width:52em;
font:15px/1.45 system-ui,sans-serif}}
@media (prefers-color-scheme:dark){{.ckf{{{_variables(DARK)}}}}}
[data-jp-theme-light="true"] .ckf{{{_variables(LIGHT)}}}
[data-jp-theme-light="false"] .ckf{{{_variables(DARK)}}}
.ckf.ckf .ckf-panels{{display:flex;flex-wrap:wrap;align-items:flex-start;gap:.2em .6em}}
.ckf.ckf svg{{display:block;flex:1 1 17em;min-width:0;width:100%;height:auto;stroke-linejoin:round;stroke-linecap:butt}}
.ckf.ckf svg text{{font-family:system-ui,"DejaVu Sans",sans-serif!important}}
.ckf.ckf figcaption{{margin:.3em .3em 0;padding:0;color:inherit;overflow-wrap:anywhere;
font-variant-numeric:tabular-nums;text-align:left;font-size:inherit}}
"""

_ALONE = (
    f"svg{{{_variables(LIGHT)};stroke-linejoin:round;stroke-linecap:butt;background:var(--ckf-ground)}}"
    f"@media (prefers-color-scheme:dark){{svg{{{_variables(DARK)}}}}}"
    'svg text{font-family:system-ui,"DejaVu Sans",sans-serif!important}'
)


class Picture:
    """One or more panels side by side, with their words; a notebook shows it as the value of a cell.

    Args:
        panels: matplotlib figures, drawn with the helpers of this room.
        alt: what is drawn, in a sentence.
        state: what it shows, in one or two sentences.

    Raises:
        ConfigurationError: no panel, or no words.
    """

    def __init__(self, panels: Sequence[Figure], *, alt: str, state: str = "") -> None:
        if not panels or not alt.strip():
            raise ConfigurationError(
                f"a picture of {len(panels)} panels with the alternative text {alt!r}",
                expected="at least one panel, and words for those who do not see it",
                mend="say in alt what is drawn",
            )
        self.panels, self.alt, self.state = tuple(panels), alt, state

    def html(self, *, style: bool = True) -> str:
        """One ``<figure>``: the panels wrap under each other where there is little room.

        Args:
            style: whether it brings its style sheet; a page that has ``page_style()`` already does without.
        """
        drawings = "".join(f"<svg{_inside(panel, index, self.alt)}</svg>" for index, panel in enumerate(self.panels))
        caption = f"<figcaption>{escape(self.state)}</figcaption>" if self.state else ""
        return (
            f'{page_style() if style else ""}<figure class="ckf"><div class="ckf-panels" role="img" '
            f'aria-label="{escape(self.alt)}">{drawings}</div>{caption}</figure>'
        )

    def svg(self) -> bytes:
        """One standalone SVG file, light or dark as its reader prefers."""
        parts, right, lowest = [], 0.0, 0.0
        for index, panel in enumerate(self.panels):
            width, height = (72 * float(inches) for inches in panel.get_size_inches())
            inside = _inside(panel, index, self.alt)
            parts.append(f'<svg x="{right:g}" width="{width:g}" height="{height:g}"{inside}</svg>')
            right, lowest = right + width, max(lowest, height)
        said = f"<title>{escape(self.alt)}</title>" + (f"<desc>{escape(self.state)}</desc>" if self.state else "")
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
            f'viewBox="0 0 {right:g} {lowest:g}" width="{right:g}pt" height="{lowest:g}pt">{said}'
            f"<style>{_ALONE}</style>{''.join(parts)}</svg>"
        ).encode()

    def png(self) -> bytes:
        """One PNG, light on an opaque ground, at twice the size of a screen's points."""
        images = [Image.open(io.BytesIO(_saved(panel, "png", ""))) for panel in self.panels]
        whole = Image.new("RGB", (sum(image.width for image in images), max(image.height for image in images)), "white")
        at = 0
        for image in images:
            whole.paste(image.convert("RGB"), (at, 0))
            at += image.width
        file = io.BytesIO()
        whole.save(file, "PNG", optimize=True)
        return file.getvalue()

    def data(self, kind: Literal["svg", "png"] = "png") -> bytes:
        """The bytes of the picture as a file of that kind.

        Raises:
            ConfigurationError: another kind.
        """
        if kind not in ("svg", "png"):
            raise ConfigurationError(f"a picture as {kind!r}", expected="'svg' or 'png'", mend="choose one of the two")
        return self.svg() if kind == "svg" else self.png()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook keeps: the themed page, and the words for where only text is shown."""
        del include, exclude
        return {"text/html": self.html(), "text/plain": f"{self.alt}\n{self.state}".strip()}


def page_style() -> str:
    """The style sheet of all pictures of a page."""
    return f"<style>{_IN_PAGE}</style>"


@styled
def _saved(panel: Figure, kind: str, salt: str) -> bytes:
    import matplotlib

    file = io.BytesIO()
    if kind == "png":
        panel.savefig(file, format="png", dpi=PNG_DPI, facecolor=LIGHT["ground"])
    else:
        # Names inside the SVG are made from the salt: two pictures of one page must not share a clip path by accident,
        # and one picture drawn twice must give the same bytes.
        with matplotlib.rc_context({"svg.hashsalt": salt}):
            panel.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return file.getvalue()


_COLOUR = re.compile("|".join(LIGHT.values()))
# A hundredth of a point is finer than any screen. Places only: the numbers that a reader reads keep their digits.
_GEOMETRY = re.compile(r' (?:d|x|y|transform)="(?!matrix)[^"]*"')  # a matrix scales an image: there each digit counts
_DIGITS = re.compile(r"(\d\.\d\d)\d+")
_ROLES = {colour: role for role, colour in LIGHT.items()}


def _inside(panel: Figure, index: int, alt: str) -> str:
    """What follows ``<svg`` up to its end tag: viewBox, definitions and drawing, colours as variables."""
    salt = hashlib.sha256(f"{alt}/{index}".encode()).hexdigest()
    text = _saved(panel, "svg", salt).decode("utf-8")
    width, height = (72 * float(inches) for inches in panel.get_size_inches())
    body = text[text.index(">", text.index("<svg ")) + 1 : text.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    # Written for a file of its own, this rule would reach every drawing of the page; the class has it instead.
    body = re.sub(r"<style type=\"text/css\">.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"', "<g", body)
    body = re.sub(r"<!--.*?-->|\n\s*", " ", body, flags=re.DOTALL)
    body = _GEOMETRY.sub(lambda found: _DIGITS.sub(r"\1", found[0]), body)
    body = _COLOUR.sub(lambda found: f"var(--ckf-{_ROLES[found[0]]},{found[0]})", body)
    return f' viewBox="0 0 {width:g} {height:g}" style="max-width:{width * 4 / 3:.0f}px">{body}'
