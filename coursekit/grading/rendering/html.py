"""A report as a card of HTML: one piece, its style inside, no request to anywhere.

Light and dark: by JupyterLab's own theme where there is one (``data-jp-theme-light`` on the body), otherwise by what
the reader's system prefers. Every colour on its ground has a contrast of at least 4.5 to 1; no meaning hangs on colour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape as escape_html

from coursekit.grading.exercise import Exercise
from coursekit.grading.report import Finding, Report, Verdict

from . import drawing
from .letters import visible
from .text import MARKS, points

_LIGHT = (
    "--ck-ink:#1c2430;--ck-soft:#4d5867;--ck-ground:#ffffff;--ck-tint:#f3f5f8;--ck-line:#c9d0d9;--ck-good:#17663a;"
    "--ck-bad:#a3241f;--ck-note:#7a4b00"
)
_DARK = (
    "--ck-ink:#e8ecf1;--ck-soft:#b3bdc9;--ck-ground:#1b2027;--ck-tint:#262d36;--ck-line:#475260;--ck-good:#7ddc9f;"
    "--ck-bad:#ff9d94;--ck-note:#f5c26b"
)

_STYLE = f"""
.ck-card{{{_LIGHT};color:var(--ck-ink);background:var(--ck-ground);border:1px solid var(--ck-line);border-radius:6px;
padding:.8em 1em;min-width:15em;max-width:52em;font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}}
@media (prefers-color-scheme:dark){{.ck-card{{{_DARK}}}}}
[data-jp-theme-light="true"] .ck-card{{{_LIGHT}}}
[data-jp-theme-light="false"] .ck-card{{{_DARK}}}
.ck-card h3,.ck-card h4{{margin:0 0 .3em;font-weight:600;line-height:1.3;color:inherit}}
.ck-card h3{{font-size:1.1em}}
.ck-card h4{{font-size:1em}}
.ck-card p{{margin:.3em 0}}
.ck-card ul{{list-style:none;margin:.6em 0 0;padding:0}}
.ck-card ul.ck-evidence{{list-style:disc;padding-left:1.2em;margin:.3em 0}}
.ck-card li.ck-check{{border-top:1px solid var(--ck-line);padding:.4em 0;container-type:inline-size}}
.ck-card li.ck-check:last-child{{padding-bottom:0}}
.ck-card .ck-row{{display:grid;grid-template-columns:6.2em minmax(0,1fr) max-content;
gap:.2em .8em;align-items:baseline}}
@container (max-width:24em){{.ck-card .ck-row{{grid-template-columns:minmax(0,1fr) max-content}}
.ck-card .ck-row>span:nth-child(2){{grid-area:2/1/3/3}}}}
.ck-card .ck-mark{{font-weight:600}}
.ck-card .ck-good{{color:var(--ck-good)}}
.ck-card .ck-bad{{color:var(--ck-bad)}}
.ck-card .ck-note{{color:var(--ck-note)}}
.ck-card .ck-soft,.ck-card dt{{color:var(--ck-soft)}}
.ck-card dt,.ck-card dd{{display:block;float:none;width:auto;font-weight:400}}
.ck-card code{{background:none;color:inherit;padding:0;font-size:.95em}}
.ck-card dl{{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1em .8em;margin:.3em 0}}
.ck-card dd,.ck-card pre{{unicode-bidi:isolate}}
.ck-card dd{{margin:0;font-variant-numeric:tabular-nums}}
.ck-card section{{background:var(--ck-tint);border-left:4px solid var(--ck-note);padding:.6em .9em;margin:.7em 0 .2em}}
.ck-card pre{{background:var(--ck-tint);color:inherit;padding:.6em .8em;margin:.4em 0;overflow-x:auto;font-size:.9em;
white-space:pre;overflow-wrap:normal}}
{drawing.STYLE.strip()}
"""
# Three times the class: JupyterLab has rules of its own for lists, headings and code within outputs, of up to two
# classes and two elements.
STYLE = _STYLE.replace(".ck-card ", ".ck-card.ck-card.ck-card ")

_SIGNS = {True: ("✓", "ck-good"), False: ("✗", "ck-bad"), None: ("?", "ck-note")}
_STATUS = {"passed": "ck-good", "failed": "ck-bad", "not attempted": "ck-note", "not judged": "ck-note"}


def card(report: Report, *, style: bool = True) -> str:
    """The whole report as one element that can stand anywhere in a page.

    Args:
        report: what to show.
        style: whether it brings its style; a page of many cards has ``STYLE`` once in its head.
    """
    parts = [
        f"<h3>{escape(report.exercise_id)} {escape(report.title)}: "
        f'<span class="{_STATUS[report.status]}">{report.status}</span>, {points(report)}</h3>'
    ]
    if report.message:
        parts.append(f"<p>{escape(report.message)}</p>")
    parts += [_finding(finding) for finding in report.misconceptions]
    if report.traceback:
        parts.append(
            "<h4>The error, in your lines</h4>"
            f'<pre tabindex="0" aria-label="Traceback">{escape(report.traceback)}</pre>'
        )
    if report.checks:
        parts.append(f"<ul>{''.join(_check(verdict) for verdict in report.checks)}</ul>")
    if report.status == "failed" and not report.misconceptions and report.reading:
        parts.append(f'<p class="ck-soft">Read again: {escape(report.reading)}</p>')
    return _card("".join(parts), f"Result of exercise {report.exercise_id}", style=style)


def hints(exercise: Exercise, shown: Sequence[str]) -> str:
    """The hints that are open."""
    rows = "".join(
        f"<p><strong>Hint {number} of {len(exercise.hints)}.</strong> {prose(one)}</p>"
        for number, one in enumerate(shown, 1)
    )
    return _card(f"<h3>{escape(exercise.id)} {escape(exercise.title)}</h3>{rows}", f"Hints to exercise {exercise.id}")


def solution(exercise: Exercise, source: str) -> str:
    """The solution's source."""
    return _card(
        f"<h3>Solution of {escape(exercise.id)} {escape(exercise.title)}</h3>"
        f'<pre tabindex="0" aria-label="Source">{escape(source)}</pre>',
        f"Solution of exercise {exercise.id}",
    )


