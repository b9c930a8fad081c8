"""Lines of text inside widgets, in the look of the cards."""

from __future__ import annotations

from html import escape
from typing import Literal

from coursekit.visualization import page_style

_STYLE = (
    "<style>.ckf.ckf p{margin:.2em 0;color:inherit}.ckf.ckf .ckf-good{color:var(--ckf-good);font-weight:600}"
    ".ckf.ckf .ckf-bad{color:var(--ckf-bad);font-weight:600}.ckf.ckf code{background:none;color:inherit}</style>"
)

Tone = Literal["plain", "good", "bad"]


def note(*lines: tuple[Tone, str] | str) -> str:
    """HTML of paragraphs that a screen reader says when they appear; the text is taken as text.

    Args:
        lines: each one a text, or (tone, text); the tone is never the only carrier of its meaning.
    """
    parts = []
    for line in lines:
        tone, text = ("plain", line) if isinstance(line, str) else line
        kind = "" if tone == "plain" else f' class="ckf-{tone}"'
        parts.append(f"<p{kind}>{escape(text)}</p>")
    return f'{page_style()}{_STYLE}<div class="ckf" role="status" aria-live="polite">{"".join(parts)}</div>'
