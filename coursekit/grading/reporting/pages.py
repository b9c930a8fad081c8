"""The pages as HTML text, from templates that escape whatever they are given."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from coursekit.errors import MissingExtraError
from coursekit.grading.filenames import safe_name
from coursekit.grading.rendering import html
from coursekit.grading.rendering.letters import visible
from coursekit.grading.rendering.text import counted
from coursekit.grading.results import Result

from .classroom import Classroom, Item
from .findings import beliefs, deviations, flagged, shown_first, with_status
from .histogram import histogram
from .statistics import item_statistics, totals

if TYPE_CHECKING:
    import jinja2

STUDENTS: Final = "students"
"""The folder of the students' pages."""
INDEX: Final = "index.html"


@dataclass(frozen=True)
class Page:
    """One file of the report.

    Args:
        path: in the report's folder, with slashes.
        text: HTML.
    """

    path: str
    text: str


@dataclass(frozen=True)
class Entry:
    """One exercise on a student's page: its place in the page, and the result, None where nothing was handed in."""

    anchor: str
    item: Item
    result: Result | None


def student_path(student: str) -> str:
    """The path of a student's page; those of two students are never the same."""
    return f"{STUDENTS}/{safe_name(student)}.html"


def class_page(classroom: Classroom, title: str) -> Page:
    """The page for the instructor."""
    distribution, held, unexplained = totals(classroom), beliefs(classroom), deviations(classroom)
    return _page(
        "class.html",
        INDEX,
        title=title,
        classroom=classroom,
        totals=distribution,
        histogram=histogram(distribution.values, distribution.max_points),
        items=item_statistics(classroom),
        beliefs=held,
        first=shown_first(held, len(classroom.students)),
        broken=[one for one in unexplained if one.error],
        unknown=[one for one in unexplained if not one.error],
        flagged=flagged(classroom),
        unjudged=[one for one in with_status(classroom, "not judged") if not classroom.known(one)],
        adjusted=[one for one in classroom if classroom.adjustment(one) is not None],
        several_assignments=len({item.assignment for item in classroom.items}) > 1,
        link=lambda student: quote(student_path(student)),
    )


def student_page(classroom: Classroom, student: str, title: str) -> Page:
    """The page for one student: no name, no figure and no flag of anybody else is on it."""
    parts: dict[tuple[str, str], list[Entry]] = {}
    for number, item in enumerate(classroom.items, 1):
        entry = Entry(f"exercise-{number}", item, classroom.result(student, item))
        parts.setdefault((item.assignment, item.notebook), []).append(entry)
    return _page(
        "student.html",
        student_path(student),
        title=title,
        classroom=classroom,
        student=student,
        parts=parts,
        several_assignments=len({assignment for assignment, _ in parts}) > 1,
        points=classroom.total(student),
        max_points=classroom.max_points,
        graded_at=max((result.graded_at for result in classroom.by(student)), default=""),
        card_style=_safe(html.STYLE),
        card=lambda report: _safe(html.card(report, style=False)),
    )


def _page(template: str, path: str, **values: Any) -> Page:
    return Page(path, _environment().get_template(template).render(path=path, **values))


@functools.cache
def _environment() -> jinja2.Environment:
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtraError(
            "jinja2 is not installed", expected="the extra 'grading'", mend='pip install "coursekit[grading]"'
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("coursekit.grading.reporting", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "counted": counted,
        "percent": lambda share: f"{share:.0%}",
        "number": number,
        "signed": signed,
        "moment": moment,
        "prose": lambda text: _safe(html.prose(text)),
    }
    environment.filters.update(filters)
    return environment


def _shown(value: Any) -> Any:
    # Jinja2 hands over what stands between braces before it escapes it; what is markup already is a subclass of str.
    return visible(value) if type(value) is str else value


def _safe(markup: str) -> Any:
    import markupsafe

    return markupsafe.Markup(markup)  # the card has escaped what is not ours


def number(value: float, digits: int = 1) -> str:
    """A number with as many digits after the point, or none where they would all be zero."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return "0" if text in ("-0", "") else text


def signed(value: float) -> str:
    """A correlation: sign, two digits."""
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def moment(text: str) -> str:
    """``"2026-03-01T10:00:00Z"`` as ``"2026-03-01 10:00 UTC"``; anything else as it is."""
    day, at, rest = text.partition("T")
    return f"{day} {rest[:5]} UTC" if at and len(day) == 10 and rest[2:3] == ":" else text