def note(message: str) -> str:
    """One sentence."""
    return _card(f"<p>{escape(message)}</p>", "Note")


def _card(inner: str, label: str, *, style: bool = True) -> str:
    element = f'<div class="ck-card" role="group" aria-label="{escape(label)}">{inner}</div>'
    return f"<style>{STYLE}</style>{element}" if style else element


def prose(text: str) -> str:
    """Our own sentences: escaped, and what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def escape(text: str) -> str:
    """Text as HTML, with the letters that would steer the page made visible."""
    return escape_html(visible(text))


def _check(verdict: Verdict) -> str:
    sign, kind = _SIGNS[verdict.passed]
    row = (
        f'<div class="ck-row"><span class="ck-mark {kind}"><span aria-hidden="true">{sign}</span> '
        f"{MARKS[verdict.passed]}</span><span>{prose(verdict.title)}</span>"
        f'<span class="ck-soft">{verdict.points} of {verdict.max_points}</span></div>'
    )
    if verdict.passed is False and verdict.seen:
        row += (
            f"<dl><dt>expected</dt><dd>{escape(verdict.expected)}</dd><dt>seen</dt><dd>{escape(verdict.seen)}</dd></dl>"
        )
    if verdict.passed is False and verdict.advice:
        row += f'<p class="ck-soft">{prose(verdict.advice)}</p>'
    return f'<li class="ck-check">{row}</li>'


def _finding(finding: Finding) -> str:
    figure = drawing.drawing(finding.figure) if finding.figure is not None else ""
    evidence = "".join(f"<li>{escape(line)}</li>" for line in finding.evidence)
    return (
        f"<section><h4>Recognised: {prose(finding.title)}</h4><p>{prose(finding.explanation)}</p>"
        f'<ul class="ck-evidence">{evidence}</ul>{figure}<p><strong>Think:</strong> {prose(finding.hint)}</p>'
        f'<p class="ck-soft">Read again: {escape(finding.reading)} · known as '
        f"<code>{escape(finding.name)}</code></p></section>"
    )
