"""A figure as a small drawing: SVG in the page itself, told apart by shape, not by colour alone.

What is right: a line with rings. Code with the misconception: a dashed line. The learner's code: crosses.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from coursekit.grading.figures import Figure, Series

from .letters import visible

_WIDTH: Final = 360.0
_HEIGHT: Final = 140.0
_EDGE: Final = 8.0

STYLE: Final = """
.ck-card figure{margin:.6em 0;max-width:28em}
.ck-card figcaption{color:var(--ck-soft);font-size:.93em}
.ck-card svg{display:block;fill:none;stroke-width:1.6;overflow:visible}
.ck-card svg.ck-plot{width:100%;height:auto}
.ck-card .ck-axis{stroke:var(--ck-line);stroke-width:1}
.ck-card .ck-right{stroke:var(--ck-good)}
.ck-card .ck-right circle{fill:var(--ck-tint)}
.ck-card .ck-mistake{stroke:var(--ck-note);stroke-dasharray:5 4}
.ck-card .ck-yours{stroke:var(--ck-bad);stroke-width:2}
.ck-card ul.ck-key{display:flex;flex-wrap:wrap;gap:.1em 1.2em;margin:.2em 0 .3em}
.ck-card ul.ck-key li{display:flex;align-items:center;gap:.4em}
.ck-card ul.ck-key svg{flex:none;width:26px;height:12px}
"""

_KEY: Final = (
    '<ul class="ck-key"><li><svg viewBox="0 0 26 12" aria-hidden="true"><g class="ck-right"><path d="M0 6H26"/>'
    '<circle cx="13" cy="6" r="3"/></g></svg>right</li><li><svg viewBox="0 0 26 12" aria-hidden="true">'
    '<path class="ck-yours" d="M10 3l6 6m0-6l-6 6"/></svg>your code</li><li><svg viewBox="0 0 26 12" '
    'aria-hidden="true"><path class="ck-mistake" d="M0 6H26"/></svg>code with this mistake</li></ul>'
)


def drawing(figure: Figure) -> str:
    """The figure with its caption and key, as HTML; empty where nothing can be drawn."""
    values = [value for series in (figure.expected, figure.seen, figure.misconception) for value in series]
    drawn = [value for value in values if value is not None]
    if not drawn or max(drawn) - min(drawn) in (0.0, float("inf")):
        return ""
    low, high = min(drawn), max(drawn)
    label = escape(visible(figure.label))
    shown = len(figure.expected)
    part = f", values {figure.start + 1} to {figure.start + shown} of {figure.size}" if shown < figure.size else ""
    marks = "".join(f"M{x - 3:.1f} {y - 3:.1f}l6 6m0-6l-6 6" for x, y in _places(figure.seen, low, high))
    rings = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in _places(figure.expected, low, high))
    zero = f'<path class="ck-axis" d="M0 {_up(0.0, low, high):.1f}H{_WIDTH:g}"/>' if low < 0 < high else ""
    return (
        f'<figure><svg class="ck-plot" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img">'
        f"<title>{label}{part}</title><desc>{_in_words(figure)}</desc>"
        f'<path class="ck-axis" d="M.5 0V{_HEIGHT:g}"/>{zero}'
        f'<g class="ck-right"><path d="{_line(figure.expected, low, high)}"/>{rings}</g>'
        f'<path class="ck-mistake" d="{_line(figure.misconception, low, high)}"/>'
        f'<path class="ck-yours" d="{marks}"/></svg>'
        f"<figcaption>{label}{part}; between {low:.4g} and {high:.4g}</figcaption>{_KEY}</figure>"
    )


def _up(value: float, low: float, high: float) -> float:
    return _HEIGHT - _EDGE - (value - low) / (high - low) * (_HEIGHT - 2 * _EDGE)


def _across(number: int, count: int) -> float:
    return _EDGE + number * (_WIDTH - 2 * _EDGE) / max(count - 1, 1)


def _places(series: Series, low: float, high: float) -> Iterator[tuple[float, float]]:
    for number, value in enumerate(series):
        if value is not None:
            yield _across(number, len(series)), _up(value, low, high)


def _line(series: Series, low: float, high: float) -> str:
    # A gap where a value is not finite: the pen is lifted.
    steps, down = [], False
    for number, value in enumerate(series):
        if value is not None:
            steps.append(f"{'L' if down else 'M'}{_across(number, len(series)):.1f} {_up(value, low, high):.1f}")
        down = value is not None
    return "".join(steps)


def _in_words(figure: Figure) -> str:
    rows = zip(figure.expected, figure.seen, strict=True)
    return escape(
        "; ".join(
            f"{number}: right {_number(right)}, yours {_number(seen)}"
            for number, (right, seen) in enumerate(rows, figure.start + 1)
        )
    )


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.4g}"
